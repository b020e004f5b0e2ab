/**
 * Random schedules: graphs, child runs, failures, retries, growth, branches, pauses, cancellations, hooks and crashes, each of
 * a seed, in simulated time, on the engine as it ships.
 *
 * `DAGFLOW_SEED=123` repeats one of them; `DAGFLOW_SCHEDULES=100000` runs more.
 */
import { Event } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import type { ModelNode } from "./oracle/Model.ts"
import { mayBeAwaited } from "./oracle/ModelLists.ts"
import { randomScenario } from "./scenario/randomScenario.ts"
import type { Scenario } from "./scenario/Scenario.ts"
import { count, isWhole, only, schedules } from "./seeds.ts"
import { simulate, type Simulated } from "./Simulation.ts"
import { complaintsOf, describeTrouble } from "./trouble.ts"

/** What the schedules showed, by name. */
class Tally {
  readonly counts = new Map<string, number>()

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** What became of a node that runs a flow. */
  #takeFlow({ attempt, list, spec, status }: ModelNode): void {
    if (spec.flow === undefined || spec.forEach !== undefined || attempt === 0) return
    this.add(`${list === undefined ? "node" : "item"} with a flow ${status}`)
    if (attempt > 1) this.add("further child run of a node")
  }

  take(simulated: Simulated): void {
    const { struck, witnesses } = simulated
    for (const name of childrenOf(simulated)) this.add(name)
    for (const fault of struck) this.add(`${fault.kind} ${fault.when._tag}`)
    for (const { log, oracle } of witnesses.values()) {
      let owner: string | undefined
      for (const { event } of log) {
        // Whoever owns a run takes it up again only once it was parked.
        if (event._tag === "RunOwned" && event.owner === owner) this.add("parked and taken up again")
        if (event._tag === "RunOwned") owner = event.owner
        this.add(event._tag)
        if (event._tag === "RunStarted" && event.continues !== undefined) {
          const before = witnesses.get(event.continues.runId)?.state.status
          this.add(`continues a run that ${before}`)
        }
        if (event._tag === "RunStarted") this.add(`strategy ${event.config.strategy}`)
        if (event._tag === "RunPaused" && event.interrupt !== undefined) {
          this.add(`interrupt ${event.interrupt.when}`)
        }
        if (event._tag === "StepCompleted") {
          if (event.waiting !== undefined) this.add("step that leaves nodes waiting")
          if (event.skipped.length > 0) this.add("step that skips nodes")
        }
        if (event._tag === "NodeFailed") this.add(`NodeFailed ${event.error.cause}`)
        if (event._tag === "NodeSkipped") this.add(`NodeSkipped ${event.reason}`)
        if (event._tag === "NodeCompleted" && event.routes !== undefined)
          this.add(event.routes.edges ? "leads besides" : "leads instead")
        if (event._tag === "NodeRouted" && event.inactive !== undefined) this.add("NodeRouted inactive")
        if (event._tag === "NodeFailed" && event.handling === true) this.add("NodeFailed handling")
        if (event._tag === "BudgetExhausted")
          this.add(`${event.branch === undefined ? "run" : "branch"} lacks ${event.resource}`)
        if (event._tag === "NodeCancelled") this.add(`NodeCancelled ${event.stopped}`)
        if (event._tag === "RunStarted" && event.parent !== undefined)
          this.add(event.parent.depth > 1 ? "child of a child" : "child run")
        if (event._tag === "RunInterrupted") this.add(`RunInterrupted ${event.cause}`)
        if (event._tag === "NodeWaiting") {
          this.add(`NodeWaiting ${event.wait._tag} ${event.deadline?.action ?? "for ever"}`)
        }
        if ("waitEnd" in event && event.waitEnd !== undefined) this.add(`${event._tag} ${event.waitEnd._tag}`)
        if (event._tag === "SignalReceived" && event.attempt === undefined) this.add("SignalReceived kept")
        if (event._tag === "CommandRejected" && event.signal !== undefined) {
          this.add(`kept signal ${event.rejection._tag}`)
        }
        if (event._tag === "CommandRejected") this.add(`CommandRejected ${event.rejection._tag}`)
        if (event._tag === "HookFailed") this.add(`HookFailed ${event.cause}`)
      }
      for (const node of oracle.model.nodes.values()) {
        const items = node.spec.forEach?.items
        if (items !== undefined && "expression" in items && node.list === undefined) {
          const where = mayBeAwaited(node) && node.values.includes(400) ? " of what is outside the log" : ""
          this.add(`made list ${node.items === undefined ? node.status : "expanded"}${where}`)
        }
        if (node.list !== undefined) this.add(`item ${node.status}`)
        if (node.of !== undefined) this.add(`visit ${node.status}`)
        this.#takeFlow(node)
        if (node.of === undefined && node.routedBy.length > 0) this.add("led to before it had begun")
        if (oracle.model.readsChannels(node)) this.add(`condition on channels: ${node.status}`)
        if (node.attempt > 0) this.add(`started by ${node.spec.trigger ?? "all_success"}`)
        if (oracle.model.handled.has(node.id)) this.add("handled failure")
      }
    }
  }
}

