import { ContentHash, type RunReason, type RunState } from "@dagflow/protocol"
import type { Plan } from "../plan/Plan.ts"

/** What a run was started from, as whoever starts it again gives it. */
export type Expected = Pick<Plan, "hash" | "inputs">

/** Why a run is not the one that was to be started; `undefined` when it is, or when nothing is expected of it. */
export const checkSame = (
  { hash, inputs }: Pick<RunState.RunState, "hash" | "inputs">,
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
  return changed.length === 0 ? undefined : { _tag: "InputsChanged", names: changed }
}
