/**
 * A program whose run needs much room: `node program.ts <folder>`. It says at its end how the run stands, or why it could not
 * go on.
 */
import { Action, Actions, DagFlow } from "@dagflow/core"
import { type FlowSpec, type RunReason, RunError } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import path from "node:path"
import * as Notes from "../shutdown/Notes.ts"

const [folder = "."] = process.argv.slice(2)

const nodes = 40

const fill = Action.fn("fill", (_: object, { nodeId }) => {
  Notes.write(folder, nodeId)
  return { text: nodeId.padEnd(20_000) }
})

const flow: FlowSpec.FlowSpec = {
  name: "large",
  nodes: Array.from({ length: nodes }, (_, place) => ({
    id: `n${place}`,
    action: "fill",
    ...(place > 0 && { dependencies: [`n${place - 1}`] })
  }))
}

const program = Effect.gen(function* () {
  const dagflow = yield* DagFlow
  const run = yield* dagflow.start(flow, { id: "r1" })
  return (yield* run.outcome).status
})

const engine = DagFlow.layer({ storePatience: "200 millis" }).pipe(
  Layer.provide([SqliteStore.layer(path.join(folder, "runs.db")), Actions.layer(fill)])
)

/** The reason of a failure and its message, for whoever started this program. */
const told = (error: unknown): { readonly reason: RunReason | string; readonly message: string } =>
  error instanceof RunError
    ? { reason: error.reason, message: error.message }
    : { reason: "unknown", message: String(error) }

const said = await Effect.runPromise(
  Effect.match(Effect.provide(program, engine), { onSuccess: (status) => ({ status }), onFailure: told })
)
console.log(JSON.stringify(said))
