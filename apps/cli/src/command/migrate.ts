/** `dagflow migrate`: brings the tables of a database to this release. */
import type { PostgresStore } from "@dagflow/store-postgres"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as ConfigFile from "../config/ConfigFile.ts"
import * as StoreLocation from "../config/StoreLocation.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { MigrateDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { exitOfStoreReason } from "../run/exitOfReason.ts"
import { perform } from "./perform.ts"

const flags = {
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Print the SQL, and change nothing")
  )
}

/** `dagflow migrate`. */
export const migrate = Command.make(
  "migrate",
  flags,
  perform(({ dryRun }, { globals, output }) =>
    Effect.gen(function* () {
      const config = yield* ConfigFile.load(globals.config, process.cwd())
      const location = yield* StoreLocation.resolve(globals.store, config)
      if (location._tag !== "Postgres") {
        return yield* new CliFailure({
          exit: ExitCode.usage,
          code: "NothingToMigrate",
          message: `${location.text} is brought to this release when a command opens it`,
          next: ["name a database: --store postgres://USER@HOST/DATABASE"]
        })
      }
      const migration = yield* migrated(location.url, dryRun)
      const document: typeof MigrateDocument.Type = {
        schema: "dagflow.migrate/1",
        store: location.text,
        migrated: !dryRun && migration.statements.length > 0,
        ...migration
      }
      if (output.json) yield* output.printJson(document)
      else yield* output.print(sentence(migration, location.text, dryRun))
      return ExitCode.ok
    })
  )
).pipe(Command.withDescription("Make the tables of a PostgreSQL store, or bring them to this release"))

// -- internal -------------------------------------------------------------------------------------------------------

const migrated = (url: string, dryRun: boolean): Effect.Effect<PostgresStore.Migration, CliFailure> =>
  Effect.flatMap(StoreLocation.postgresPackage, ({ PostgresStore }) =>
    PostgresStore.migrate({ url, dryRun }).pipe(
      Effect.mapError(
        ({ message, reason }) =>
          new CliFailure({ exit: exitOfStoreReason(reason), code: reason._tag, message })
      )
    )
  )

/** What was done; of a dry run the SQL, ready for `psql`. */
const sentence = (
  { from, statements, to }: PostgresStore.Migration,
  store: string,
  dryRun: boolean
): string => {
  if (statements.length === 0) {
    const what = `the tables of ${store} have version ${to} already`
    return dryRun ? `-- ${what}` : what
  }
  if (dryRun) return ["BEGIN;", ...statements.map((one) => `${one};`), "COMMIT;"].join("\n")
  return from === 0
    ? `the tables of ${store} were made, with version ${to}`
    : `the tables of ${store} were brought from version ${from} to ${to}`
}
