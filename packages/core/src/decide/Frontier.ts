/** The nodes that may start now: the one with the greatest priority first, in plan order among equals. */
import type { NodeState } from "@dagflow/protocol"
import { Heap } from "./heap.ts"

const isBefore = (a: NodeState.NodeState, b: NodeState.NodeState): boolean => {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0)
  return priority === 0 ? a.index < b.index : priority < 0
}

/**
 * The nodes that may start now. A node may be in it twice; whoever takes it looks at its status.
 *
 * Most nodes come in the order in which they go: they wait in a queue, and only what comes out of order costs the time of a
 * heap.
 */
export class Frontier {
  readonly #heap = new Heap<NodeState.NodeState>(isBefore)
  #queue: Array<NodeState.NodeState> = []
  #head = 0

  get size(): number {
    return this.#heap.size + this.#queue.length - this.#head
  }

  add(node: NodeState.NodeState): void {
    const last = this.#queue.at(-1)
    if (last === undefined || isBefore(last, node)) this.#queue.push(node)
    else this.#heap.add(node)
  }

  /** Takes the first node out, or answers `undefined` when there is none. */
  take(): NodeState.NodeState | undefined {
    const queued = this.#queue[this.#head]
    const { first } = this.#heap
    if (queued === undefined || (first !== undefined && isBefore(first, queued))) return this.#heap.take()
    this.#head++
    if (this.#head === this.#queue.length) {
      this.#queue = []
      this.#head = 0
    }
    return queued
  }
}
