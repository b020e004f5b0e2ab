import type { NodeState, RunState } from "../../src/index.ts"
import type { Dice } from "../Dice.ts"
import { errorOf } from "../LogBuilder.ts"
import type { Move } from "./RandomSteps.ts"

type Node = NodeState.NodeState

/** A node becomes its items, or its list turns out to be none. */
export const listMoves = (node: Node, random: Dice): ReadonlyArray<Move> => {
  const about = { nodeId: node.spec.id, attempt: node.attempt + 1 }
  return [
    { weight: 32, events: () => [{ _tag: "NodeExpanded", ...about, count: random.roll(4) }] },
    { weight: 4, events: () => [{ _tag: "NodeFailed", ...about, error: errorOf("none", "NoList") }] }
  ]
}

/** Nodes whose items have all ended. */
export const listEndMoves = (state: RunState.RunState): ReadonlyArray<Move> =>
  state.nodes
    .filter((node) => node.status === "running" && node.items?.unsettled === 0)
    .map(({ attempt, spec: { id: nodeId } }) => ({
      weight: 64,
      events: () => [{ _tag: "NodeCompleted", nodeId, attempt, outputs: {} }]
    }))
