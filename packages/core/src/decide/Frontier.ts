/** The nodes that may start now: the one with the greatest priority first, in plan order among equals. */
import type { NodeState } from "@dagflow/protocol"
import { Heap } from "./heap.ts"

const isBefore = (a: NodeState.NodeState, b: NodeState.NodeState): boolean => {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0)
  return priority === 0 ? a.index < b.index : priority < 0
}

/** The nodes that may start now. A node may be in it twice; whoever takes it looks at its status. */
export class Frontier {
  readonly #heap = new Heap<NodeState.NodeState>(isBefore)

  get size(): number {
    return this.#heap.size
  }

  add(node: NodeState.NodeState): void {
    this.#heap.add(node)
  }

  /** Takes the first node out, or answers `undefined` when there is none. */
  take(): NodeState.NodeState | undefined {
    return this.#heap.take()
  }
}
