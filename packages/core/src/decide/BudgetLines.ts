/** Nodes that would start if the budget had more left: each waits in the line of the budget that keeps it back. */
import type { BudgetState, NodeState } from "@dagflow/protocol"
import { Heap } from "./heap.ts"

type Node = NodeState.NodeState

interface Line {
  readonly nodes: Heap<Node>
  /** How the account stood when its first node did not fit; until it stands otherwise nobody has to look again. */
  blockedAt: number | undefined
}

/** Whether a node would still start. One that would not keeps nobody waiting. */
const waits = ({ cancelledBranch, enabled, handling, inFlight, pausedBranches, status }: Node): boolean =>
  pausedBranches === 0 &&
  !cancelledBranch &&
  ((status === "pending" && enabled) ||
    status === "retrying" ||
    (status === "running" && handling && !inFlight))

/** Nodes that wait for attempts in flight to give back what they have reserved, in the order in which they go. */
export class BudgetLines {
  readonly #isBefore: (a: Node, b: Node) => boolean
  readonly #lines = new Map<BudgetState.BudgetAccount, Line>()

  constructor(isBefore: (a: Node, b: Node) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    let size = 0
    for (const { nodes } of this.#lines.values()) size += nodes.size
    return size
  }

  /** Whether a node that goes before this one waits for the same budget: none overtakes another. */
  isBehind(account: BudgetState.BudgetAccount, node: Node): boolean {
    const first = this.#lines.get(account)?.nodes.first
    return first !== undefined && this.#isBefore(first, node)
  }

  /** Lets a node wait. `isFirst`: it is the one that does not fit, and not only behind it. */
  keepBack(account: BudgetState.BudgetAccount, node: Node, isFirst: boolean): void {
    let line = this.#lines.get(account)
    if (line === undefined) {
      line = { nodes: new Heap(this.#isBefore), blockedAt: undefined }
      this.#lines.set(account, line)
    }
    line.nodes.add(node)
    if (isFirst) line.blockedAt = account.version
  }

  /** The node that goes first of those that may fit by now, if it goes before `other`. */
  firstBefore(other: Node | undefined): Node | undefined {
    return this.#nextLine(other)?.nodes.first
  }

  /** Takes that node out. */
  takeBefore(other: Node | undefined): Node | undefined {
    const line = this.#nextLine(other)
    if (line === undefined) return undefined
    // Whoever comes next in the line may fit, also if this one turns out not to want to start any more.
    line.blockedAt = undefined
    return line.nodes.take()
  }

  #nextLine(other: Node | undefined): Line | undefined {
    let best: Line | undefined
    let first = other
    for (const [account, line] of this.#lines) {
      const next = line.nodes.first
      if (next === undefined || (line.blockedAt === account.version && waits(next))) continue
      if (first !== undefined && !this.#isBefore(next, first)) continue
      best = line
      first = next
    }
    return best
  }
}
