/** The payload that a run ends with, of a flow whose nodes have intents. */
import type * as Schema from "effect/Schema"
import { payloadSource } from "../state/payload.ts"
import type { NodeState } from "../state/NodeState.ts"
import type { RunState } from "../state/RunState.ts"

/**
 * The payload of the deepest completed transform, or of the run while there is none; `undefined` when no node has an intent.
 * One that is kept outside the log is what stands for it there.
 */
export const ofRun = (state: RunState): Schema.Json | undefined => {
  if (state.payload === undefined) return undefined
  const { from } = state.payload
  return from === undefined ? state.inputs["payload"] : from.outputs?.["payload"]
}

/** The id of the node whose payload another one reads; `undefined`: it reads that of the run. */
export const sourceOf = (node: NodeState): string | undefined => payloadSource(node)?.spec.id
