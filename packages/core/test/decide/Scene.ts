/** A run without a runtime: events are given, one thing happens, and the events that follow are read as lines. */
import {
  type Command,
  type Event,
  FlowConfig,
  type FlowSpec,
  Invariants,
  type NodeError,
  type NodeState,
  type Reducer,
  Evolve
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import { decideAnswer, type HookAnswer } from "../../src/decide/decideAnswer.ts"
import { type CommandResult, type CommandSource, decideCommand } from "../../src/decide/decideCommand.ts"
import type { KnownActions } from "../../src/decide/knownActions.ts"
import { decideReport, failAttempt } from "../../src/decide/decideReport.ts"
import { expireWait } from "../../src/decide/decideWait.ts"
import { finish } from "../../src/decide/finish.ts"
import { Frontier } from "../../src/decide/Frontier.ts"
import { interruptRun } from "../../src/decide/interruptRun.ts"
import { schedule, type SlotSource } from "../../src/decide/schedule.ts"
import { strategyOf } from "../../src/decide/strategy/strategyOf.ts"
import { takeUp } from "../../src/decide/takeUp.ts"
import { Turn } from "../../src/decide/Turn.ts"
import { lines } from "../world/EventLine.ts"

const actionNames = ["ok", "fail", "hold", "notify", "text.upper"]

/** A reducer that keeps the longer text, and refuses what is none. */
const longest: Reducer.Reduce = (current = "", update) =>
  typeof current === "string" && typeof update === "string"
    ? Result.succeed(update.length > current.length ? update : current)
    : Result.fail("it is no text")

const actions: KnownActions = {
  has: (name) => actionNames.includes(name),
  versionOf: (name) => (name === "notify" ? "7" : undefined),
  names: () => actionNames,
  estimateOf: (name) => (name === "notify" ? { tokens: 100 } : undefined),
  reducerOf: (name) => (name === "longest" ? longest : undefined),
  conform: (_, outputs) =>
    "unfit" in outputs ? Result.fail("the action gives nothing unfit") : Result.succeed(outputs),
  outputNames: () => [],
  flowProblems: () => [],
  lengthOf: ({ spec }) => {
    const items = spec.forEach?.items
    return items !== undefined && "value" in items && Array.isArray(items.value)
      ? { _tag: "Known", count: items.value.length }
      : { _tag: "Failed", error: { ...boom, cause: "NoList", tag: "NoList" } }
  }
}

/** An error as an action gives it. */
export const boom: NodeError.NodeError = { cause: "Failed", tag: "Boom", message: "boom", isRetryable: true }

/** What the waits of a scene ask for. */
const approvalSchema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] }

/** Turns a line of a log, such as `a starts` or `BranchPaused b`, into its event. */
const eventOf = (text: string, attemptOf: (nodeId: string) => number): Event.Event => {
  const [first = "", verb = "", detail = "", by = ""] = text.split(" ")
  switch (first) {
    case "RunPaused":
      return verb === "by" ? { _tag: "RunPaused", nodeId: detail } : { _tag: "RunPaused" }
    case "RunResumed":
      return { _tag: "RunResumed" }
    case "RunInterrupted":
      return { _tag: "RunInterrupted", cause: verb as "halted" }
    case "BranchPaused":
    case "BranchResumed":
    case "BranchCancelled":
      return { _tag: first, branch: verb }
    default:
  }
  const nodeId = first
  const attempt = attemptOf(nodeId)
  switch (verb) {
    case "starts":
      return detail === "handler"
        ? { _tag: "NodeStarted", nodeId, attempt: attempt + 1, role: "handler" }
        : { _tag: "NodeStarted", nodeId, attempt: attempt + 1 }
    case "completes":
      return { _tag: "NodeCompleted", nodeId, attempt, outputs: { value: nodeId } }
    case "fails":
      return {
        _tag: "NodeFailed",
        nodeId,
        attempt,
        error: boom,
        ...(detail === "retry" && { retryAtMillis: 1000 }),
        ...(detail === "handling" && { handling: true })
      }
    case "waits": {
      // `a waits`, `a waits pause 100`: what happens at its deadline, and when.
      const deadline = { action: detail as "pause", atMillis: Number(by) }
      return {
        _tag: "NodeWaiting",
        nodeId,
        attempt,
        wait: { _tag: "Signal", schema: approvalSchema },
        ...(detail === "complete" && {
          deadline: { ...deadline, action: "complete", outputs: { ok: false } }
        }),
        ...((detail === "pause" || detail === "fail") && { deadline })
      }
    }
    case "sleeps":
      return {
        _tag: "NodeWaiting",
        nodeId,
        attempt,
        wait: { _tag: "Timer" },
        deadline: { action: "complete", atMillis: Number(detail), outputs: {} }
      }
    case "skipped":
      return { _tag: "NodeSkipped", nodeId, reason: "trigger_rule", ...(by !== "" && { causeNodeId: by }) }
    case "cancelled":
      return { _tag: "NodeCancelled", nodeId, reason: detail as "halted", stopped: "pending" }
    default:
      throw new Error(`"${text}" is no event`)
  }
}

/** What a node may do besides to give outputs. */
type Written = Pick<Event.EventOf<"NodeCompleted">, "updates" | "routes">

