/** Makes a schedule of a seed. */
import type { Event, FlowConfig } from "@dagflow/protocol"
import { Dice } from "../world/Dice.ts"
import * as RandomBudgets from "./RandomBudgets.ts"
import { changeCommands, changeNodes } from "./changeNodes.ts"
import { withChannelConditions } from "./RandomConditions.ts"
import { RandomCommands } from "./RandomCommands.ts"
import { edits, withChannels } from "./RandomChannels.ts"
import { withMadeList } from "./RandomLists.ts"
import { policy, RandomNodes } from "./RandomNodes.ts"
import { leads } from "./RandomRoutes.ts"
import { RandomSubFlows } from "./RandomSubFlows.ts"
import type { CommandPlan, Fault, HookPlan, HookRule, Scenario } from "./Scenario.ts"
import { reply, type Temper } from "./Scripts.ts"
import { steady } from "./steady.ts"

const config = (dice: Dice, temper: Temper, nodeCount: number): FlowConfig.FlowConfig => ({
  onFailure: policy(dice, temper),
  maxParallel: dice.pick([1, 1, 2, 3, 16]),
  hookTimeoutMillis: 60,
  artifactBytesMin: 256,
  ...(dice.chance(0.2) && { retry: { tries: 2, initialMillis: 3, jitter: 0 } }),
  ...(temper === "wild" && {
    cancelGraceMillis: dice.pick([0, 5, 30, 200]),
    maxLostAttempts: dice.between(0, 3),
    onHookFailure: dice.chance(0.3) ? "fail" : "continue",
    // Most runs take longer than the shorter ones of these.
    ...(dice.chance(0.15) && { timeoutMillis: dice.pick([dice.between(5, 40), dice.between(20, 400)]) }),
    ...(dice.chance(0.1) && { nodeTimeoutMillis: dice.between(5, 50) }),
    ...(dice.chance(0.1) && { maxIterations: dice.between(0, 3) }),
    ...(dice.chance(0.08) && { nodesMax: nodeCount + dice.between(0, 12) })
  })
})

/** How the run is scheduled, by dice of its own: the other choices of a seed stay what they were before there were strategies. */
const strategy = (dice: Dice, nodeIds: ReadonlyArray<string>): FlowConfig.FlowConfig => {
  const name = dice.pick(["reactive", "reactive", "work_queue", "level", "superstep", "superstep"] as const)
  if (name !== "superstep" || dice.chance(0.6)) return { strategy: name }
  const interrupts = {
    before: dice.some(nodeIds, 0.2),
    after: dice.some(nodeIds, 0.2),
    eachStep: dice.chance(0.2),
    atStart: dice.chance(0.2)
  }
  return { strategy: name, interrupts }
}

/** Loops come to their end by themselves, or by one of these. */
const limitsOfLoops = (dice: Dice, nodeCount: number): FlowConfig.FlowConfig => ({
  maxIterations: dice.pick([2, 5, 12, 12]),
  nodesMax: nodeCount + dice.pick([3, 30, 60])
})

const listenable: ReadonlyArray<Event.EventTag> = [
  "NodeStarted",
  "NodeCompleted",
  "NodeFailed",
  "NodeWaiting",
  "SignalReceived",
  "NodeSkipped",
  "NodeCancelled",
  "NodesAdded",
  "RunPaused",
  "RunResumed",
  "RunInterrupted",
  "BranchPaused",
  "BranchCancelled",
  "BudgetExhausted",
  "EventEmitted",
  "RunOwned"
]

/** What hooks answer to, for nodes that always fail and for the others. */
const onFailing = ["NodeFailed", "NodeFailed", "NodeFailed", "NodeSkipped"] as const
const onOthers = ["NodeCompleted", "NodeCompleted", "NodeCompleted", "NodeFailed", "NodeSkipped"] as const

const hook = (
  dice: Dice,
  temper: Temper,
  name: string,
  nodes: RandomNodes,
  commands: RandomCommands
): HookPlan => {
  const calm = temper === "calm"
  const answers = (root: string | undefined, count: number) =>
    Array.from({ length: count }, () => (calm || dice.chance(0.7) ? commands.growth(root) : commands.any()))
  // The nodes of the flow come first: a hook that looked at what it grew itself could grow without end.
  const rules: ReadonlyArray<HookRule> = dice.some([...nodes.ids], 0.25).map((nodeId) => ({
    tag: dice.pick(nodes.failsAlways(nodeId) ? onFailing : onOthers),
    nodeId,
    reply: reply(dice, answers(nodeId, dice.between(1, 2)))
  }))
  const onStart = dice.chance(0.3) ? reply(dice, answers(undefined, dice.between(0, 2))) : undefined
  const closing = calm ? [commands.emit()] : [commands.emit(), commands.any()]
  return {
    name,
    mode: dice.chance(0.82) ? "gate" : "observe",
    goneFrom: calm || dice.chance(0.8) ? undefined : dice.between(1, 2),
    on: [...new Set([...rules.map((rule) => rule.tag), ...dice.some(listenable, 0.12)])],
    onStart,
    onComplete: dice.chance(0.3) ? reply(dice, closing) : undefined,
    rules
  }
}

