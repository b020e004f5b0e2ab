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
    "a database keeps the mail that an append has settled",
    programsOnPostgres,
    edit(
      "store-postgres/src/internal/writeAppend.ts",
      "WHERE o.number = c.number AND m.run_key = o.key AND m.id = c.id",
      "WHERE o.number = c.number AND m.run_key = o.key AND m.id = c.id AND false"
    )
  )
]
