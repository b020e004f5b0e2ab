import { type RunState, SubFlow } from "@dagflow/protocol"

/** What a run is found by: the tags of its flow, and of a child run the run that it belongs to. */
export const tagsOf = ({
  flow,
  parent
}: Pick<RunState.RunState, "flow" | "parent">): ReadonlyArray<string> => [
  ...(flow?.tags ?? []),
  ...(parent === undefined ? [] : [SubFlow.parentTag(parent.runId)])
]