const outside = (dice: Dice, commands: RandomCommands): ReadonlyArray<CommandPlan> =>
  Array.from({ length: dice.between(0, 4) }, () => {
    const via = dice.pick(["handle", "mail"] as const)
    const command = commands.any(via === "mail" || dice.chance(0.7))
    const isRepeated = command.id !== undefined && dice.chance(0.3)
    return { atMillis: dice.between(0, 120), via, command, isRepeated }
  })

const fault = (dice: Dice): Fault => {
  const when = dice.pick(["BeforeWrite", "AfterWrite", "AtStep"] as const)
  return {
    kind: dice.pick(["killed", "killed", "killed", "frozen", "closed", "robbed"]),
    when:
      when === "AtStep"
        ? { _tag: when, step: dice.between(1, 40) }
        : { _tag: when, write: dice.between(1, 14) }
  }
}

/** Chance of its own, so that the rest of a seed's schedule does not depend on it. */
const parking = (seed: number): Pick<Scenario["engine"], "parkAfter"> => {
  const dice = new Dice(seed, "parking")
  return dice.chance(0.4) ? { parkAfter: dice.pick([0, 3, 30]) } : {}
}

/** The processes, their store, and what happens to them. */
const surroundings = (
  dice: Dice,
  seed: number,
  wild: boolean
): Pick<Scenario, "faults" | "engine" | "store" | "runs" | "isShuffled"> => ({
  faults: wild && dice.chance(0.7) ? Array.from({ length: dice.between(1, 3) }, () => fault(dice)) : [],
  engine: {
    maxParallel: dice.chance(0.15) ? dice.between(1, 3) : undefined,
    inboxCapacity: dice.pick([1, 1, 3, 1024]),
    hookConcurrency: dice.pick([1, 2, 16]),
    shutdownGrace: dice.pick([0, 0, 20, 200]),
    ...parking(seed)
  },
  store: {
    latencyMillis: wild ? dice.pick([0, 0, 2, 20]) : 0,
    unavailable: wild && dice.chance(0.2) ? 0.2 : 0
  },
  runs: wild && dice.chance(0.12) ? 2 : 1,
  isShuffled: dice.chance(0.7)
})

/**
 * What few of all schedules show, and a schedule may be made for: `routes`, whose run goes by steps and whose nodes choose where
 * they lead; `lists`, whose nodes are mapped over what expressions make; `sessions`, whose runs continue one another; `children`,
 * whose nodes run flows of their own.
 */
export type Focus = "routes" | "lists" | "sessions" | "children"

/** Lets the outputs of more nodes be so large that they are kept outside the log. */
const atLength = (dice: Dice, scripts: Scenario["scripts"]): Scenario["scripts"] =>
  Object.fromEntries(
    Object.entries(scripts).map(([id, { action, handler }]) => [
      id,
      {
        handler,
        action: action.map((one) =>
          one.kind === "succeeds" && dice.chance(0.5) ? { ...one, kind: "succeeds_at_length" as const } : one
        )
      }
    ])
  )

interface Read {
  readonly scenario: Scenario
  /** Whether it matters in which step something is written. */
  readonly isRead: boolean
}

/** Lets a second run continue the first one, whose channels it gets. */
const withSession = (scenario: Scenario, temper: Temper, focus: Focus | undefined): Scenario => {
  const { flow, seed } = scenario
  const dice = new Dice(seed, `${temper} session`)
  const isSession = dice.chance(focus === "sessions" ? 1 : 0.2)
  if (!isSession || flow.config?.strategy !== "superstep" || flow.channels === undefined) return scenario
  // One of the channels begins anew now and then.
  const note = { ...flow.channels["note"], ...(dice.chance(0.5) && { scope: "run" as const }) }
  return { ...scenario, isSession, runs: 2, flow: { ...flow, channels: { ...flow.channels, note } } }
}

/** Lets nodes of a schedule run flows, by chance of its own. */
const withSubFlows = (scenario: Scenario, temper: Temper, focus: Focus | undefined): Scenario => {
  const dice = new Dice(scenario.seed, `${temper} sub-flows`)
  if (!dice.chance(focus === "children" ? 1 : temper === "wild" ? 0.15 : 0.1)) return scenario
  const flows = new RandomSubFlows({
    dice,
    temper,
    scripts: scenario.scripts,
    probability: focus === "children" ? 0.5 : 0.3,
    config: (nodeIds) => {
      const { artifactBytesMin: _, ...own } = config(dice, temper, nodeIds.length)
      return { ...own, ...strategy(dice, nodeIds) }
    }
  })
  const changed = changeNodes(scenario, (node) => flows.withFlow(node))
  const hooks = changed.hooks.map((plan) => {
    const rules = flows.hookRules()
    const on = [...new Set([...plan.on, ...rules.map(({ tag }) => tag)])]
    return { ...plan, on, rules: [...plan.rules, ...rules] }
  })
  return {
    ...changed,
    hooks,
    commands: [...changed.commands, ...(temper === "wild" ? flows.mail() : [])],
    scripts: { ...changed.scripts, ...flows.scripts },
    writes: { ...changed.writes, ...flows.writes }
  }
}

