/**
 * When nodes that may start do. A strategy is a few pure functions that `schedule` asks; trigger rules, policies, retries,
 * slots and branches are none of its business, so they mean the same under each.
 */
import type { NodeState, RunState } from "@dagflow/protocol"
import type { KnownActions } from "../knownActions.ts"
import type { Turn } from "../Turn.ts"

/** The nodes that may start, as a strategy sees them. */
export interface Ready {
  /** The one whose turn is next. */
  readonly first: NodeState.NodeState | undefined
  /** Nodes whose conditions are decided when the step has ended. */
  readonly undecided: ReadonlySet<NodeState.NodeState>
  /** Whether there is nothing that may start, and no node that is to become its items. */
  readonly isEmpty: boolean
  /** The greatest priority of an attempt that goes on; `-Infinity` when there is none. Only kept for who asks for it. */
  readonly urgency: (state: RunState.RunState) => number
  /** Takes all of them out, in their order. */
  readonly takeAll: () => ReadonlyArray<NodeState.NodeState>
  readonly add: (node: NodeState.NodeState) => void
}

/** When nodes that may start do. */
export interface Strategy {
  /** Which of two nodes that may start comes first. */
  readonly isBefore: (a: NodeState.NodeState, b: NodeState.NodeState) => boolean
  /** Whether the node whose turn is next has to wait, and all others with it. Left out: nothing ever waits. */
  readonly holds?: (state: RunState.RunState, node: NodeState.NodeState, ready: Ready) => boolean
  /**
   * Decides what happens at a barrier once no more can start, and answers whether anything did. `mayGoOn`: nodes may start
   * after it. Left out: there is no barrier that the log knows of.
   */
  readonly settle?: (turn: Turn, ready: Ready, mayGoOn: boolean, actions: KnownActions) => boolean
}
