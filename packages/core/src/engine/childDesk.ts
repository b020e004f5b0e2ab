/**
 * The child runs that attempts of one run go on as. What is done about a child follows from where the run and the child stand,
 * never from what was done before: it is created if it is not there, taken up if nobody executes it, paused, resumed or
 * cancelled as its parent is. So it does not matter where a process died.
 */
import {
  type ChildEnd,
  type Command,
  type Envelope,
  FlowConfig,
  type FlowSpec,
  type NodeError,
  type NodeState,
  type RunError,
  type RunRow,
  RunStatus,
  type StoreError
} from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import { cancelledError } from "../decide/childEnd.ts"
import type { Report } from "../decide/decideReport.ts"
import { childTimeoutAt } from "../decide/decideSubFlow.ts"
import type { RunStore, WatchedClaim } from "../store/RunStore.ts"
import type { Alarms } from "./Alarms.ts"
import { followRest } from "./followRest.ts"
import type { ChildLoss, KinRuns } from "./kinRuns.ts"
import { loadRun } from "./loadRun.ts"
import type { Alarm } from "./Message.ts"
import type { Telemetry } from "./Telemetry.ts"
import { type NewRunParts, planChild } from "./planChild.ts"
import { childEndOf, endMailId } from "./tellParent.ts"
import { isSettledNow } from "./untilSettled.ts"
import { untilUnowned } from "./untilUnowned.ts"

type Node = NodeState.NodeState

/** What the desk needs of its run. */
export interface ChildDeskOptions extends NewRunParts {
  readonly store: RunStore
  readonly context: Context.Context<never>
  readonly kin: KinRuns
  /** Whether the engine takes up by itself what is parked and has to go on. */
  readonly wakesParked: boolean
  readonly alarms: Alarms<Alarm>
  readonly telemetry: Telemetry
  readonly persist: <A>(operation: Effect.Effect<A, StoreError>) => Effect.Effect<A, StoreError>
  readonly report: (report: Report) => void
  readonly ended: (end: ChildEnd.ChildEnd) => void
  /** The store is away for longer than the run waits for it. */
  readonly gone: (error: StoreError) => void
}

/** Letters that are looked through for the word of a child that is gone. */
const lettersMax = 100_000

/** Why a run was cancelled whose node had no more time. Whoever takes the parent up meanwhile knows it by that. */
const outOfTime = "its node timed out"

/** Why a run is paused whose parent is: it is resumed with it, and one that was paused for another reason is not. */
const pausedWithParent = "its parent run is paused"

/** How long a cancelled child run, and those below it, may take to end. */
const graceMillis = ({ config, nodes }: FlowSpec.FlowSpec): number =>
  (config?.cancelGraceMillis ?? FlowConfig.defaults.cancelGraceMillis) +
  Math.max(0, ...nodes.map(({ flow }) => (flow === undefined ? 0 : graceMillis(flow))))

/** The child runs of one run. */
export class ChildDesk {
  readonly #options: ChildDeskOptions
  /** Nodes whose child is looked after; `true`: once more when that is done. */
  readonly #inWork = new Map<Node, boolean>()
  #isInterrupted = false
  #isPaused = false
  /** Nodes that are given up as soon as their child has been looked after. */
  readonly #overdue = new Set<Node>()
  /** Why children were told to stop. */
  readonly #stops = new Map<Node, "timeout" | "cancel">()
  /** Children that were sent a command, and have not come to rest since. */
  readonly #stirred = new Set<string>()
  /** Children that another process has, and that are watched until nobody has them. */
  readonly #watched = new Set<string>()
  /** Those of them that only wait for somebody where they are. */
  readonly #restElsewhere = new Set<string>()
  readonly #fibers = new Set<Fiber.Fiber<unknown, unknown>>()

  constructor(options: ChildDeskOptions) {
    this.#options = options
  }

