import { ContentHash, type RunReason, type RunState } from "@dagflow/protocol"
import type { Plan } from "../plan/Plan.ts"

/** What a run was started from, as whoever starts it again gives it. */
export interface Expected extends Pick<Plan, "hash" | "inputs"> {
  /** The run that it is to continue; left out, it may continue any or none. */
  readonly continues?: string | undefined
}

/** Why a run is not the one that was to be started; `undefined` when it is, or when nothing is expected of it. */
export const checkSame = (
  { continues, hash, inputs }: Pick<RunState.RunState, "continues" | "hash" | "inputs">,
  expected: Expected | undefined
): RunReason | undefined => {
  if (expected === undefined) return undefined
  if (expected.hash !== hash) {
    return { _tag: "FlowChanged", recordedHash: hash, givenHash: expected.hash }
  }
  const given = expected.inputs
  const names = [...new Set([...Object.keys(inputs), ...Object.keys(given)])].sort()
  const changed = names.filter(
    (name) => ContentHash.ofJson(inputs[name] ?? null) !== ContentHash.ofJson(given[name] ?? null)
  )
  if (changed.length > 0) return { _tag: "InputsChanged", names: changed }
  if (expected.continues === undefined || expected.continues === continues?.runId) return undefined
  const other = continues === undefined ? "no other run" : `run "${continues.runId}"`
  const message = `it continues ${other}, and not run "${expected.continues}"; resume it as it is, or choose another id`
  return { _tag: "InvalidInput", message }
}
