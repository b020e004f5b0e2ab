/**
 * A flow as a node of another one: each attempt of the node is a run of its own, a child of the run that the node belongs to.
 */
import * as RunId from "../id/RunId.ts"
import * as ContentHash from "./ContentHash.ts"
import { nodeOf } from "./Dependency.ts"
import { referencedNodes } from "./NodeBindings.ts"
import type { NodeSpec } from "./NodeSpec.ts"

/** Most runs above a run: a child of a child is two below the first one. A flow that goes deeper is refused, a run fails. */
export const depthMax = 16

/**
 * The id of the child run that an attempt goes on as. It depends on nothing but its parts, so that a process that does not know
 * whether the run was created finds out by creating it. What would be too long for an id is hashed.
 *
 * **Example**
 * ```ts
 * SubFlow.childRunId("nightly-7", "review[3]", 1)
 * // => "nightly-7/review[3]/1"
 * ```
 */
export const childRunId = (runId: string, nodeId: string, attempt: number): string => {
  const id = `${runId}/${nodeId}/${attempt}`
  return id.length <= RunId.lengthMax ? id : `sub-flow/${ContentHash.ofText(id)}`
}

/** The tag that the children of a run are listed by, besides the tags of their flows. */
export const parentTag = (runId: string): string => `parent:${runId}`

/** The parent of a run, told by its tags; `undefined` for a run that has none. */
export const parentOf = (tags: ReadonlyArray<string>): string | undefined =>
  tags.findLast((tag) => tag.startsWith(parentTag("")))?.slice(parentTag("").length)

/**
 * The nodes of its flow that give the outputs of a node, by the name of the output: those that `returns` names, else those that
 * no other node of the definition depends on. `undefined` for a node without a flow.
 */
export const returnsOf = ({
  flow,
  returns
}: Pick<NodeSpec, "flow" | "returns">): Readonly<Record<string, string>> | undefined => {
  if (flow === undefined || returns !== undefined) return returns
  const needed = new Set(flow.nodes.flatMap((node) => (node.dependencies ?? []).map(nodeOf)))
  for (const node of flow.nodes) for (const id of referencedNodes(node).keys()) needed.add(id)
  return Object.fromEntries(flow.nodes.flatMap(({ id }) => (needed.has(id) ? [] : [[id, id]])))
}

/**
 * The names of the outputs that a node with a flow gives, or `undefined` when they are not known, as of any other node: those that it returns, and the
 * payload, when nodes of the flow have an intent.
 */
export const outputNames = (node: Pick<NodeSpec, "flow" | "returns">): ReadonlyArray<string> | undefined => {
  const returns = returnsOf(node)
  // What a flow gives that only grows while it runs is not known.
  if (returns === undefined || node.flow?.nodes.length === 0) return undefined
  const hasPayload = node.flow?.nodes.some(({ intent }) => intent !== undefined) === true
  return [...new Set([...Object.keys(returns), ...(hasPayload ? ["payload"] : [])])]
}
