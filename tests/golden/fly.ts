/**
 * Begins the run of the golden files in a store and dies in the middle of it: `node fly.ts sqlite FILE` or
 * `node fly.ts postgres URL`, in the schema `golden`.
 */
import { Actions, DagFlow, Hooks } from "@dagflow/core"
import type { StoreDriver, StoreError } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { actions, flight, grow, runId } from "./flight.ts"

const [kind, place = "", asks] = process.argv.slice(2)

const store = async (): Promise<Layer.Layer<StoreDriver, StoreError>> => {
  if (kind === "sqlite") return SqliteStore.layer({ filename: place })
  const { PostgresStore } = await import("@dagflow/store-postgres")
  return PostgresStore.layer({ url: place, schema: "golden" })
}

const never = () => new Promise<never>(() => {})

const engine = DagFlow.layer({ owner: "golden" }).pipe(
  Layer.provide([await store(), Actions.layer(...actions(() => {}, never)), Hooks.layer(grow)])
)

const due = new Set([
  "NodeCompleted grown",
  "NodeCompleted large",
  "NodeFailed flaky",
  "NodeStarted busy",
  ...(asks === "asks" ? ["NodeWaiting ask"] : [])
])

const program = Effect.gen(function* () {
  const dagflow = yield* DagFlow
  yield* dagflow.start(flight(asks === "asks"), { id: runId, seed: 1 })
  yield* Stream.runForEach(dagflow.events(runId, { follow: true } as never), ({ event }) =>
    Effect.sync(() => {
      if ("nodeId" in event) due.delete(`${event._tag} ${event.nodeId}`)
      if (due.size === 0) process.kill(process.pid, "SIGKILL")
    })
  )
})

await Effect.runPromise(Effect.provide(program, engine))
