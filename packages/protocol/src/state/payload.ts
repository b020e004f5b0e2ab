/**
 * The canonical payload: which node's payload another node reads, and which one a run ends with (R19).
 *
 * Every transform has a depth, the longest path that leads to it. A node reads the payload of the deepest completed transform
 * before it, of several equally deep ones that of the smallest id. That depends on the graph alone, never on who ended first.
 * The deepest one before a node is the deepest one of what its dependencies hand on, so it takes no walk to find it.
 */
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"

/** What is known of a node for payloads. */
export interface PayloadState {
  /** Nodes on the longest path to it. */
  readonly depth: number
  /** Once the node has settled: the transform whose payload it hands on. */
  from: NodeState | undefined
}

/** Gives added nodes their depth, if any node of the run has an intent. */
export const placePayloads = (state: RunState, added: ReadonlyArray<NodeState>): void => {
  const isFirst = state.payload === undefined
  if (isFirst && !added.some(({ spec }) => spec.intent !== undefined)) return
  state.payload ??= { from: undefined }
  for (const node of isFirst ? state.nodes : added) place(node)
  // Nodes that settled before anybody asked for payloads have no transform to hand on.
}

/** Takes note of what a settled node hands on. */
export const handOn = (node: NodeState): void => {
  if (node.payload !== undefined) node.payload.from = isTransformed(node) ? node : payloadSource(node)
}

/** Takes note of a completed transform: the deepest one gives the run its final payload. */
export const noteTransform = (state: RunState, node: NodeState): void => {
  if (state.payload === undefined || !isTransformed(node)) return
  state.payload.from = deeper(state.payload.from, node)
}

/** The transform whose payload a node reads; `undefined`: that of the run. An inactive edge hands on what lies behind it. */
export const payloadSource = (node: NodeState): NodeState | undefined => {
  let best: NodeState | undefined
  for (const dependency of node.dependencies) {
    const handed = dependency.payload?.from
    const isInactive = handed === dependency && node.route?.inactive.has(dependency) === true
    best = deeper(best, isInactive ? payloadSource(dependency) : handed)
  }
  return best
}

// -- internal -------------------------------------------------------------------------------------------------------

/** What the items of a list give is handed on by their node. */
const isTransformed = ({ list, spec, status }: NodeState): boolean =>
  spec.intent === "transform" && status === "completed" && list === undefined

const deeper = (a: NodeState | undefined, b: NodeState | undefined): NodeState | undefined => {
  if (a?.payload === undefined) return b
  if (b?.payload === undefined) return a
  if (a.payload.depth !== b.payload.depth) return a.payload.depth > b.payload.depth ? a : b
  return a.spec.id < b.spec.id ? a : b
}

/** Nodes of a batch may stand before what they depend on, so that is placed first; what waits for itself ends the walk. */
const place = (node: NodeState): void => {
  const stack = [node]
  const opened = new Set<NodeState>()
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const missing = top.dependencies.filter((one) => one.payload === undefined && !opened.has(one))
    if (top.payload === undefined && missing.length > 0) {
      opened.add(top)
      stack.push(...missing)
      continue
    }
    const depths = top.dependencies.map((one) => one.payload?.depth ?? 0)
    top.payload ??= { depth: depths.reduce((most, one) => Math.max(most, one), 0) + 1, from: undefined }
    stack.pop()
  }
}
