import type { FailurePolicy } from "@dagflow/protocol"
import * as FlowFile from "../FlowFile.ts"
import * as Leaf from "./leaf.ts"

const word = Leaf.of(FlowFile.DaggerFailurePolicy)

/** Reads a failure policy in Dagger's words or in ours. */
export const read: Leaf.Leaf<FailurePolicy.FailurePolicy> = (at, name) => {
  const found = word(at, name)
  return found === undefined ? undefined : FlowFile.failurePolicyOf(found)
}
