/** Child flows of a random flow: some of its nodes run a small flow of their own in the place of an action. */
import type { FlowConfig, NodeSpec } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"
import { withChannels } from "./RandomChannels.ts"
import { RandomCommands } from "./RandomCommands.ts"
import { RandomNodes } from "./RandomNodes.ts"
import type { CommandPlan, HookRule, Scenario } from "./Scenario.ts"
import { reply, type Temper } from "./Scripts.ts"

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

/** The nodes of a child flow, and what is commanded to its runs. */
interface Inside {
  readonly nodes: RandomNodes
  readonly commands: RandomCommands
}

/** Lets nodes run flows of their own, and has the scripts of what is in these. */
export class RandomSubFlows {
  readonly writes: Record<string, ReadonlyArray<string>> = {}
  readonly #options: SubFlowOptions
  readonly #insides: Array<Inside> = []

  constructor(options: SubFlowOptions) {
    this.#options = options
  }

  /** What the nodes of child flows do, and those by which their runs may grow. */
  get scripts(): Scenario["scripts"] {
    return Object.assign({}, ...this.#insides.map(({ nodes }) => nodes.scripts)) as Scenario["scripts"]
  }

  /** Lets a node run a flow now and then. */
  withFlow<N extends NodeSpec.NodeDraft>(node: N): N {
    return this.#options.dice.chance(this.#options.probability) ? this.#withFlow(node, 1) : node
  }

  /** How a hook answers to what happens in child runs: they grow. */
  hookRules(): ReadonlyArray<HookRule> {
    const { dice } = this.#options
    return this.#insides.flatMap(({ commands, nodes }) =>
      dice.some([...nodes.ids], 0.12).map((nodeId) => ({
        tag: dice.pick(nodes.failsAlways(nodeId) ? (["NodeFailed"] as const) : (["NodeCompleted"] as const)),
        nodeId,
        reply: reply(dice, [commands.growth(nodeId)])
      }))
    )
  }

  /** What somebody commands to child runs that go on. */
  mail(): ReadonlyArray<CommandPlan> {
    const { dice } = this.#options
    if (this.#insides.length === 0 || dice.chance(0.4)) return []
    return Array.from({ length: dice.between(1, 3) }, () => ({
      atMillis: dice.between(0, 120),
      via: "mail" as const,
      child: dice.between(0, 5),
      command: dice.pick(this.#insides).commands.any(true),
      isRepeated: dice.chance(0.3)
    }))
  }

  #withFlow<N extends NodeSpec.NodeDraft>(node: N, depth: number): N {
    if (this.#insides.length >= flowsMax) return node
    const { dice, scripts, temper } = this.#options
    const flow = this.#flow(depth)
    const { failure, recovery: _, timeoutMillis, ...rest } = node
    // Its flow has limits of its own, and a crash takes longer than any time-out of a calm run.
    const isTimed = timeoutMillis !== undefined && temper === "wild" && dice.chance(0.4)
    const id = node.id ?? ""
    const script = this.scripts[id] ?? scripts[id]
    const mayHang = !isTimed && script?.handler.kind === "hangs"
    const returns = { sum: dice.pick(flow.nodes).id, text: dice.pick(flow.nodes).id }
    return {
      ...rest,
      ...(isTimed && { timeoutMillis }),
      ...(failure !== undefined && !mayHang && { failure }),
      action: flow.name,
      flow,
      returns
    } as unknown as N
  }

  #flow(depth: number): Flow {
    const { dice, temper } = this.#options
    const name = `s${this.#insides.length}`
    const nodes = new RandomNodes(dice, temper, { prefix: name })
    this.#insides.push({ nodes, commands: new RandomCommands(dice, nodes) })
    const own = nodes.flow(dice.between(1, depth === 1 ? 4 : 2))
    const inner = own.map((node) => {
      const whole = dice.chance(0.4)
        ? { ...node, inputs: { ...node.inputs, given: { ref: "inputs.weight", default: 0 } } }
        : node
      return depth < depthMax && dice.chance(0.12) ? this.#withFlow(whole, depth + 1) : whole
    })
    const ids = own.map(({ id }) => id)
    const config = this.#options.config(ids)
    if (config.strategy !== "superstep" || dice.chance(0.5)) return { name, config, nodes: inner }
    const shared = withChannels(dice, temper === "calm", inner, ids)
    Object.assign(this.writes, shared.writes)
    return { name, config, channels: shared.channels, nodes: shared.nodes }
  }
}