/** What the runs of a schedule show that are below others. */
const childrenOf = ({ witnesses }: Simulated): ReadonlyArray<string> =>
  [...witnesses.values()].flatMap(({ log, mail, runId, state }) =>
    runId.includes("/")
      ? [
          `child ${state.status}`,
          ...(mail.size > 0 ? ["mail to a child"] : []),
          ...(state.channels.size > 0 ? ["child with channels"] : []),
          ...log.flatMap(({ cause, event }) => {
            const isOfParent = cause?.commandId?.startsWith(`${runId}:`) === true
            const source = isOfParent ? "its parent" : cause?.commandId === undefined ? "itself" : "somebody"
            const isTold = ["RunPaused", "RunResumed", "RunInterrupted", "NodesAdded"].includes(event._tag)
            return isTold ? [`child ${event._tag} by ${source}`] : []
          })
        ]
      : []
  )

/** What at least some of a thousand schedules have to show, besides every event that there is. */
const shown = [
  ...["killed", "frozen", "closed", "robbed"].flatMap((kind) =>
    ["BeforeWrite", "AfterWrite", "AtStep"].map((when) => `${kind} ${when}`)
  ),
  ...[
    "Failed",
    "Thrown",
    "Reported",
    "TimedOut",
    "InvalidOutput",
    "MissingReference",
    "InvalidExpression",
    "NoList",
    "TooManyNodes",
    "OwnerLost",
    "handling"
  ].map((cause) => `NodeFailed ${cause}`),
  ...["pending", "interrupted", "ignored"].map((stopped) => `NodeCancelled ${stopped}`),
  ...["halted", "cancelled", "timed_out", "hook_failed", "budget_exhausted"].map(
    (cause) => `RunInterrupted ${cause}`
  ),
  ...[
    "DuplicateNode",
    "UnknownNode",
    "UnknownAction",
    "UnknownDependency",
    "CycleFound",
    "NodeAlreadyStarted",
    "AlreadyAnswered",
    "NotWaiting"
  ].map((rejection) => `CommandRejected ${rejection}`),
  ...["LimitReached", "WrongRun", "RunEnded", "NotAllowed", "InvalidInput"].map(
    (rejection) => `CommandRejected ${rejection}`
  ),
  ...["Failed", "TimedOut", "InvalidAnswer", "Missing"].map((cause) => `HookFailed ${cause}`),
  ...[
    "all_success",
    "all_done",
    "all_failed",
    "one_success",
    "one_failed",
    "none_failed",
    "none_failed_min_one_success",
    "always"
  ].map((rule) => `started by ${rule}`),
  ...[
    "Signal for ever",
    "Signal complete",
    "Signal pause",
    "Signal fail",
    "Timer complete",
    "Recovery for ever"
  ].map((wait) => `NodeWaiting ${wait}`),
  ...["reactive", "work_queue", "level", "superstep"].map((name) => `strategy ${name}`),
  ...["before", "after", "each_step", "steps"].map((when) => `interrupt ${when}`),
  "step that leaves nodes waiting",
  "step that skips nodes",
  ...["tokens", "cost", "timeMillis", "nodes", "rounds"].map((resource) => `run lacks ${resource}`),
  ...["tokens", "nodes"].map((resource) => `branch lacks ${resource}`),
  ...["trigger_rule", "disabled", "condition_false", "not_routed"].map((reason) => `NodeSkipped ${reason}`),
  "NodeRouted inactive",
  ...["completed", "failed", "skipped"].map((status) => `condition on channels: ${status}`),
  "NodeCompleted Answered",
  "NodeCompleted Expired",
  "NodeFailed Answered",
  "NodeFailed Expired",
  "SignalReceived kept",
  "kept signal InvalidInput",
  "kept signal NotWaiting",
  "handled failure",
  "parked and taken up again",
  ...["completed", "failed", "cancelled"].map((status) => `item ${status}`)
]

