/** The tables of a SQLite store, and how a file of an older version becomes one of this version. */
import type { Database } from "better-sqlite3"

/** Version of the tables, kept in the file's `user_version`. */
export const version = 1

/**
 * A run's log is kept under the number of its row and not under its id, so that an event costs the same however long the
 * id is. `change` rises with everything that is written to a run; followers ask for what is greater than they have seen.
 */
const v1 = `
CREATE TABLE runs (
  key INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  flow TEXT NOT NULL,
  status TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at NUMERIC NOT NULL,
  updated_at NUMERIC NOT NULL,
  epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  owner TEXT,
  owner_process TEXT,
  lease_until NUMERIC NOT NULL,
  change INTEGER NOT NULL
);
CREATE INDEX runs_by_age ON runs (created_at DESC, run_id);
CREATE INDEX runs_by_change ON runs (change);
CREATE TABLE events (
  run_key INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  at NUMERIC NOT NULL,
  epoch INTEGER NOT NULL,
  cause TEXT,
  event TEXT NOT NULL,
  PRIMARY KEY (run_key, sequence)
) WITHOUT ROWID;
CREATE TABLE mail (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  run_key INTEGER NOT NULL,
  id TEXT NOT NULL,
  at NUMERIC NOT NULL,
  command TEXT NOT NULL,
  UNIQUE (run_key, id)
);
CREATE TABLE artifacts (hash TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE change_counter (value INTEGER NOT NULL);
INSERT INTO change_counter VALUES (0);
`

/** The steps from each version to the next one. A released step is never changed. */
const steps: ReadonlyArray<string> = [v1]

const versionOf = (database: Database): number => Number(database.pragma("user_version", { simple: true }))

/** Thrown for a file that a newer version of this package has written. */
export class NewerSchema extends Error {
  override readonly name = "NewerSchema"
}

/** Brings the tables of a file to this version, under the file's write lock, so that two processes do not both try. */
export const migrate = (database: Database): void => {
  if (versionOf(database) === version) return
  database.exec("BEGIN IMMEDIATE")
  try {
    const found = versionOf(database)
    if (found > version) {
      throw new NewerSchema(
        `the file has tables of version ${found}, and this package knows ${version}: update @dagflow/store-sqlite`
      )
    }
    for (const step of steps.slice(found)) database.exec(step)
    database.pragma(`user_version = ${version}`)
    database.exec("COMMIT")
  } finally {
    if (database.inTransaction) database.exec("ROLLBACK")
  }
}
