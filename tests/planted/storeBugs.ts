/** Bugs of stores, and of what the engine makes of one, that random programs on the store as it ships find. */
import { programsOnPostgres, programsOnSqlite } from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs of stores. */
export const storeBugs: ReadonlyArray<PlantedBug> = [
  bug(
    "a file lets the former owner of a run go on writing",
    programsOnSqlite,
    edit(
      "store-sqlite/src/internal/sqliteOwnership.ts",
      "const epoch = run.epoch + 1",
      "const epoch = run.epoch"
    )
  ),
  bug(
    "a file keeps the mail that an append has settled",
    programsOnSqlite,
    edit(
      "store-sqlite/src/internal/sqliteLog.ts",
      "DELETE FROM mail WHERE run_key = ? AND id = ?",
      "DELETE FROM mail WHERE run_key = ? AND id = ? AND 0"
    )
  ),
  bug(
    "a database lets the former owner of a run go on writing",
    programsOnPostgres,
    edit("store-postgres/src/internal/writeClaim.ts", "SET epoch = r.epoch + 1", "SET epoch = r.epoch")
  )
]