/** Runs a schedule, and tells in words that help what is wrong with it. */
const run = async (scenario: Scenario): Promise<Simulated> => {
  const simulated = await simulate(scenario).catch(async (error: unknown) => {
    throw new Error(await describeTrouble(scenario, await complaintsOf(scenario)), { cause: error })
  })
  if (simulated.complaints.length === 0) return simulated
  throw new Error(await describeTrouble(scenario, simulated.complaints))
}

/** What schedules show whose nodes choose where they lead. */
const shownByRoutes = [
  "leads besides",
  "leads instead",
  "led to before it had begun",
  "NodeFailed InvalidRoute",
  "NodeSkipped not_routed",
  "RunInterrupted limit_reached",
  ...["completed", "failed", "skipped", "cancelled"].map((status) => `visit ${status}`)
]

/** What schedules show whose nodes are mapped over what expressions make. */
const shownByLists = ["expanded", "expanded of what is outside the log", "failed"].map(
  (what) => `made list ${what}`
)

/** What schedules show whose runs continue one another. */
const shownBySessions = ["completed", "failed", "cancelled"].map((status) => `continues a run that ${status}`)

/** What schedules show whose nodes run flows of their own. */
const shownByChildren = [
  "child run",
  "child of a child",
  "further child run of a node",
  "NodeFailed SubFlowFailed",
  "mail to a child",
  "child with channels",
  "child NodesAdded by itself",
  ...["its parent", "somebody"].flatMap((who) =>
    ["RunPaused", "RunResumed", "RunInterrupted"].map((tag) => `child ${tag} by ${who}`)
  ),
  ...["completed", "failed", "cancelled"].flatMap((status) =>
    ["child", "node with a flow", "item with a flow"].map((what) => `${what} ${status}`)
  )
]

/** Seeds of schedules that are made for something: so many also where a tenth of all is asked for, and more where more are. */
const seedsOf = (first: number, length: number): ReadonlyArray<number> =>
  only ?? Array.from({ length: Math.max(length, Math.round((length * count) / 1000)) }, (_, at) => first + at)

describe("simulated runs", () => {
  // Also where a tenth of all is asked for: few schedules are enough to go round in every way.
  it("keep every rule where nodes choose where they lead", { timeout: 300_000 + count * 100 }, async () => {
    const tally = new Tally()
    for (const seed of seedsOf(100_000, 120)) tally.take(await run(randomScenario(seed, "wild", "routes")))
    const wanted = only === undefined ? shownByRoutes : []
    expect(wanted.filter((name) => !tally.counts.has(name))).toEqual([])
  })

  it("keep every rule where expressions make lists", { timeout: 300_000 + count * 100 }, async () => {
    const tally = new Tally()
    for (const seed of seedsOf(110_000, 60)) tally.take(await run(randomScenario(seed, "wild", "lists")))
    const wanted = only === undefined ? shownByLists : []
    expect(wanted.filter((name) => !tally.counts.has(name))).toEqual([])
  })

  it("keep every rule where runs continue one another", { timeout: 300_000 + count * 100 }, async () => {
    const tally = new Tally()
    for (const seed of seedsOf(120_000, 60)) tally.take(await run(randomScenario(seed, "wild", "sessions")))
    const wanted = only === undefined ? shownBySessions : []
    expect(wanted.filter((name) => !tally.counts.has(name))).toEqual([])
  })

  it("keep every rule where nodes run flows of their own", { timeout: 300_000 + count * 200 }, async () => {
    const tally = new Tally()
    for (const seed of seedsOf(130_000, 120)) tally.take(await run(randomScenario(seed, "wild", "children")))
    const wanted = only === undefined ? shownByChildren : []
    expect(wanted.filter((name) => !tally.counts.has(name))).toEqual([])
  })

  it("keep every rule in all random schedules", { timeout: 60_000 + count * 200 }, async () => {
    const tally = new Tally()
    let events = 0
    for (const seed of schedules) {
      const simulated = await run(randomScenario(seed, "wild"))
      for (const { log } of simulated.witnesses.values()) events += log.length
      tally.take(simulated)
    }
    const faults = [...tally.counts].filter(([name]) => /Write|AtStep/.test(name))
    const struck = faults.reduce((total, [, times]) => total + times, 0)
    console.log(`${schedules.length} schedules: ${events} events, ${struck} crashes and other faults`)
    // Fewer schedules need not show everything.
    const wanted = isWhole ? [...Event.tags, ...shown] : []
    expect(wanted.filter((name) => !tally.counts.has(name))).toEqual([])
  })
})
