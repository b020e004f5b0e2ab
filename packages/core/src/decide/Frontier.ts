/** The nodes that may start now, in the order in which the strategy of their run lets them. */
import type { BudgetState, NodeState, RunState, StepState } from "@dagflow/protocol"
import { BudgetLines } from "./BudgetLines.ts"
import type { KnownActions } from "./knownActions.ts"
import { Heap } from "./heap.ts"
import { reactive } from "./strategy/Reactive.ts"
import type { Ready, Strategy } from "./strategy/Strategy.ts"
import type { Turn } from "./Turn.ts"

const isMoreUrgent = (a: NodeState.NodeState, b: NodeState.NodeState): boolean =>
  (a.spec.priority ?? 0) > (b.spec.priority ?? 0)

/** What has started before anybody asked are the child runs of a run that was taken up. */
const startedHeap = (children: Iterable<NodeState.NodeState>): Heap<NodeState.NodeState> => {
  const started = new Heap(isMoreUrgent)
  for (const node of children) started.add(node)
  return started
}

/**
 * The nodes that may start now. A node may be in it twice; whoever takes it looks at its status.
 *
 * Most nodes come in the order in which they go: they wait in a queue, and only what comes out of order costs the time of a
 * heap. Those that wait for a budget stand aside, so that they are not looked at again before it has changed.
 */
export class Frontier implements Ready {
  /** Nodes that become their items as soon as anything may start. */
  readonly lists = new Set<NodeState.NodeState>()
  /** Nodes whose conditions are decided when the step has ended. */
  readonly undecided = new Set<NodeState.NodeState>()
  /** Nodes that come back once their list has been read. */
  readonly awaited = new Set<NodeState.NodeState>()
  /** Items of lists that have as many attempts in flight as they may, by the node of the list. */
  readonly #held = new Map<NodeState.NodeState, Frontier>()
  readonly #strategy: Strategy
  readonly #isBefore: Strategy["isBefore"]
  readonly #heap: Heap<NodeState.NodeState>
  /** The step after which conditions were decided last. */
  #decidedAfter: number | undefined
  #queue: Array<NodeState.NodeState> = []
  #head = 0
  #lines: BudgetLines | undefined
  /** Nodes that have started, some of which are in flight; kept once a strategy has asked for their urgency. */
  #started: Heap<NodeState.NodeState> | undefined

  constructor(strategy: Strategy = reactive) {
    this.#strategy = strategy
    this.#isBefore = strategy.isBefore
    this.#heap = new Heap(strategy.isBefore)
  }

  get size(): number {
    const ready = this.#heap.size + this.#queue.length - this.#head
    return this.#lines === undefined ? ready : ready + this.#lines.size
  }

  get isEmpty(): boolean {
    return this.first === undefined && this.lists.size === 0 && this.awaited.size === 0
  }

  get first(): NodeState.NodeState | undefined {
    const queued = this.#queue[this.#head]
    const { first } = this.#heap
    const next =
      queued === undefined || (first !== undefined && this.#isBefore(first, queued)) ? first : queued
    return this.#lines?.firstBefore(next) ?? next
  }

  /** Whether a node has to wait because one that goes before it waits for the same budget. */
  isBehind(account: BudgetState.BudgetAccount, node: NodeState.NodeState): boolean {
    return this.#lines?.isBehind(account, node) === true
  }

  /** Lets a node wait until the budget has changed. `isFirst`: it does not fit itself, and is not only behind another. */
  keepBack(account: BudgetState.BudgetAccount, node: NodeState.NodeState, isFirst: boolean): void {
    this.#lines ??= new BudgetLines(this.#isBefore)
    this.#lines.keepBack(account, node, isFirst)
  }

  add(node: NodeState.NodeState): void {
    const last = this.#queue.at(-1)
    if (last === undefined || this.#isBefore(last, node)) this.#queue.push(node)
    else this.#heap.add(node)
  }

  /** Holds an item back when its list has as many attempts in flight as it may. Tells whether it was. */
  hold(node: NodeState.NodeState): boolean {
    const { list } = node
    if (list?.items === undefined || list.items.inFlight < list.items.bound) return false
    const held = this.#held.get(list)
    if (held !== undefined) held.add(node)
    else {
      const first = new Frontier()
      first.add(node)
      this.#held.set(list, first)
    }
    return true
  }

  /** Lets the next item of a list in that was held back, as far as the bound allows. */
  letIn(list: NodeState.NodeState): void {
    const held = this.#held.get(list)
    if (held === undefined || list.items === undefined) return
    for (let free = list.items.bound - list.items.inFlight; free > 0;) {
      const item = held.take()
      if (item === undefined) {
        this.#held.delete(list)
        return
      }
      // What has ended or been cancelled meanwhile takes no place.
      if (item.endedAtMillis !== undefined) continue
      this.add(item)
      free--
    }
  }

  /** Takes the first node out, or answers `undefined` when there is none, or when all that are left wait for budgets. */
  take(): NodeState.NodeState | undefined {
    const queued = this.#queue[this.#head]
    const { first } = this.#heap
    const isQueued = queued !== undefined && (first === undefined || this.#isBefore(queued, first))
    const kept = this.#lines?.takeBefore(isQueued ? queued : first)
    if (kept !== undefined) return kept
    if (!isQueued) return this.#heap.take()
    this.#head++
    if (this.#head === this.#queue.length) {
      this.#queue = []
      this.#head = 0
    }
    return queued
  }

  /** Takes out the nodes whose conditions waited for the end of the step, once it has ended. */
  takeUndecided({ isOpen, number }: StepState.StepState): ReadonlyArray<NodeState.NodeState> {
    if (isOpen || this.#decidedAfter === number) return []
    this.#decidedAfter = number
    const nodes = [...this.undecided]
    this.undecided.clear()
    return nodes
  }

  takeAll(): ReadonlyArray<NodeState.NodeState> {
    const nodes = new Set<NodeState.NodeState>()
    for (let node = this.take(); node !== undefined; node = this.take()) nodes.add(node)
    return [...nodes]
  }

  /** Whether the strategy lets the node that was first wait. */
  holds(state: RunState.RunState, node: NodeState.NodeState): boolean {
    return this.#strategy.holds?.(state, node, this) === true
  }

  /** Takes note of a node that was taken and has started. */
  noteStart(node: NodeState.NodeState): void {
    this.#started?.add(node)
  }

  /** Lets the strategy decide what happens at a barrier, and answers whether anything did. */
  settle(turn: Turn, mayGoOn: boolean, actions: KnownActions): boolean {
    return this.#strategy.settle?.(turn, this, mayGoOn, actions) === true
  }

  urgency({ children }: RunState.RunState): number {
    const started = (this.#started ??= startedHeap(children))
    while (started.first?.inFlight === false && started.first.child === undefined) started.take()
    const { first } = started
    return first === undefined ? -Infinity : (first.spec.priority ?? 0)
  }
}