  /** Looks after all children, also after those that another process has left. */
  attendAll(): void {
    this.#note()
    for (const node of this.#options.state.children) this.#attend(node)
  }

  /** What a durable event means for the children. */
  see({ at, event }: Envelope.Envelope): void {
    const { state } = this.#options
    switch (event._tag) {
      case "SubFlowStarted": {
        const node = state.byId.get(event.nodeId)
        if (node?.child === undefined) return
        this.setAlarm(node)
        return this.#attend(node)
      }
      case "RunInterrupted":
        this.#note()
        for (const node of state.children) this.#stop(node, "cancel", at)
        return
      case "BranchCancelled":
        for (const node of state.children) if (node.cancelledBranch) this.#stop(node, "cancel", at)
        return
      case "RunPaused":
      case "RunResumed":
        return this.attendAll()
      default:
    }
  }

  /** Sets the alarm for the time-out of an attempt. */
  setAlarm(node: Node): void {
    const { alarms, state } = this.#options
    const atMillis = childTimeoutAt(state.config.nodeTimeoutMillis, node)
    if (atMillis !== undefined) alarms.set(atMillis, { _tag: "AttemptTimeout", node, attempt: node.attempt })
  }

  /** The attempt has reached its time-out: its child run is cancelled. */
  timeOut(node: Node, attempt: number, nowMillis: number): void {
    if (node.child !== undefined && node.attempt === attempt) this.#stop(node, "timeout", nowMillis)
  }

  /**
   * The time that a child had to end is over. Its command to stop lies in the store, for whoever has it or takes it up: before it
   * does, the attempt is not given up.
   */
  abandon(node: Node, attempt: number): void {
    if (node.child === undefined || node.attempt !== attempt) return
    if (this.#inWork.has(node)) return void this.#overdue.add(node)
    this.#options.kin.seeOut(node.child)
    const base = { node, attempt } as const
    const stop = this.#stops.get(node)
    // The next attempt is not told to stop.
    this.#stops.delete(node)
    if (stop !== "timeout") {
      return this.#options.report({ ...base, _tag: "AttemptInterrupted", ignored: true })
    }
    this.#options.report({ ...base, _tag: "AttemptFailed", error: this.#timedOut(node), usage: undefined })
  }

  /** What the word of a child means for its node; `undefined` for one that nobody waits for any more. */
  read(message: ChildEnd.ChildEnd): Report | undefined {
    const { attempt, end, nodeId, runId, usage } = message
    const { state } = this.#options
    const node = state.byId.get(nodeId)
    if (node === undefined || node.child !== runId || node.attempt !== attempt) return undefined
    const isStopped = state.interrupted !== undefined || node.cancelledBranch
    const stop = this.#stops.get(node) ?? (isStopped ? "cancel" : undefined)
    this.#stops.delete(node)
    const base = { node, attempt, usage } as const
    const fail = (error: NodeError.NodeError): Report => ({ ...base, _tag: "AttemptFailed", error })
    const isOutOfTime = stop === undefined && end._tag === "Cancelled" && end.reason === outOfTime
    if (stop === "timeout" || isOutOfTime) return fail(this.#timedOut(node))
    switch (end._tag) {
      case "Completed": {
        if (node.spec.intent !== "transform" || "payload" in end.outputs) {
          return { ...base, _tag: "AttemptSucceeded", outputs: end.outputs, metadata: undefined }
        }
        const message = `node "${nodeId}" transforms the payload, and its flow ended without one`
        return fail(ErrorDescription.make("InvalidOutput", message))
      }
      case "Failed":
        return fail(end.error)
      case "Cancelled":
        return stop === "cancel"
          ? { ...base, _tag: "AttemptInterrupted", ignored: false }
          : fail(cancelledError(message))
    }
  }

  /** Whether every child only waits for somebody, as far as this process knows. */
  get areAtRest(): boolean {
    return this.#all((child) => this.#options.kin.isAtRest(child))
  }

  /** Whether every child is parked or only waits for somebody, as far as this process knows. */
  get areIdle(): boolean {
    const { kin } = this.#options
    return this.#all((child) => kin.isAtRest(child) || kin.isParked(child))
  }

  #all(holds: (child: string) => boolean): boolean {
    for (const node of this.#options.state.children) {
      const { child = "" } = node
      if (this.#inWork.has(node) || this.#stirred.has(child)) return false
      if (!this.#restElsewhere.has(child) && !holds(child)) return false
    }
    return true
  }

  /** A child only waits for somebody. */
  noteRest(runId: string): void {
    this.#stirred.delete(runId)
  }

  /**
   * A child is not executed here any more. If another process has it or it is parked, it is watched from now on; otherwise the
   * answer is that this run cannot go on here either.
   */
  lose({ isParked, reason, runId }: ChildLoss): boolean {
    for (const node of this.#options.state.children) {
      if (node.child !== runId) continue
      if (!isParked && reason._tag !== "RunNotOwned") return false
      if (isParked) this.#watchParked(node, runId)
      else this.#watch(node, runId)
      return true
    }
    return true
  }

  /** Lets everything go. Children go on: they are runs of their own. */
  close(): void {
    this.#inWork.clear()
    for (const fiber of this.#fibers) fiber.interruptUnsafe()
  }

  #timedOut({ spec }: Node): NodeError.NodeError {
    const limit = spec.timeoutMillis ?? this.#options.state.config.nodeTimeoutMillis ?? 0
    return ErrorDescription.make("TimedOut", `the attempt took longer than ${limit} ms`)
  }

  #stop(node: Node, why: "timeout" | "cancel", atMillis: number): void {
    const { alarms, state } = this.#options
    const { attempt, spec } = node
    if (this.#stops.get(node) === "cancel" || spec.flow === undefined) return
    this.#stops.set(node, why)
    const grace = state.config.cancelGraceMillis + graceMillis(spec.flow)
    alarms.set(atMillis + grace, { _tag: "GraceOver", node, attempt })
    this.#attend(node)
  }

  #attend(node: Node): void {
    if (this.#inWork.has(node)) return void this.#inWork.set(node, true)
    this.#inWork.set(node, false)
    const { persist } = this.#options
    const { attempt, child } = node
    const work = Effect.suspend(() => this.#align(node)) as Effect.Effect<void, StoreError>
    this.#fork(persist(work), (exit) => {
      const isAgain = this.#inWork.get(node)
      this.#inWork.delete(node)
      const isOverdue = isAgain !== true && this.#overdue.delete(node)
      if (node.child !== child || node.attempt !== attempt) return
      if (Exit.isFailure(exit)) this.#giveUp(node, exit.cause)
      else if (isAgain === true) this.#attend(node)
      else if (isOverdue) this.abandon(node, attempt)
    })
  }

  #fork(work: Effect.Effect<void, StoreError>, ended: (exit: Exit.Exit<void, StoreError>) => void): void {
    const fiber = Effect.runForkWith(this.#options.context)(work)
    this.#fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.#fibers.delete(fiber)
      ended(exit)
    })
  }

  /** A store that is away is no failure of the node. Without an error it was interrupted: the run is not this process's any more. */
  #giveUp(node: Node, cause: Cause.Cause<StoreError | RunError>): void {
    const failed = Cause.findErrorOption(cause)
    if (Option.isSome(failed) && failed.value._tag === "StoreError" && failed.value.isRetryable) {
      return this.#options.gone(failed.value)
    }
    const error = ErrorDescription.fromCause(cause)
    if (error !== undefined) this.#fail(node, error)
  }

