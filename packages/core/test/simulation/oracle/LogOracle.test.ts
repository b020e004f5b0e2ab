/** The judge is worth what it finds: sound logs, each spoilt in one way, have to be found out under the right rule. */
import type { Envelope, Event } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { randomScenario } from "../scenario/randomScenario.ts"
import { commandsOf } from "../scenario/Scenario.ts"
import { simulate } from "../Simulation.ts"
import { batchOf } from "./hookRules.ts"
import { LogOracle } from "./LogOracle.ts"

type Log = ReadonlyArray<Envelope.Envelope>

interface Recorded {
  readonly log: Log
  readonly appends: ReadonlyArray<number>
  readonly proposed: ReadonlySet<string>
  readonly isPunctual: boolean
}

/** Judges a log, its events numbered anew; the appends end where the events stand that ended them. */
const judge = ({ log, appends, isPunctual, proposed }: Recorded): ReadonlyArray<string> => {
  const oracle = new LogOracle(proposed)
  const ends = new Set(appends)
  let append: Array<Envelope.Envelope> = []
  for (const [at, envelope] of log.entries()) {
    append.push({ ...envelope, sequence: at + 1 })
    if (!ends.has(envelope.sequence) && at < log.length - 1) continue
    try {
      oracle.accept(append, { hasSlotPool: false, isClosing: false, isPunctual })
    } catch (error) {
      // A log may contradict itself so much that it cannot be followed any further.
      return [...oracle.complaints, String(error)]
    }
    append = []
  }
  return oracle.complaints
}

type Spoil = (log: Log) => Log | undefined

const is =
  <Tag extends Event.EventTag>(tag: Tag, holds: (event: Event.EventOf<Tag>) => boolean = () => true) =>
  ({ event }: Envelope.Envelope): boolean =>
    event._tag === tag && holds(event as Event.EventOf<Tag>)

const drop =
  (matches: (envelope: Envelope.Envelope) => boolean): Spoil =>
  (log) => {
    const at = log.findIndex(matches)
    return at < 0 ? undefined : log.toSpliced(at, 1)
  }

const repeat =
  (matches: (envelope: Envelope.Envelope) => boolean): Spoil =>
  (log) => {
    const at = log.findIndex(matches)
    return at < 0 ? undefined : log.toSpliced(at, 0, ...log.slice(at, at + 1))
  }

const change =
  <Tag extends Event.EventTag>(
    tag: Tag,
    holds: (event: Event.EventOf<Tag>) => boolean,
    make: (event: Event.EventOf<Tag>) => Event.Event
  ): Spoil =>
  (log) => {
    const at = log.findIndex(is(tag, holds))
    const found = log[at]
    if (found === undefined) return undefined
    return log.with(at, { ...found, event: make(found.event as Event.EventOf<Tag>) })
  }

/** Leaves out the pause by a failure or deadline. One in a run that pauses for other reasons too might make no difference. */
const dropPause: Spoil = (log) =>
  log.some(is("RunPaused", (event) => event.interrupt !== undefined)) ||
  log.some(is("RunResumed", (event) => event.steps !== undefined)) ||
  // Whoever ends the run at once leaves no time in which the pause is missed.
  log.some(is("RunInterrupted"))
    ? undefined
    : drop(is("RunPaused", (event) => event.reason?.startsWith("node ") === true))(log)

/** Moves what the conditions of a node came to from behind the end of a step to before it. */
const decideEarly: Spoil = (log) => {
  const ends = log.flatMap(({ event }, at) => (event._tag === "StepCompleted" ? [at] : []))
  const end = ends.find((at) => log[at + 1]?.event._tag === "NodeRouted")
  const routed = end === undefined ? undefined : log[end + 1]
  return end === undefined || routed === undefined
    ? undefined
    : log.toSpliced(end + 1, 1).toSpliced(end, 0, routed)
}

/** Moves the start of a node to before the end of the node that it waits for. */
const startEarly: Spoil = (log) => {
  // A list without values completes without ever having taken a slot.
  const lists = new Set(log.flatMap(({ event }) => (event._tag === "NodeExpanded" ? [event.nodeId] : [])))
  const end = log.findIndex(is("NodeCompleted", (event) => !lists.has(event.nodeId)))
  const start = log.findIndex(
    (envelope, at) => at > end && is("NodeStarted", (event) => event.attempt === 1)(envelope)
  )
  const found = log[start]
  return end < 0 || found === undefined ? undefined : log.toSpliced(start, 1).toSpliced(end, 0, found)
}

/** Lets everything from an event on happen later. */
const delay =
  (matches: (envelope: Envelope.Envelope) => boolean): Spoil =>
  (log) => {
    const at = log.findIndex(matches)
    return at < 0
      ? undefined
      : log.map((envelope, other) => (other < at ? envelope : { ...envelope, at: envelope.at + 1000 }))
  }

