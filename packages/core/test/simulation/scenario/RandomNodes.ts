/** Random nodes of a flow, and nodes by which it grows. */
import { FailurePolicy, type NodeSpec, type RetryPolicy, TriggerRule } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"
import type { Script } from "./Scenario.ts"
import * as RandomBudgets from "./RandomBudgets.ts"
import { withConditions } from "./RandomConditions.ts"
import * as Scripts from "./Scripts.ts"

/** Labels of branches. */
export const labels = ["left", "right"]

const triggers: ReadonlyArray<TriggerRule.TriggerRule> = TriggerRule.TriggerRule.literals
const policies: ReadonlyArray<FailurePolicy.FailurePolicy> = FailurePolicy.FailurePolicy.literals

const retry = (dice: Dice): RetryPolicy.RetryPolicy => ({
  tries: dice.between(2, 4),
  backoff: dice.pick(["exponential", "linear", "fixed", "immediate"]),
  // Some wait longer than it takes another process to take over.
  initialMillis: dice.pick([0, 1, 7, 40, 40, 15_000]),
  jitter: dice.pick([0, 0, 0.5]),
  ...(dice.chance(0.3) && { factor: dice.between(1, 3) }),
  ...(dice.chance(0.3) && { maxMillis: dice.between(5, 60) }),
  ...(dice.chance(0.15) && { retryIf: dice.pick([["Flaky"], ["TimedOut"], ["Flaky", "Thrown"]]) })
})

/** A policy for failures. Calm schedules have only those that let everything else go on. */
export const policy = (dice: Dice, temper: Scripts.Temper): FailurePolicy.FailurePolicy =>
  temper === "calm" ? dice.pick(["continue", "best_effort"]) : dice.pick(policies)

const inputs = (dice: Dice, dependencies: ReadonlyArray<string>): NodeSpec.NodeSpec["inputs"] =>
  Object.fromEntries([
    ["weight", { value: dice.between(1, 9) }],
    ...dice
      .some(dependencies, 0.6)
      .map((id) => [
        `from-${id}`,
        dice.chance(0.93) ? { ref: `${id}.sum`, default: 0 } : { ref: `${id}.sum` }
      ])
  ])

/** What a node may be besides its id and its dependencies. The script tells how much it needs a time-out. */
const options = (dice: Dice, temper: Scripts.Temper, script: Script) => ({
  ...(dice.chance(0.45) && { trigger: dice.pick(triggers) }),
  ...(dice.chance(Scripts.limited(script)) && {
    timeoutMillis: temper === "calm" ? dice.between(50, 80) : dice.between(3, 40)
  }),
  ...(dice.chance(0.4) && { retry: retry(dice) }),
  ...(dice.chance(0.4) && { onFailure: policy(dice, temper) }),
  ...(dice.chance(0.18) && { failure: "rescue" }),
  ...(dice.chance(0.15) && { recovery: "at_most_once" as const }),
  ...(dice.chance(0.3) && { priority: dice.between(-2, 2) }),
  ...(dice.chance(0.25) && { branch: dice.pick(labels) }),
  ...(dice.chance(0.07) && { enabled: false })
})

/** What a node is mapped over: a list of its own, or what another node gave, which is a list if that node had one. */
const list = (
  dice: Dice,
  temper: Scripts.Temper,
  dependencies: ReadonlyArray<string>
): NonNullable<NodeSpec.NodeSpec["forEach"]> => ({
  items:
    dependencies.length > 0 && dice.chance(0.3)
      ? { ref: `${dice.pick(dependencies)}.sum` }
      : { value: Array.from({ length: dice.between(0, 4) }, () => dice.between(1, 9)) },
  ...(dice.chance(0.6) && { maxParallel: dice.between(1, 2) }),
  ...(dice.chance(0.4) && { onItemFailure: policy(dice, temper) })
})

