/* Goal: a run is deleted with all that belongs to it, also with what is put for it in the same moment. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import pg from "pg"
import { run } from "./requests.ts"
import { testSchema } from "./TestSchema.ts"

it.live("mail and artifacts that are put for a run while it is being deleted go with it", () =>
  Effect.gen(function* () {
    const { open, schema, sql, url } = yield* testSchema
    const store = yield* open()
    yield* store.create(run("r", { status: "completed" }))
    const other = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const client = new pg.Client({ connectionString: url })
        await client.connect()
        return client
      }),
      (client) => Effect.promise(() => client.end())
    )
    const at = (text: string) => text.replaceAll("@", `"${schema.replaceAll('"', '""')}"`)
    // Another process has put mail and an artifact, and its transaction is not over yet.
    yield* Effect.promise(() =>
      other.query(
        at(`BEGIN; UPDATE @.run SET mails = mails + 1;
          INSERT INTO @.mail SELECT key, 'm', 1, 0, '{}', pg_current_xact_id(), 0 FROM @.run;
          INSERT INTO @.artifact VALUES ('hash', 'content');
          INSERT INTO @.artifact_run SELECT key, 'hash' FROM @.run`)
      )
    )
    const pruning = yield* Effect.forkChild(
      store.prune({ endedBeforeMillis: 5_000, nowMillis: 0, limit: 10, isDryRun: false }),
      { startImmediately: true }
    )
    const blocked = `SELECT 1 FROM pg_stat_activity WHERE application_name = current_setting('application_name')
      AND wait_event_type = 'Lock' AND query LIKE '%ended_at < $2%'`
    while ((yield* sql(blocked)).length === 0) expect(pruning.pollUnsafe()).toBeUndefined()
    yield* Effect.promise(() => other.query("COMMIT"))
    const { artifactCount, runIds } = yield* Fiber.join(pruning)
    expect({ artifactCount, runIds }).toEqual({ artifactCount: 1, runIds: ["r"] })
    for (const table of ["run", "event", "mail", "artifact", "artifact_run"]) {
      expect(yield* sql(`SELECT * FROM @.${table}`), table).toEqual([])
    }
  })
)