/** An event without one of its optional members. */
const without = <E extends Event.Event>(event: E, key: keyof E): E => {
  const { [key]: _, ...rest } = event
  return rest as unknown as E
}

const appendAfterEnd: Spoil = (log) => [...log, ...log.slice(-1)]

/** Each way to spoil a log, and the rule under which some of the spoilt logs have to be found out. */
const ways: ReadonlyArray<readonly [name: string, rule: string, spoil: Spoil]> = [
  ["a start is dropped", "write-ahead", drop(is("NodeStarted"))],
  ["a completion is dropped", "failures and ends", drop(is("NodeCompleted"))],
  ["a completion is recorded twice", "recorded once", repeat(is("NodeCompleted"))],
  ["a failure is recorded twice", "recorded once", repeat(is("NodeFailed"))],
  ["a node starts before its dependency has ended", "write-ahead", startEarly],
  ["a node starts twice", "recorded once", repeat(is("NodeStarted"))],
  ["an answer is recorded twice", "gates", repeat(is("HookAnswered"))],
  ["an answer is dropped", "gates", drop(is("HookAnswered"))],
  [
    "a skip is dropped",
    "failures and ends",
    drop(is("NodeSkipped", (event) => event.reason === "trigger_rule"))
  ],
  ["nodes are added twice", "unique ids", repeat(is("NodesAdded"))],
  [
    "a batch is added in part",
    "atomic commands",
    change(
      "NodesAdded",
      (event) => event.nodes.length > 1,
      (event) => ({ ...event, nodes: event.nodes.slice(0, 1) })
    )
  ],
  [
    "a retry comes too late",
    "backoff",
    change(
      "NodeFailed",
      (event) => event.retryAtMillis !== undefined,
      (event) => ({ ...event, retryAtMillis: (event.retryAtMillis ?? 0) + 5000 })
    )
  ],
  [
    "a failure is not retried",
    "tries",
    change(
      "NodeFailed",
      (event) => event.retryAtMillis !== undefined,
      (event) => without(event, "retryAtMillis")
    )
  ],
  [
    "a failure handler is left out",
    "tries",
    change(
      "NodeFailed",
      (event) => event.handling === true,
      (event) => without(event, "handling")
    )
  ],
  [
    "a handler's outputs are not marked",
    "failure handlers",
    change(
      "NodeCompleted",
      (event) => event.recovered === true,
      (event) => without(event, "recovered")
    )
  ],
  [
    "a policy does not fire",
    "order at a failure",
    drop(is("RunInterrupted", (event) => event.cause === "halted"))
  ],
  ["a pause is dropped", "order at a failure", dropPause],
  ["conditions are decided inside of a step", "conditions", decideEarly],
  ["a step begins without a word", "strategies", drop(is("StepStarted"))],
  ["a step ends without a word", "steps", drop(is("StepCompleted"))],
  [
    "a step hides what ran",
    "steps",
    change(
      "StepCompleted",
      (event) => event.ran.length > 0,
      (event) => ({ ...event, ran: event.ran.slice(1) })
    )
  ],
  [
    "a step leaves out what may start",
    "steps",
    change(
      "StepStarted",
      (event) => event.frontier.length > 1,
      (event) => ({ ...event, frontier: event.frontier.slice(1) })
    )
  ],
  [
    "a step is out of order",
    "steps",
    change(
      "StepStarted",
      (event) => event.frontier.length > 1,
      (event) => ({ ...event, frontier: event.frontier.toReversed() })
    )
  ],
  ["an interrupt is dropped", "interrupts", drop(is("RunPaused", (event) => event.interrupt !== undefined))],
  ["a list expands twice", "lists", repeat(is("NodeExpanded"))],
  [
    "a list has an item too many",
    "lists",
    change(
      "NodeExpanded",
      () => true,
      (event) => ({ ...event, count: event.count + 1 })
    )
  ],
  [
    "a list gives what its items did not",
    "lists",
    change(
      "NodeCompleted",
      ({ outputs }) => JSON.stringify(outputs).includes("$items"),
      (event) => ({ ...event, outputs: { sum: 1 } })
    )
  ],
  [
    "a node of an interrupted run is not cancelled",
    "failures and ends",
    drop(is("NodeCancelled", (event) => event.reason === "halted" && event.stopped === "pending"))
  ],
  [
    "a node of a cancelled branch is not cancelled",
    "cancelled branches",
    drop(is("NodeCancelled", (event) => event.reason === "branch_cancelled" && event.stopped === "pending"))
  ],
  [
    "the result hides a failure",
    "failures and ends",
    change(
      "RunEnding",
      (event) => event.result._tag === "Failed",
      (event) => ({ ...event, result: { _tag: "Completed" } })
    )
  ],
  [
    "an attempt outlives its time-out",
    "time-outs",
    delay(
      is(
        "NodeFailed",
        ({ error, retryAtMillis, waitEnd }) =>
          error.cause === "TimedOut" && retryAtMillis === undefined && waitEnd === undefined
      )
    )
  ],
  [
    "a deadline passes too late",
    "deadlines",
    delay(is("NodeFailed", ({ waitEnd }) => waitEnd?._tag === "Expired"))
  ],
  [
    "a wait is answered twice",
    "one winner",
    repeat(is("SignalReceived", ({ attempt }) => attempt !== undefined))
  ],
  ["an answer is dropped", "one winner", drop(is("SignalReceived", ({ attempt }) => attempt !== undefined))],
  [
    "a kept signal is forgotten",
    "signals",
    drop(is("CommandRejected", ({ signal }) => signal !== undefined))
  ],
  [
    "a wait ends by itself",
    "waits",
    change(
      "NodeCompleted",
      ({ waitEnd }) => waitEnd !== undefined,
      (event) => without(event, "waitEnd")
    )
  ],
  [
    "an answer gives something else",
    "outputs",
    change(
      "NodeCompleted",
      ({ waitEnd }) => waitEnd?._tag === "Answered",
      (event) => ({ ...event, outputs: { sum: 0.5 } })
    )
  ],
  [
    "a reservation is not recorded",
    "budgets",
    change(
      "NodeStarted",
      ({ reserved }) => reserved !== undefined,
      (event) => without(event, "reserved")
    )
  ],
  [
    "nobody says that a budget is used up",
    "budgets",
    drop(is("BudgetExhausted", ({ branch }) => branch === undefined))
  ],
  [
    "a budget is used up by less than was spent",
    "budgets",
    change(
      "BudgetExhausted",
      () => true,
      (event) => ({ ...event, spent: event.spent + 1 })
    )
  ],
  [
    "a run is paused by its budget, whose policy is to stop",
    "budgets",
    (log) => {
      const at = log.findIndex(is("RunInterrupted", ({ cause }) => cause === "budget_exhausted"))
      const found = log[at]
      if (found === undefined) return undefined
      const paused = { _tag: "RunPaused", exhausted: true } as const
      return [...log.slice(0, at), { ...found, event: paused }]
    }
  ],
  [
    "a cancelled attempt outlives its grace period",
    "time-outs",
    delay(is("NodeCancelled", (event) => event.stopped === "ignored"))
  ],
  [
    "the run outlives its time-out",
    "time-outs",
    delay(is("RunInterrupted", (event) => event.cause === "timed_out"))
  ],
  ["the end comes before its result", "end of a run", drop(is("RunEnding"))],
  ["something follows the end", "end of a run", appendAfterEnd]
]

