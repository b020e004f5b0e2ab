/**
 * Writes the golden files of the present versions: `node tests/golden/makeFlight.ts`, once before a release that changes what
 * is stored. A released one is never written again, since it stands for the runs that users have in flight.
 */
import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { PostgresStore } from "@dagflow/store-postgres"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { DatabaseSync } from "node:sqlite"

const fixtures = path.join(import.meta.dirname, "fixtures")

const fly = (...words: ReadonlyArray<string>): void => {
  const program = path.join(import.meta.dirname, "fly.ts")
  const { signal, stderr } = spawnSync(process.execPath, [program, ...words, "asks"], { encoding: "utf8" })
  if (signal !== "SIGKILL") throw new Error(`it ended by itself: ${stderr}`)
}

const makeSqlite = (): void => {
  const folder = mkdtempSync(path.join(tmpdir(), "dagflow-golden-"))
  const file = path.join(folder, "runs.db")
  fly("sqlite", file)
  const database = new DatabaseSync(file)
  const [row] = database.prepare("PRAGMA user_version").all()
  const made = path.join(fixtures, `sqlite-v${String(row?.["user_version"])}.db`)
  rmSync(made, { force: true })
  // The machine that made it is nobody's business, and `VACUUM` takes it from unused pages too.
  database.exec("UPDATE run SET owner_host = 'golden', owner_pid = 1, owner_started = '1'")
  database.exec(`VACUUM INTO '${made}'`)
  database.close()
  rmSync(folder, { recursive: true })
}

const makePostgres = async (): Promise<void> => {
  const url = await postgresUrl()
  const { statements, to } = await Effect.runPromise(
    PostgresStore.migrate({ url, schema: "golden", dryRun: true })
  )
  fly("postgres", url)
  const tables = await runSql(
    url,
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'golden' AND tablename <> 'schema_version' ORDER BY 1"
  )
  const inserts: Array<string> = []
  for (const { name } of tables) {
    const table = `@.${String(name)}`
    for (const { row } of await runSql(
      url,
      `SELECT r::text AS row FROM golden.${String(name)} r ORDER BY 1`
    )) {
      const literal = String(row).replaceAll("'", "''")
      inserts.push(`INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT ('${literal}'::${table}).*`)
    }
  }
  // The next run gets a key that no run has.
  inserts.push("ALTER TABLE @.run ALTER COLUMN key RESTART WITH 1000")
  const text = [...statements.map((one) => one.replaceAll('"golden"', "@")), ...inserts].join(";\n")
  writeFileSync(path.join(fixtures, `postgres-v${to}.sql`), `${text};\n`)
}

makeSqlite()
await makePostgres()