/** Lets conditions and lists of a schedule read what its run has made, by chance of their own: the rest stays what it was. */
const withReaders = (scenario: Scenario, temper: Temper, focus: Focus | undefined): Read => {
  const { flow, seed } = scenario
  const reading = new Dice(seed, `${temper} channel conditions`)
  const wild = temper === "wild"
  const isRead = flow.channels !== undefined && reading.chance(wild ? 1 : 0.5)
  const mapping = new Dice(seed, `${temper} made lists`)
  const probability = focus === "lists" ? 0.9 : 0.45
  const sources = { probability, hasChannels: flow.channels !== undefined && isRead, mayBeAwaited: wild }
  const changed = changeNodes(scenario, (node) =>
    withMadeList(mapping, isRead ? withChannelConditions(reading, node) : node, sources)
  )
  const growing = new Dice(seed, `${temper} rounds`)
  const grown = changeCommands(changed, (command) =>
    (command._tag === "AddNode" || command._tag === "AddNodes") && growing.chance(0.15)
      ? { ...command, round: "same" }
      : command
  )
  const scripts = focus === "lists" ? atLength(mapping, scenario.scripts) : scenario.scripts
  return { isRead, scenario: { ...grown, scripts } }
}

/** The schedule of a seed. A calm one has no faults, so that they can be put where a test wants them. */
export const randomScenario = (seed: number, temper: Temper, focus?: Focus): Scenario => {
  const dice = new Dice(seed, temper)
  // Chance of its own, so that schedules without conditions are what they always were.
  const conditions = new Dice(seed, `${temper} conditions`)
  const hasConditions = conditions.chance(0.3)
  const wild = temper === "wild"
  const money = new Dice(seed, "budgets")
  const hasBudget = money.chance(0.3)
  const nodes = new RandomNodes(dice, temper, {
    ...(hasBudget && { estimates: money }),
    ...(hasConditions && { conditions }),
    ...(focus === "lists" && { mapped: 0.5 })
  })
  const flowNodes = nodes.flow(
    wild && dice.chance(0.1) ? dice.between(13, 24) : dice.between(1, wild ? 11 : 7)
  )
  const commands = new RandomCommands(dice, nodes)
  const hooks = Array.from({ length: dice.pick([0, 1, 1, 2, 3]) }, (_, at) =>
    hook(dice, temper, `hook-${at}`, nodes, commands)
  )
  const others = new Dice(seed, "strategy")
  const chosen = strategy(
    others,
    flowNodes.map(({ id }) => id)
  )
  const goesBySteps = focus === "routes" || focus === "sessions"
  const scheduling: FlowConfig.FlowConfig = goesBySteps ? { ...chosen, strategy: "superstep" } : chosen
  const stepTags = others.some(["StepStarted", "StepCompleted"] as const, 0.3)
  const listeners = hooks.map((plan) =>
    others.chance(0.4) ? { ...plan, on: [...plan.on, ...stepTags] } : plan
  )
  const settings = config(dice, temper, flowNodes.length)
  const sharing = new Dice(seed, "channels")
  const shared =
    scheduling.strategy === "superstep" && (sharing.chance(0.6) || focus === "sessions")
      ? withChannels(sharing, !wild, flowNodes, Object.keys(nodes.scripts))
      : undefined
  const routing = new Dice(seed, `${temper} routes`)
  const isRouted = scheduling.strategy === "superstep" && (routing.chance(0.7) || focus === "routes")
  const ids = flowNodes.map(({ id }) => id)
  const grown = Object.keys(nodes.scripts).filter((id) => !ids.includes(id))
  const scenario: Scenario = {
    seed,
    flow: {
      name: "simulated",
      config: {
        ...settings,
        ...scheduling,
        ...(isRouted && limitsOfLoops(routing, ids.length)),
        ...(hasBudget && { budget: RandomBudgets.budget(money, temper) })
      },
      ...(shared && { channels: shared.channels }),
      nodes: [...(shared?.nodes ?? flowNodes)]
    },
    scripts: nodes.scripts,
    writes: shared?.writes ?? {},
    leads: isRouted ? leads(routing, { known: ids, grown: wild ? grown : [] }) : {},
    hooks: listeners,
    commands: [
      ...(wild && dice.chance(0.6) ? outside(dice, commands) : []),
      ...(wild && shared !== undefined ? edits(sharing) : [])
    ],
    ...surroundings(dice, seed, wild)
  }
  const read = withReaders(withSession(scenario, temper, focus), temper, focus)
  const whole = { ...read, scenario: withSubFlows(read.scenario, temper, focus) }
  return !wild && (isRouted || whole.isRead) ? steady(whole.scenario) : whole.scenario
}
