/** An engine in a process of its own, and the program that uses it: it takes the runs up and sees them to their end. */
import { type Command, RunError, type RunReport, StoreDriver, type StoredEvent } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Actions, DagFlow, type DagFlowShape, Hooks, type RunHandle } from "../../src/index.ts"
import type { OnDurable, SimulatedDatabase } from "./database/SimulatedDatabase.ts"
import { roundsMax } from "./scenario/horizon.ts"
import type { CommandPlan, Fault } from "./scenario/Scenario.ts"
import { simulatedActions } from "./simulatedActions.ts"
import { simulatedHooks } from "./simulatedHooks.ts"
import { simulatedReducers } from "./simulatedReducers.ts"
import { simulatedStore, type SimulatedStoreOptions } from "./SimulatedStore.ts"
import type { Witnesses } from "./Witnesses.ts"
import { Dice } from "./world/Dice.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"
import { beginMillis } from "./world/VirtualWorld.ts"

type Handle = RunHandle.RunHandle
type Flow = DagFlowShape.DagFlowShape

/** Commands from outside that nobody has to send any more. */
export type Settled = Set<string>

/** What a simulated engine needs. */
export interface SimulatedEngineOptions extends Pick<
  SimulatedStoreOptions,
  "process" | "scenario" | "onWrite"
> {
  readonly database: SimulatedDatabase
  readonly witnesses: Witnesses
  /** What happens to it. */
  readonly fault: Fault | undefined
  /** Whether it takes the runs from an engine that is well. */
  readonly isRobber: boolean
  /** 0 for the process that starts the runs, 1 for the next one, and so on. */
  readonly number: number
  readonly settled: Settled
  readonly complain: (rule: string, message: string) => void
}

const isOf = (error: unknown, tag: RunError["reason"]["_tag"]): boolean =>
  error instanceof RunError && error.reason._tag === tag

/** The store was not reached, and says that whoever asked may ask again. */
const isUnreached = (error: unknown): boolean =>
  error instanceof RunError && error.reason._tag === "StoreFailed" && error.isRetryable

/** A run that can be sent commands. */
interface Steered {
  readonly runId: string
  readonly send: (command: Command.Command) => Effect.Effect<unknown, unknown>
}

/** What may come of a command to a child run, which may not be there yet, and which some other process may have. */
const comesToNothing: ReadonlyArray<RunError["reason"]["_tag"]> = ["RunNotFound", "RunNotOwned", "Parked"]

/** Whether a command to a run was refused, so that it is of no use to say it again. */
const isRefused = ({ runId }: Steered, error: unknown): boolean =>
  isOf(error, "CommandRejected") ||
  (runId.includes("/") && (isUnreached(error) || comesToNothing.some((tag) => isOf(error, tag))))

/** What is told of hooks that fail or whose commands are refused: those of a schedule do so now and then, and the log has it. */
const ofHook = /^(hook "hook-\d+" failed at|\w+ of hook "hook-\d+" was refused in answer to) event \d+: /

/** Complains of all trouble that the engine tells of, except that somebody took a run away who really did. */
const listening = ({ complain, process }: SimulatedEngineOptions) =>
  Logger.layer([
    Logger.make(({ logLevel, message }) => {
      if (logLevel !== "Error" && logLevel !== "Fatal" && logLevel !== "Warn") return
      const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
      const isRobbed = process.isOutOfTouch && text.includes("was taken over by another owner")
      if (!isRobbed && !ofHook.test(text)) complain("nothing silent", `the engine logs: ${text}`)
    })
  ])

/** An engine in a process of its own. */
export class SimulatedEngine {
  readonly process: VirtualProcess
  readonly fault: Fault | undefined
  /** The last thing that its handles said about the runs. */
  readonly reports = new Map<string, RunReport.RunReport>()
  isOver = false
  isClosing = false
  readonly #options: SimulatedEngineOptions
  readonly #dice: Dice
  #fiber: Fiber.Fiber<void, unknown> | undefined
  #letGo = 0

