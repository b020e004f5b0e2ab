import type { Problem } from "../../error/DefinitionError.ts"
import * as FlowGraph from "../FlowGraph.ts"
import type { FlowSpec } from "../FlowSpec.ts"

/** The deepest transforms that a node finds before it: their depth, and the first two of them by id. */
interface Deepest {
  readonly depth: number
  readonly ids: ReadonlyArray<string>
}

/**
 * Warnings about payloads for which only the order of ids decides: two transforms on equally long ways, of which a node, or the
 * run in the end, can read but one. Analyses side by side, and ways of which one is longer, are no race.
 */
export const find = (flow: FlowSpec, graph: FlowGraph.FlowGraph): ReadonlyArray<Problem> => {
  if (!flow.nodes.some(({ intent }) => intent !== undefined)) return []
  const depths = new Map<number, number>()
  const handed = new Map<number, Deepest>()
  const problems: Array<Problem> = []
  let last = none
  for (const index of FlowGraph.order(graph)) {
    const node = flow.nodes[index]
    if (node === undefined) continue
    const above = graph.dependencies[index] ?? []
    const depth = 1 + above.reduce((most, one) => Math.max(most, depths.get(one) ?? 0), 0)
    depths.set(index, depth)
    const found = above.map((one) => handed.get(one) ?? none).reduce(deeper, none)
    const own = node.intent === "transform" ? { depth, ids: [node.id] } : found
    handed.set(index, own)
    if (node.intent === "transform") last = deeper(last, own)
    if (node.intent === undefined || node.inputs?.["payload"] !== undefined || found.ids.length < 2) continue
    problems.push(ambiguous(found, `node "${node.id}" reads`, ["nodes", index, "dependencies"], node.id))
  }
  return last.ids.length < 2
    ? problems
    : [...problems, ambiguous(last, "the run ends with", ["nodes"], undefined)]
}

// -- internal -------------------------------------------------------------------------------------------------------

const none: Deepest = { depth: 0, ids: [] }

const deeper = (a: Deepest, b: Deepest): Deepest => {
  if (a.depth !== b.depth) return a.depth > b.depth ? a : b
  return { depth: a.depth, ids: [...new Set([...a.ids, ...b.ids])].sort().slice(0, 2) }
}

const ambiguous = (
  { ids: [first, second] }: Deepest,
  reads: string,
  path: Problem["path"],
  nodeId: string | undefined
): Problem => ({
  code: "AmbiguousPayload",
  severity: "warning",
  message: `${reads} the payload of "${first}" and not that of "${second}", which is as deep: only their ids decide`,
  path,
  ...(nodeId !== undefined && { nodeId })
})