/** What nodes may have. */
export interface Features {
  /** Chances of their own for what nodes are estimated to use, and for their conditions, if they have any. */
  readonly estimates?: Dice
  readonly conditions?: Dice
  /** What their ids begin with. */
  readonly prefix?: string
  /** How many of the nodes are mapped over lists. */
  readonly mapped?: number
}

/** Nodes and scripts that a schedule has so far; growth adds to both. */
export class RandomNodes {
  readonly scripts: Record<string, Script> = {}
  readonly ids: Array<string> = []
  /** Nodes that are mapped over lists. */
  readonly lists: Array<string> = []
  readonly #dice: Dice
  readonly #temper: Scripts.Temper
  readonly #estimates: Dice | undefined
  readonly #conditions: Dice | undefined
  readonly #mapped: number
  readonly #prefix: string
  #grown = 0

  constructor(dice: Dice, temper: Scripts.Temper, features: Features = {}) {
    this.#estimates = features.estimates
    this.#dice = dice
    this.#conditions = features.conditions
    this.#mapped = features.mapped ?? 0.13
    this.#prefix = features.prefix ?? ""
    this.#temper = temper
  }

  /** Whether a node never succeeds by itself. */
  failsAlways(id: string): boolean {
    const script = this.scripts[id]
    return script !== undefined && Scripts.failsAlways(script)
  }

  /** A node that depends on some of the given ones. */
  #node(id: string, dependencies: ReadonlyArray<string>): NodeSpec.NodeSpec {
    const dice = this.#dice
    const script = Scripts.script(dice, this.#temper)
    this.scripts[id] = script
    const isMapped = dice.chance(this.#mapped)
    if (isMapped) this.lists.push(id)
    const given = { item: { ref: "each.item" }, place: { ref: "each.index" } }
    const node = {
      id,
      action: dice.pick(["work", "work", "toil"]),
      ...(dependencies.length > 0 && { dependencies: [...dependencies] }),
      inputs: { ...inputs(dice, dependencies), ...(isMapped && given) },
      ...(isMapped && { forEach: list(dice, this.#temper, dependencies) }),
      ...options(dice, this.#temper, script),
      ...(this.#estimates !== undefined && RandomBudgets.estimate(this.#estimates))
    }
    return this.#conditions === undefined ? node : withConditions(this.#conditions, node)
  }

  /** The nodes of a flow, in any order, with names whose order says nothing about the graph. */
  flow(count: number): ReadonlyArray<NodeSpec.NodeSpec> {
    const dice = this.#dice
    const nodes: Array<NodeSpec.NodeSpec> = []
    for (let number = 0; number < count; number++) {
      const id = `${this.#prefix}${dice.pick(["a", "b", "c", "d", "e", "f", "h", "k"])}${number}`
      const wanted = dice.chance(0.2) ? 0 : dice.between(1, 3)
      const dependencies = new Set(
        Array.from({ length: Math.min(wanted, this.ids.length) }, () => dice.pick(this.ids))
      )
      nodes.push(this.#node(id, [...dependencies]))
      this.ids.push(id)
    }
    return dice.chance(0.5) ? nodes : nodes.reverse()
  }

  /** One to four nodes to be added together. They depend on one another and on nodes that exist, on `root` above all. */
  growth(root: string | undefined): ReadonlyArray<NodeSpec.NodeSpec> {
    const dice = this.#dice
    const batch: Array<string> = []
    const nodes = Array.from({ length: dice.between(1, 4) }, () => {
      const id = `${this.#prefix}g${this.#grown++}`
      const known = [...this.ids, ...batch]
      const dependencies = new Set(
        root !== undefined && (batch.length === 0 || dice.chance(0.4)) ? [root] : []
      )
      if (known.length > 0 && dice.chance(0.6)) dependencies.add(dice.pick(known))
      batch.push(id)
      return this.#node(id, [...dependencies])
    })
    return dice.chance(0.5) ? nodes : nodes.reverse()
  }
}
