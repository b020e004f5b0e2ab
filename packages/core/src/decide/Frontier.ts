/** The nodes that may start now: the one with the greatest priority first, in plan order among equals. */
import type { NodeState } from "@dagflow/protocol"

const isBefore = (a: NodeState.NodeState, b: NodeState.NodeState): boolean => {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0)
  return priority === 0 ? a.index < b.index : priority < 0
}

/** A binary heap of nodes. A node may be in it twice; whoever takes it looks at its status. */
export class Frontier {
  readonly #heap: Array<NodeState.NodeState> = []

  get size(): number {
    return this.#heap.length
  }

  add(node: NodeState.NodeState): void {
    const heap = this.#heap
    let at = heap.push(node) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(node, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = node
  }

  /** Takes the first node out, or answers `undefined` when there is none. */
  take(): NodeState.NodeState | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    this.#sink(last)
    return first
  }

  /** Puts a node at the top and lets it sink to its place. */
  #sink(node: NodeState.NodeState): void {
    const heap = this.#heap
    let at = 0
    while (true) {
      const left = 2 * at + 1
      const right = left + 1
      const leftNode = heap[left]
      const rightNode = heap[right]
      if (leftNode === undefined) break
      const smaller = rightNode !== undefined && isBefore(rightNode, leftNode) ? right : left
      const child = smaller === right && rightNode !== undefined ? rightNode : leftNode
      if (!isBefore(child, node)) break
      heap[at] = child
      at = smaller
    }
    heap[at] = node
  }
}
