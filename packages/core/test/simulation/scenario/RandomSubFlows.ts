/** Child flows of a random flow: some of its nodes run a small flow of their own in the place of an action. */
import type { FlowConfig, NodeSpec } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"
import { RandomNodes } from "./RandomNodes.ts"
import type { Scenario } from "./Scenario.ts"
import type { Temper } from "./Scripts.ts"

type Flow = NonNullable<NodeSpec.NodeSpec["flow"]>

/** Flows that one schedule has at most, those inside of others included: each attempt of their nodes is a run. */
const flowsMax = 5

/** How deep flows are inside of flows at most. */
const depthMax = 2

/** What a schedule needs to have child flows. */
export interface SubFlowOptions {
  readonly dice: Dice
  readonly temper: Temper
  /** How many nodes run a flow. */
  readonly probability: number
  /** What the nodes of the schedule do. */
  readonly scripts: Scenario["scripts"]
  /** How a flow of so many nodes is configured. */
  readonly config: (nodeIds: ReadonlyArray<string>) => FlowConfig.FlowConfig
}

/** Lets nodes run flows of their own, and has the scripts of what is in these. */
export class RandomSubFlows {
  readonly scripts: Record<string, Scenario["scripts"][string]> = {}
  readonly #options: SubFlowOptions
  #made = 0

  constructor(options: SubFlowOptions) {
    this.#options = options
  }

  /** Lets a node run a flow now and then. */
  withFlow<N extends NodeSpec.NodeDraft>(node: N): N {
    return this.#options.dice.chance(this.#options.probability) ? this.#withFlow(node, 1) : node
  }

  #withFlow<N extends NodeSpec.NodeDraft>(node: N, depth: number): N {
    if (this.#made >= flowsMax) return node
    const { dice, temper } = this.#options
    const flow = this.#flow(depth)
    const { failure, recovery: _, timeoutMillis, ...rest } = node
    // Its flow has limits of its own, and a crash takes longer than any time-out of a calm run.
    const isTimed = timeoutMillis !== undefined && temper === "wild" && dice.chance(0.4)
    const script = this.scripts[node.id ?? ""] ?? this.#options.scripts[node.id ?? ""]
    const mayHang = !isTimed && script?.handler.kind === "hangs"
    return {
      ...rest,
      ...(isTimed && { timeoutMillis }),
      ...(failure !== undefined && !mayHang && { failure }),
      action: flow.name,
      flow,
      returns: { sum: dice.pick(flow.nodes).id, text: dice.pick(flow.nodes).id }
    } as unknown as N
  }

  #flow(depth: number): Flow {
    const { config, dice, temper } = this.#options
    const name = `s${this.#made++}`
    const nodes = new RandomNodes(dice, temper, { prefix: name })
    const own = nodes.flow(dice.between(1, depth === 1 ? 4 : 2))
    Object.assign(this.scripts, nodes.scripts)
    const inner = own.map((node) => {
      const whole = dice.chance(0.4)
        ? { ...node, inputs: { ...node.inputs, given: { ref: "inputs.weight", default: 0 } } }
        : node
      return depth < depthMax && dice.chance(0.12) ? this.#withFlow(whole, depth + 1) : whole
    })
    return { name, config: config(own.map(({ id }) => id)), nodes: inner }
  }
}