  constructor(options: SimulatedEngineOptions) {
    const { process, scenario } = options
    this.#options = options
    this.process = process
    this.fault = options.fault
    this.#dice = new Dice(scenario.seed, process.name)
    process.soon(() => this.#begin())
  }

  #begin(): void {
    const { complain, process } = this.#options
    this.#fiber = process.fork(this.#main())
    this.#fiber.addObserver((exit) => {
      this.isOver = true
      if (Exit.isFailure(exit) && !this.isClosing)
        complain("slots and order", `${process.name} fails: ${String(exit.cause)}`)
    })
  }

  /** Closes the engine in good order. */
  close(): void {
    this.isClosing = true
    this.process.soon(() => this.#fiber?.interruptUnsafe())
  }

  #main(): Effect.Effect<void, unknown> {
    const { database, number, process, scenario, witnesses } = this.#options
    const witness = (runId: string) => witnesses.get(runId)
    const dice = new Dice(scenario.seed, `store of ${process.name}`)
    const accept: OnDurable = (runId, events) => this.#accept(runId, events)
    const onMail = (id: string) => witnesses.noteMail(id)
    const store = Layer.effect(
      StoreDriver,
      Effect.map(database.open(process, accept), (real) =>
        simulatedStore(real, { ...this.#options, dice, onMail })
      )
    )
    const { maxParallel, ...rest } = scenario.engine
    const engine = DagFlow.layer({
      owner: process.name,
      ...rest,
      ...(maxParallel !== undefined && { maxParallel })
    })
    const layer = engine.pipe(
      Layer.provide([
        store,
        Actions.layer(...simulatedActions({ scenario, process, witnesses })),
        simulatedReducers,
        Hooks.layer(...simulatedHooks(scenario, process, number, witness))
      ])
    )
    // Each run of a session begins when the one before has ended.
    const attendAll = Effect.flatMap(DagFlow, (dagflow) =>
      Effect.andThen(
        Effect.forEach(witnesses.roots, (runId) => this.#attend(dagflow, runId), {
          concurrency: scenario.isSession === true ? 1 : "unbounded"
        }),
        this.#seeOut(dagflow)
      )
    )
    return Effect.asVoid(Effect.provide(attendAll, Layer.provideMerge(layer, listening(this.#options))))
  }

  /** Takes in what has become durable. */
  #accept(runId: string, events: ReadonlyArray<StoredEvent>): void {
    const { process, scenario, witnesses } = this.#options
    const { maxParallel } = scenario.engine
    const source = {
      hasSlotPool: maxParallel !== undefined,
      isClosing: this.isClosing,
      isOutOfTouch: process.isOutOfTouch,
      isPunctual: !process.isOutOfTouch && scenario.store.latencyMillis + scenario.store.unavailable === 0
    }
    witnesses.accept(process, runId, events, source)
    if (maxParallel === undefined) return
    const own = [...witnesses.all.values()].filter((witness) => witness.owner === process)
    const inFlight = own.reduce((total, witness) => total + witness.oracle.model.inFlight, 0)
    if (inFlight > maxParallel) {
      this.#options.complain(
        "slots and order",
        `${inFlight} attempts go on in ${process.name}, which has ${maxParallel} slots`
      )
    }
  }

  /** Sees a run to its end, or to its loss. */
  #attend(dagflow: Flow, runId: string): Effect.Effect<void, unknown> {
    // Whoever has lost the run before leaves the session to those who have it.
    if (this.#isTooEarly(runId)) return Effect.void
    const mayLose = this.fault?.kind === "frozen" || this.fault?.kind === "robbed"
    const attend = Effect.gen({ self: this }, function* () {
      const handle = yield* this.#acquire(dagflow, runId)
      for (const plan of this.#options.scenario.commands) {
        if (plan.via === "handle") yield* Effect.forkChild(this.#send(handle, plan))
      }
      for (let round = 0; ;) {
        const report = yield* handle.outcome
        this.reports.set(runId, report)
        if (report.result !== undefined && report.endedAtMillis !== undefined) return
        yield* Effect.sleep(this.#dice.between(1, 60))
        const { witnesses } = this.#options
        const below = witnesses.goingOnBelow(runId).map(({ runId: child }): Steered => ({
          runId: child,
          // Whoever steers a run that nobody executes takes it up.
          send: (command) =>
            Effect.andThen(Effect.ignore(dagflow.resume(child)), dagflow.send(child, command))
        }))
        let isAnswered = false
        for (const run of [handle, ...below]) isAnswered = (yield* this.#answer(run)) || isAnswered
        // Only what nobody answers goes on for ever.
        if (!isAnswered) round++
        for (const run of [handle, ...below]) yield* this.#letOn(run, round)
      }
    })
    return Effect.catchIf(
      attend,
      (error) => mayLose && isOf(error, "RunNotOwned"),
      () => Effect.void
    )
  }

  /** Lets child runs end that were left behind by runs that have ended, as any process does that looks after a store. */
  #seeOut(dagflow: Flow): Effect.Effect<void, unknown> {
    const { witnesses } = this.#options
    const left = () =>
      witnesses.roots.flatMap((runId) =>
        witnesses.get(runId)?.isEnded === true ? witnesses.goingOnBelow(runId) : []
      )
    const look = Effect.suspend(() =>
      Effect.forEach(left(), ({ runId }) => Effect.ignore(dagflow.resume(runId)), { discard: true })
    )
    return Effect.suspend(() =>
      left().length === 0
        ? Effect.void
        : Effect.andThen(Effect.andThen(Effect.sleep("1 second"), look), this.#seeOut(dagflow))
    )
  }

  /** The run that another one continues, if the schedule says so. */
  #before(runId: string): string | undefined {
    const { scenario, witnesses } = this.#options
    const ids = witnesses.roots
    return scenario.isSession === true ? ids[ids.indexOf(runId) - 1] : undefined
  }

  #isTooEarly(runId: string): boolean {
    const before = this.#before(runId)
    return before !== undefined && this.#options.witnesses.get(before)?.isEnded !== true
  }

  /** Starts the run, or takes it up once whoever had it is gone. */
  #acquire(dagflow: Flow, runId: string): Effect.Effect<Handle, unknown> {
    const { isRobber, number, scenario } = this.#options
    const before = this.#before(runId)
    const session = before === undefined ? {} : { continues: before }
    const start = dagflow.start(scenario.flow, { id: runId, seed: scenario.seed, ...session })
    if (number === 0) return start
    const resume = dagflow.resume(runId, { force: isRobber })
    const way = this.#dice.pick(["start", "resume", "recover"] as const)
    const once =
      isRobber || way === "resume"
        ? resume
        : way === "start"
          ? start
          : Effect.andThen(dagflow.recover, resume)
    const again = Effect.suspend(() =>
      Effect.andThen(Effect.sleep("1 second"), this.#acquire(dagflow, runId))
    )
    return Effect.catchIf(
      Effect.catchIf(
        once as Effect.Effect<Handle, unknown>,
        (error) => isOf(error, "RunNotFound"),
        () => start
      ),
      (error) => (isOf(error, "RunNotOwned") && !isRobber) || isUnreached(error),
      () => again
    )
  }

  #isWaitedFor(plan: CommandPlan, runId: string): boolean {
    return plan.command.id === undefined || !this.#options.settled.has(`${runId} ${plan.command.id}`)
  }

  /** Sends a command from outside, unless it has been acknowledged before; one without an id is never sent again. */
  #send(handle: Handle, plan: CommandPlan): Effect.Effect<void> {
    const { complain, number, settled } = this.#options
    const { command } = plan
    const once = Effect.map(Effect.result(handle.send(command)), (result) =>
      result._tag === "Success" ? `${result.success.sequence}` : result.failure.reason._tag
    )
    return Effect.gen({ self: this }, function* () {
      if (!this.#isWaitedFor(plan, handle.runId) || (command.id === undefined && number > 0)) return
      const now = yield* Clock.currentTimeMillis
      yield* Effect.sleep(Math.max(0, beginMillis + plan.atMillis - now))
      const first = yield* once
      // Whose run was taken away does not know what became of the command.
      if (first === "RunNotOwned") return
      settled.add(`${handle.runId} ${command.id}`)
      if (!plan.isRepeated) return
      yield* Effect.sleep(3)
      const second = yield* once
      // An engine that is being closed has given its runs up.
      const isGivenUp = this.isClosing && second === "Parked"
      const isTooLate = isGivenUp || second === "CommandRejected" || second === "RunNotOwned"
      if (first !== second && !isTooLate) {
        complain("atomic commands", `command ${command.id} was answered ${first}, and sent again ${second}`)
      }
    })
  }

  /** Whether nothing that anybody does by chance may make a difference. */
  get #isCalm(): boolean {
    const { commands, store } = this.#options.scenario
    return commands.length === 0 && store.latencyMillis === 0
  }

  /** Answers what the nodes of a run ask, wrongly or not at all now and then; says whether all of it was answered. */
  #answer(handle: Steered): Effect.Effect<boolean, unknown> {
    const model = this.#options.witnesses.get(handle.runId)?.oracle.model
    const nodes = [...(model?.nodes.values() ?? [])].filter((node) => node.status === "waiting")
    const isCalm = this.#isCalm
    const answers = nodes.flatMap((node): ReadonlyArray<Command.Command> => {
      const kind = node.wait?.opened.wait._tag
      if (kind === undefined || kind === "Timer" || (!isCalm && this.#dice.chance(0.1))) return []
      const sum = node.id.length * 7
      const decisions = [
        { decision: "completed", outputs: { sum } },
        { decision: "failed", message: "no" }
      ]
      const rerun = { decision: "rerun" }
      const recovery = isCalm ? rerun : this.#dice.pick([rerun, rerun, ...decisions])
      const wrong = !isCalm && this.#dice.chance(0.15)
      const payload = wrong ? { sum: "none" } : kind === "Recovery" ? recovery : { sum }
      const id = `${this.process.name}-${handle.runId}-${this.#letGo++}`
      return [{ _tag: "SendSignal", id, nodeId: node.id, payload, by: this.process.name }]
    })
    const refused = (error: unknown) => isRefused(handle, error)
    const send = (command: Command.Command) =>
      Effect.catchIf(Effect.as(handle.send(command), true), refused, () => Effect.succeed(false))
    return Effect.map(Effect.forEach(answers, send), (taken) => taken.length > 0 && taken.every(Boolean))
  }

  /** Lets a run that waits for somebody go on. */
  #letOn(handle: Steered, round: number): Effect.Effect<void, unknown> {
    const { witnesses } = this.#options
    const model = witnesses.get(handle.runId)?.oracle.model
    if (model === undefined || model.terminal !== undefined) return Effect.void
    const isHeld = model.isPaused || [...model.branches.values()].includes("paused")
    // Where nothing else is chance, a run that pauses before and after many steps is not to be cancelled by how often it did.
    const enough = this.#isCalm ? 10 * roundsMax : roundsMax
    const isChild = model.parent !== undefined
    // A child goes on with its parent, unless somebody else has paused it.
    const isHeldByParent = model.pausedByCommand?.id?.startsWith(`${handle.runId}:`) === true
    if (isChild ? !isHeld || isHeldByParent : !isHeld && round < enough) return Effect.void
    const address = { id: `${this.process.name}-${handle.runId}-${this.#letGo++}` }
    const paused = [...model.branches].filter(([, status]) => status === "paused").map(([branch]) => branch)
    const choose = (): Command.Command => {
      if (round >= enough && !isChild) return { _tag: "CancelRun", ...address, reason: "it waits too long" }
      const [branch] = paused
      const [short] = model.shortages.keys()
      if (short !== undefined && (this.#isCalm || this.#dice.chance(0.7))) {
        const limits = { tokens: 1000, cost: 1000, timeMillis: 1_000_000, nodes: 1000, rounds: 1000 }
        return { _tag: "SetBudget", ...address, ...limits, ...(short !== "" && { branch: short }) }
      }
      if (!model.isPaused && branch !== undefined) return { _tag: "ResumeBranch", ...address, branch }
      const failed = [...model.pausedBy].find((id) => model.node(id).status === "failed")
      if (failed !== undefined && this.#dice.chance(0.4))
        return { _tag: "RetryNode", ...address, nodeId: failed }
      const steps = model.config?.strategy === "superstep" && this.#dice.chance(0.3) ? { steps: 1 } : {}
      return { _tag: "ResumeRun", ...address, ...steps }
    }
    const refused = (error: unknown) => isRefused(handle, error)
    return Effect.asVoid(Effect.catchIf(handle.send(choose()), refused, () => Effect.void))
  }
}
