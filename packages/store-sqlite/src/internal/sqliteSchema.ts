/**
 * The tables of the SQLite store, and how a file of an older version becomes one of this version.
 *
 * The version of a file is SQLite's `user_version`. Each migration takes a file from one version to the next, all of them
 * in one transaction that holds the write lock, so that processes which start together migrate once. A migration that was
 * released is never changed.
 */
import type { Database } from "better-sqlite3"
import type { FileState } from "./fileState.ts"

/** Marks a file as ours (`DAGF`), so that a database of another program is never mistaken for a store. */
export const applicationId = 0x44414746

/**
 * An event is its JSON and 20 bytes. Its place in the table is `run_key` in the upper 32 bits and `sequence` in the lower
 * 32, so that the events of a run lie side by side and the place costs no index. The obvious `WITHOUT ROWID` table on
 * (run_key, sequence) was measured against it: 12 % more bytes at 100 bytes of JSON, and 3.4 times as many at 1,100, since
 * a table without rowid moves every row above a quarter of a page to pages of its own.
 *
 * `change` rises with every transaction that touches a run, whoever makes it: what another process has done since a moment
 * is what has a greater `change` now. The greatest one must therefore never fall, also not by deleting runs.
 *
 * The indexes of runs end with the flow, so that a list of one flow passes by the runs of others without reading them. The
 * `number` of mail is the `change` of its transaction and its place in it, which is the order in which mail was put.
 *
 * `owner_host`, `owner_pid` and `owner_started` tell which process claimed the run. See ADR-0005.
 */
const first = `
CREATE TABLE run (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  flow TEXT NOT NULL,
  status TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  owner TEXT,
  owner_host TEXT,
  owner_pid INTEGER,
  owner_started TEXT,
  lease_until INTEGER NOT NULL,
  change INTEGER NOT NULL
);
CREATE INDEX run_newest ON run (created_at DESC, id, flow);
CREATE INDEX run_newest_by_status ON run (status, created_at DESC, id, flow);
CREATE INDEX run_change ON run (change);

CREATE TABLE run_tag (
  tag TEXT NOT NULL,
  run_key INTEGER NOT NULL,
  PRIMARY KEY (tag, run_key)
) WITHOUT ROWID;

CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  cause TEXT,
  event TEXT NOT NULL
);

CREATE TABLE mail (
  run_key INTEGER NOT NULL,
  id TEXT NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  command TEXT NOT NULL,
  PRIMARY KEY (run_key, id)
) WITHOUT ROWID;

CREATE TABLE artifact (
  hash TEXT NOT NULL PRIMARY KEY,
  content TEXT NOT NULL
) WITHOUT ROWID;
`

/**
 * `lease` is how long the claim of the owner was made for the last time; of claims of the first version it is what engines
 * made them for unless told otherwise.
 *
 * `artifact_run` says which runs refer to an artifact, so that the last one takes it along when it is pruned. What runs of
 * the first version refer to stands in their events.
 *
 * `pruned` holds the greatest `change` of a transaction that deleted runs, without which it could fall.
 */
const second = `
CREATE TABLE artifact_run (
  run_key INTEGER NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (run_key, hash)
) WITHOUT ROWID;
CREATE INDEX artifact_run_hash ON artifact_run (hash);
INSERT INTO artifact_run
  SELECT DISTINCT position >> 32, stub.value FROM event, json_tree(event.event) AS stub
  WHERE instr(event.event, '"$artifact"') > 0 AND json_valid(event.event)
    AND stub.key = '$artifact' AND stub.type = 'text';

CREATE TABLE cached (
  key TEXT NOT NULL UNIQUE,
  content TEXT NOT NULL,
  at INTEGER NOT NULL,
  expires_at INTEGER
);
CREATE INDEX cached_expiry ON cached (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE run ADD COLUMN lease INTEGER NOT NULL DEFAULT 10000;
UPDATE run SET lease = 0 WHERE owner IS NULL;
CREATE INDEX run_ended ON run (updated_at, id) WHERE status IN ('completed', 'failed', 'cancelled');
CREATE TABLE pruned (change INTEGER NOT NULL);
INSERT INTO pruned VALUES (0);
`

/**
 * `wake_at` is until when a run is parked, and -1 for one that is not, so that all runs that are due are one range of the
 * index; those that have ended are not in it.
 */
const third = `
ALTER TABLE run ADD COLUMN wake_at INTEGER NOT NULL DEFAULT -1;
CREATE INDEX run_wake ON run (wake_at) WHERE status IN ('running', 'paused');
`

/** The SQL that leads from each version to the next one, from an empty file on. */
const migrations: ReadonlyArray<string> = [first, second, third]

/** The version that this package reads and writes. */
export const version: number = migrations.length

/** The version of a file; 0 is an empty one. */
export const versionOf = (database: Database): number =>
  Number(database.pragma("user_version", { simple: true }))

const look = (database: Database): FileState => {
  if (database.pragma("application_id", { simple: true }) !== applicationId) {
    return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined ? "empty" : "foreign"
  }
  const found = versionOf(database)
  if (found === version) return "current"
  return found < version ? "outdated" : "newer"
}

/**
 * Says what a file is, without writing to it. It looks in one transaction: else a file that another process is making just
 * now could have no mark in one moment, and tables in the next.
 */
export const stateOf = (database: Database): FileState => database.transaction(look)(database)

/** Brings an empty or outdated file to this version; what another process has brought further meanwhile stays. */
export const migrate = (database: Database): void => {
  database
    .transaction(() => {
      const found = versionOf(database)
      if (found >= version) return
      for (const statements of migrations.slice(found)) database.exec(statements)
      database.pragma(`application_id = ${applicationId}`)
      database.pragma(`user_version = ${version}`)
    })
    .immediate()
}