  #fail(node: Node, error: NodeError.NodeError): void {
    this.#options.report({ _tag: "AttemptFailed", node, attempt: node.attempt, error, usage: undefined })
  }

  /** Takes down what the log says of the run: what is decided next may never get there, and is no matter for its children. */
  #note(): void {
    const { interrupted, pause, status } = this.#options.state
    this.#isInterrupted = interrupted !== undefined
    this.#isPaused = status === "paused" && pause?.isCommanded === true
  }

  /** What is to become of the child of a node. */
  #wanted(node: Node): "cancelled" | "paused" | "running" {
    if (this.#stops.has(node) || this.#isInterrupted || node.cancelledBranch) return "cancelled"
    return this.#isPaused ? "paused" : "running"
  }

  /** Brings a child to where it has to be. */
  #align(node: Node): Effect.Effect<void, StoreError | RunError> {
    return Effect.gen({ self: this }, function* () {
      const { store } = this.#options
      const { child } = node
      if (child === undefined) return
      const row = yield* store.get(child)
      if (row === undefined) return yield* this.#create(node, child)
      const first = (yield* store.readPage(child, 0, 1))[0]?.event
      const isOurs =
        first?._tag === "RunStarted" &&
        first.parent?.runId === this.#options.state.runId &&
        first.parent.nodeId === node.spec.id
      if (!isOurs) {
        const message = `there is a run "${child}" already, which is no child of this node: it has to go, or the parent needs another id`
        return this.#fail(node, {
          cause: "SubFlowFailed",
          tag: "RunExists",
          message,
          isRetryable: false,
          child: { runId: child }
        })
      }
      if (RunStatus.isEnded(row.status)) return yield* this.#findEnd(node, child)
      const isTold = yield* this.#command(node, row)
      const nowMillis = yield* Clock.currentTimeMillis
      const isParked = row.owner === undefined && (row.wakeAtMillis ?? 0) > nowMillis && !isTold
      if (!isParked) return yield* this.#takeUp(node, row)
      const { kin, state, wakesParked } = this.#options
      const found = (yield* loadRun(store, child)).state
      const waits = yield* isSettledNow(store, found)
      // What goes on below it is looked after by nobody else.
      if (!waits && found.children.size > 0 && !wakesParked) return yield* this.#takeUp(node, row)
      kin.noteParked(child, waits)
      kin.tellRest(state.runId, child)
      this.#watchParked(node, child)
    })
  }

  /** A child that has ended has told so before, unless its end was copied from elsewhere. */
  #findEnd(node: Node, child: string): Effect.Effect<void, StoreError> {
    return Effect.gen({ self: this }, function* () {
      const { ended, store } = this.#options
      const { state } = yield* loadRun(store, child)
      const end = yield* childEndOf(store, state)
      if (end !== undefined && node.child === child) ended(end)
    })
  }

  #takeUp(node: Node, row: RunRow, watched?: WatchedClaim): Effect.Effect<void, StoreError> {
    return Effect.catchIf(
      this.#options.kin.takeUp(row, watched),
      (error): error is RunError => error._tag === "RunError",
      (error) => {
        // Another process has it, or had it until it died; or only another one can take it.
        if (error.reason._tag === "RunNotOwned") this.#watch(node, row.runId)
        return Effect.logDebug(error.message)
      }
    )
  }

  /** Notes whether a child that another process has only waits for somebody. */
  #followRest(child: string): Effect.Effect<never, StoreError> {
    const { kin, state, store } = this.#options
    return followRest(store, child, (waits) => {
      if (!waits) return void this.#restElsewhere.delete(child)
      this.#restElsewhere.add(child)
      kin.tellRest(state.runId, child)
    })
  }

  /** Wakes a child that is parked, unless the engine does. */
  #watchParked(node: Node, child: string): void {
    if (!this.#options.wakesParked) this.#watch(node, child, Effect.never)
  }

  /**
   * Takes a child up that another process has, or that is parked, as soon as nobody has it and it has to go on. `meanwhile` goes
   * on until then.
   */
  #watch(node: Node, child: string, meanwhile = this.#followRest(child)): void {
    if (this.#watched.has(child)) return
    this.#watched.add(child)
    const { persist, store } = this.#options
    const free = Effect.raceFirst(untilUnowned(store, child), meanwhile)
    const watching = Effect.flatMap(persist(free), (unowned) => {
      this.#watched.delete(child)
      this.#restElsewhere.delete(child)
      if (node.child !== child || unowned === undefined) return Effect.void
      return persist(this.#takeUp(node, unowned.row, unowned.watched))
    })
    this.#fork(watching, (exit) => {
      if (Exit.isSuccess(exit) || node.child !== child) return
      this.#watched.delete(child)
      this.#restElsewhere.delete(child)
      this.#giveUp(node, exit.cause)
    })
  }

  /** Commands a child that stands elsewhere than its parent wants it to, and answers whether it does. */
  #command(node: Node, row: RunRow): Effect.Effect<boolean, StoreError> {
    return Effect.gen({ self: this }, function* () {
      const { runId } = row
      const wanted = this.#wanted(node)
      const { state } = this.#options
      if (wanted === "cancelled") {
        const isTimeout = this.#stops.get(node) === "timeout"
        const reason = isTimeout ? outOfTime : "its parent run was cancelled"
        // Whoever is told both is told two things: a command that has another body has another id.
        return yield* this.#send(runId, `${runId}:${isTimeout ? "timeout" : "cancel"}`, {
          _tag: "CancelRun",
          reason
        })
      }
      if (wanted === "paused" && row.status === "running") {
        return yield* this.#send(runId, `${runId}:pause:${state.sequence}`, {
          _tag: "PauseRun",
          reason: pausedWithParent
        })
      }
      if (wanted !== "running" || row.status !== "paused") return false
      const { pause } = (yield* loadRun(this.#options.store, runId)).state
      if (pause?.reason !== pausedWithParent) return false
      return yield* this.#send(runId, `${runId}:resume:${state.sequence}`, { _tag: "ResumeRun" })
    })
  }

  #send(runId: string, id: string, command: Command.Command): Effect.Effect<true, StoreError> {
    this.#stirred.add(runId)
    return Effect.flatMap(Clock.currentTimeMillis, (atMillis) => {
      const mail = { id, atMillis, command: JSON.stringify({ ...command, id }) }
      return Effect.as(this.#options.store.driver.putMail(runId, mail), true as const)
    })
  }

  /** Creates a child that is not there; one that was, and is gone, has left word. */
  #create(node: Node, child: string): Effect.Effect<void, StoreError | RunError> {
    return Effect.gen({ self: this }, function* () {
      const { ended, kin, state, store, telemetry } = this.#options
      const { attempt, spec } = node
      if (this.#wanted(node) === "cancelled") {
        return ended({ _tag: "ChildEnd", runId: child, nodeId: spec.id, attempt, end: { _tag: "Cancelled" } })
      }
      const letters = yield* store.driver.readMail(state.runId, lettersMax)
      if (letters.some(({ id }) => id === endMailId(child))) return
      const planned = yield* planChild(this.#options, node, child)
      if (node.child !== child) return
      if ("error" in planned) return this.#fail(node, planned.error)
      const created = kin.start({ ...planned, span: telemetry.spanOfChild(node) })
      yield* Effect.catchIf(
        Effect.uninterruptible(created),
        (error) => error._tag === "StoreError" && error.reason._tag === "RunExists",
        // Somebody has created it in this very moment: it is looked at.
        () => this.#align(node)
      )
      // What has happened to the parent meanwhile could not be told to a run that was not there.
      if (this.#wanted(node) !== "running") this.#inWork.set(node, true)
    })
  }
}