const record = async (): Promise<ReadonlyArray<Recorded>> => {
  const recorded: Array<Recorded> = []
  for (let seed = 0; recorded.length < 180; seed++) {
    const scenario = randomScenario(seed, "wild")
    if (scenario.engine.maxParallel !== undefined || scenario.faults.length > 0) continue
    const proposed = new Set(commandsOf(scenario).flatMap((command) => batchOf(command) ?? []))
    const [witness] = (await simulate(scenario)).witnesses.values()
    const isPunctual = scenario.store.latencyMillis + scenario.store.unavailable === 0
    if (witness !== undefined)
      recorded.push({ log: witness.log, appends: witness.appends, proposed, isPunctual })
  }
  return recorded
}

describe("the judge of logs", () => {
  it(
    "has nothing against sound logs, and names what is wrong with each kind of spoilt log",
    { timeout: 300_000 },
    async () => {
      const recorded = await record()
      for (const one of recorded) expect(judge(one)).toEqual([])
      const overlooked: Array<string> = []
      for (const [name, rule, spoil] of ways) {
        const spoilt = recorded.flatMap((one) => {
          // Whoever is held up is never too late.
          const log =
            (rule === "time-outs" || rule === "deadlines") && !one.isPunctual ? undefined : spoil(one.log)
          return log === undefined ? [] : [{ ...one, log }]
        })
        const found = spoilt.map(judge)
        expect(found.length, `logs that show: ${name}`).toBeGreaterThan(0)
        const unseen = found.filter((complaints) => complaints.length === 0).length
        if (unseen > 0) overlooked.push(`${name}: overlooked in ${unseen} of ${found.length} logs`)
        const isNamed = found.some((complaints) =>
          complaints.some((complaint) => complaint.startsWith(`${rule}:`))
        )
        if (!isNamed) overlooked.push(`${name}: never under rule ${rule}`)
      }
      expect(overlooked).toEqual([])
    }
  )
})