/** What a scene starts with. */
export interface SceneOptions {
  readonly flow: FlowSpec.FlowSpec
  /** Gate hooks and the tags that they listen to. */
  readonly hooks?: Readonly<Record<string, ReadonlyArray<string>>>
  /** Lines of events that are recorded as they are, without anything that follows from them. */
  readonly given?: ReadonlyArray<string>
  readonly inputs?: Event.EventOf<"RunStarted">["inputs"]
  readonly nowMillis?: number
  readonly slots?: SlotSource
}

/** A run without a runtime. */
export class Scene {
  readonly turn: Turn
  readonly frontier: Frontier
  readonly #slots: SlotSource
  #read: number

  constructor({ flow, given = [], hooks = {}, inputs = {}, nowMillis = 0, slots }: SceneOptions) {
    this.turn = new Turn(Evolve.fold("run", []))
    this.turn.epoch = 1
    this.#slots = slots ?? { tryTake: () => true }
    const config = FlowConfig.resolve(flow.config)
    this.frontier = new Frontier(strategyOf(config.strategy))
    this.turn.record({ _tag: "RunStarted", flow, hash: "hash", inputs, config, seed: 1 })
    this.turn.record({
      _tag: "RunOwned",
      owner: "engine",
      hooks: Object.entries(hooks).map(([name, on]) => ({ name, on }))
    })
    for (const text of given) {
      this.turn.record(eventOf(text, (nodeId) => this.node(nodeId).attempt))
    }
    this.turn.nowMillis = nowMillis
    this.#read = this.turn.events.length
  }

  node(nodeId: string): NodeState.NodeState {
    const found = this.turn.state.byId.get(nodeId)
    if (found === undefined) throw new Error(`there is no node "${nodeId}"`)
    return found
  }

  /** The lines of what has happened since they were read last. */
  get news(): ReadonlyArray<string> {
    const fresh = this.turn.events.slice(this.#read)
    this.#read = this.turn.events.length
    return lines(fresh)
  }

  /** What the state breaks of what must always hold. */
  get broken(): ReadonlyArray<string> {
    return Invariants.check(this.turn.state)
  }

  /** Lets everything happen that follows from the state. */
  follow(isDraining = false): this {
    schedule(this.turn, this.frontier, this.#slots, actions, isDraining)
    finish(this.turn, this.frontier)
    return this
  }

  command(command: Command.Command, source: CommandSource = {}): CommandResult {
    const result = decideCommand(this.turn, command, source, actions)
    this.follow()
    return result
  }

  succeed(
    nodeId: string,
    outputs: Event.Outputs = { value: nodeId },
    usage?: Event.Usage,
    written: Written = {}
  ): this {
    const node = this.node(nodeId)
    const base = { node, attempt: node.attempt, metadata: undefined, usage }
    decideReport(this.turn, { _tag: "AttemptSucceeded", ...base, outputs, ...written })
    return this.follow()
  }

  /** A node completes and writes to channels. */
  write(nodeId: string, updates: Event.Outputs): this {
    return this.succeed(nodeId, {}, undefined, { updates })
  }

  /** A node completes and leads to others; with `edges` also to those that depend on it. */
  lead(nodeId: string, to: ReadonlyArray<string>, edges = false): this {
    return this.succeed(nodeId, {}, undefined, { routes: { to, edges } })
  }

  fail(nodeId: string, error: NodeError.NodeError = boom): this {
    const node = this.node(nodeId)
    failAttempt(this.turn, node, error)
    return this.follow()
  }

  stop(nodeId: string, ignored = false): this {
    const node = this.node(nodeId)
    decideReport(this.turn, { _tag: "AttemptInterrupted", node, attempt: node.attempt, ignored })
    return this.follow()
  }

  answer(hook: string, sequence: number, answer: ReadonlyArray<Command.Command> | "fails"): this {
    const given: HookAnswer =
      answer === "fails"
        ? { _tag: "Failed", cause: "Failed", message: "boom" }
        : { _tag: "Answered", commands: answer.map((command) => ({ _tag: "Command", command })) }
    decideAnswer(this.turn, hook, sequence, given, actions)
    return this.follow()
  }

  /** An attempt returns a wait, as the line of a log would say it. */
  wait(line: string): this {
    const [nodeId = ""] = line.split(" ")
    const event = eventOf(line, (id) => this.node(id).attempt)
    if (event._tag !== "NodeWaiting") throw new Error(`"${line}" is no wait`)
    const { attempt, deadline, wait } = event
    const base = { node: this.node(nodeId), attempt, wait, metadata: undefined, usage: undefined }
    decideReport(this.turn, { _tag: "AttemptWaits", ...base, deadline: deadline && (() => deadline) })
    return this.follow()
  }

  /** The time comes, and with it the deadline of a node. */
  at(nowMillis: number, ...nodeIds: ReadonlyArray<string>): this {
    this.turn.nowMillis = nowMillis
    for (const nodeId of nodeIds) expireWait(this.turn, this.node(nodeId))
    return this.follow()
  }

  /** Somebody sends a signal. */
  signal(
    nodeId: string,
    payload: Event.Outputs,
    more: object = {},
    source: CommandSource = {}
  ): CommandResult {
    return this.command({ _tag: "SendSignal", nodeId, payload, ...more }, source)
  }

  timeOut(): this {
    interruptRun(this.turn, { cause: "timed_out" })
    return this.follow()
  }

  takeUp(hooks: ReadonlyArray<Event.GateHook> = []): this {
    this.turn.epoch++
    takeUp(this.turn, "another", hooks)
    return this.follow()
  }
}
