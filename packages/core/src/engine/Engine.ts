/** The engine: it starts runs, takes them up, keeps their claims alive and gives them back when it is closed. */
import {
  type Artifact,
  type Envelope,
  type Event,
  RunError,
  type RunReason,
  type RunRow,
  RunStatus,
  type StoreError
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { ActionRegistry } from "../action/Actions.ts"
import { sharedJson } from "../action/frozenJson.ts"
import { Turn } from "../decide/Turn.ts"
import type * as Hook from "../hook/Hook.ts"
import type { Plan } from "../plan/Plan.ts"
import type { RunStore } from "../store/RunStore.ts"
import { bringFirstMail, bringMail } from "./bringMail.ts"
import { checkActions } from "./checkActions.ts"
import { checkSame } from "./checkSame.ts"
import { Coordinator } from "./Coordinator.ts"
import type { CoordinatorOptions } from "./coordinatorOptions.ts"
import type { EngineConfig } from "./EngineConfig.ts"
import { gatesOf } from "./HookDesk.ts"
import { Errands } from "./errands.ts"
import { emptyRun, foldRun, type LoadedRun, loadRun, readOn } from "./loadRun.ts"
import { type KinHost, kinOf } from "./kinOf.ts"
import { KeyedLock } from "./keyedLock.ts"
import { Launches } from "./launches.ts"
import { Outage } from "./outage.ts"
import { renewClaims } from "./renewClaims.ts"
import { ParkedRuns } from "./parkedRuns.ts"
import { RunTracing } from "./runTracing.ts"
import { SlotPool } from "./SlotPool.ts"
import { tagsOf } from "./tagsOf.ts"
import type { TakeUpOptions } from "./takeUpOptions.ts"
import { tellLoss } from "./tellLoss.ts"
import { Telemetry } from "./Telemetry.ts"

interface ActiveRun {
  readonly coordinator: Coordinator
  readonly fiber: Fiber.Fiber<void>
  readonly epoch: number
}

/** What an engine is made of. */
export interface EngineParts {
  readonly config: EngineConfig
  readonly store: RunStore
  /** What runs are executed with whose flow brings no actions or reducers of its own. */
  readonly actions: ActionRegistry
  /** The environment of actions and hooks. */
  readonly context: Context.Context<never>
  readonly hooks: ReadonlyArray<Hook.Any<never>>
  /** Where the runs live; closing it interrupts what `close` has left. */
  readonly scope: Scope.Scope
}

/** How long an engine that is closed waits for a store to say what became of claims, in milliseconds. */
const storeAnswerMillis = 5_000

/** The engine behind `DagFlow`. */
export class Engine {
  readonly #parts: EngineParts
  readonly #active = new Map<string, ActiveRun>()
  readonly #slots: SlotPool | undefined
  /** Two who open one run at once get the same coordinator. */
  readonly #locks = new KeyedLock()
  readonly #errands = new Errands()
  /** Runs that are being created. Others see them in the store before this engine has its coordinator. */
  readonly #starting = new Set<string>()
  /** Those of them for which mail has come already. */
  readonly #early = new Set<string>()
  readonly #parked: ParkedRuns
  readonly #kin: KinHost
  /** Called when a run that this engine does not execute may want to go on: it has mail, or was parked here just now. */
  onStray: (runId: string) => Effect.Effect<void> = () => Effect.void
  readonly #launches = new Launches()
  readonly #unfollowed = new Outage("the mail of the runs could not be followed")
  #isClosed = false

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#parked = new ParkedRuns(parts.store)
    this.#kin = {
      ...parts,
      againMillis: parts.config.leaseMillis / 3,
      parked: this.#parked,
      isClosed: () => this.#isClosed,
      find: (runId) => this.find(runId),
      endOf: (runId) => this.#endOf(runId),
      start: (...run) => this.start(...run),
      takeUp: (...run) => this.takeUp(...run)
    }
    const { maxParallel } = parts.config
    this.#slots = maxParallel === undefined ? undefined : new SlotPool(maxParallel)
  }

  /** The coordinator of a run that goes on in this engine. */
  find(runId: string): Coordinator | undefined {
    return this.#active.get(runId)?.coordinator
  }

  /** What this engine takes a run up with: a parked run brings back the actions of its own flow. */
  actionsOf(runId: string): ActionRegistry {
    return this.#parked.actionsOf(runId) ?? this.#parts.actions
  }

  /** Waits until a run goes on in this engine. */
  launched(runId: string): Effect.Effect<void> {
    return this.#launches.next(runId)
  }

  /** Starts a planned run. Fails with `RunExists` of the store when there is one of this id. */
  start(
    runId: string,
    planned: Plan & Pick<Event.EventOf<"RunStarted">, "continues" | "parent">,
    seed: number,
    actions: ActionRegistry
  ): Effect.Effect<Coordinator, StoreError | RunError> {
    const { config, hooks, store } = this.#parts
    const { flow, hash } = planned
    const inputs = sharedJson(planned.inputs)
    const begin = Effect.gen({ self: this }, function* () {
      const nowMillis = yield* Clock.currentTimeMillis
      const { state } = emptyRun(runId)
      const turn = new Turn(state)
      turn.epoch = 1
      turn.nowMillis = nowMillis
      turn.record({
        _tag: "RunStarted",
        flow,
        hash,
        inputs,
        config: planned.config,
        seed,
        ...(Object.keys(planned.actions).length > 0 && { actions: planned.actions }),
        ...(Object.keys(planned.reducers).length > 0 && { reducers: planned.reducers }),
        ...(planned.continues !== undefined && { continues: planned.continues }),
        ...(planned.parent !== undefined && { parent: planned.parent })
      })
      const telemetry = yield* this.#telemetry(state, flow.name)
      const { traceparent } = telemetry
      turn.record({
        _tag: "RunOwned",
        owner: config.owner,
        hooks: gatesOf(hooks),
        ...(traceparent !== undefined && { traceparent })
      })
      const events = turn.take()
      const created = store.create({
        runId,
        flow: flow.name,
        tags: tagsOf(state),
        owner: config.owner,
        leaseMillis: config.leaseMillis,
        nowMillis,
        status: state.status,
        events
      })
      const owed = events.filter((envelope) => state.owed.has(envelope.sequence))
      const launch = this.#launch(state, 1, actions, { recorded: events, owed, isTakenUp: false }, telemetry)
      return yield* Effect.uninterruptible(Effect.andThen(created, launch))
    })
    return Effect.suspend(() => {
      this.#starting.add(runId)
      const begun = Effect.sync(() => {
        this.#starting.delete(runId)
        this.#early.delete(runId)
      })
      return this.#errands.run(Effect.ensuring(this.#locks.withKey(runId, begin), begun))
    })
  }

  /** Creates a run that begins with these events, and takes it up. Fails with `RunExists` of the store. */
  adopt(
    runId: string,
    events: ReadonlyArray<Envelope.Envelope>,
    artifacts: ReadonlyArray<Artifact>,
    actions: ActionRegistry
  ): Effect.Effect<Coordinator, StoreError | RunError> {
    const { config, store } = this.#parts
    const adopt = Effect.gen({ self: this }, function* () {
      const { owed, state } = foldRun(runId, events)
      const broken = state.violations[0]
      if (broken !== undefined) {
        const reason = { _tag: "Corrupt", message: broken } as const
        return yield* refuse(runId, { _tag: "StoreFailed", operation: "create", reason })
      }
      const nowMillis = yield* Clock.currentTimeMillis
      const created = store.create({
        runId,
        flow: state.flow?.name ?? "",
        tags: state.flow?.tags ?? [],
        owner: config.owner,
        leaseMillis: config.leaseMillis,
        nowMillis,
        status: state.status,
        events,
        ...(artifacts.length > 0 && { artifacts })
      })
      const isTakenUp = !RunStatus.isEnded(state.status)
      const launch = this.#launch(state, 1, actions, { recorded: [], owed: [...owed.values()], isTakenUp })
      return yield* Effect.uninterruptible(Effect.andThen(created, launch))
    })
    return this.#errands.run(this.#locks.withKey(runId, adopt))
  }

  /** Takes up a run where it stands. */
  takeUp(row: RunRow, options: TakeUpOptions): Effect.Effect<Coordinator, StoreError | RunError> {
    const { runId } = row
    const takeUp = Effect.gen({ self: this }, function* () {
      const active = this.find(runId)
      if (active !== undefined && !active.isOver) return yield* this.#same(active, options)
      const { config, store } = this.#parts
      const run = yield* loadRun(store, runId)
      const other = checkSame(run.state, options.expected)
      if (other !== undefined) return yield* refuse(runId, other)
      if (RunStatus.isEnded(run.state.status)) {
        return yield* this.#launch(run.state, run.state.epoch, options.actions, {
          recorded: [],
          owed: [],
          isTakenUp: false
        })
      }
      const broken = run.state.violations[0]
      if (broken !== undefined) {
        const reason = { _tag: "Corrupt", message: broken } as const
        return yield* refuse(runId, { _tag: "StoreFailed", operation: "read", reason })
      }
      const problem = checkActions(run.state, options.actions, options.allowChanged)
      if (problem !== undefined) return yield* refuse(runId, problem)
      if (this.#isClosed) return yield* refuse(runId, { _tag: "Parked" })
      const nowMillis = yield* Clock.currentTimeMillis
      const how = { force: options.force, watched: options.watched }
      const claimed = store.claim(runId, config.owner, nowMillis, config.leaseMillis, how)
      const goOn = Effect.flatMap(claimed, (claim) =>
        claim._tag === "Owned"
          ? refuse(runId, { _tag: "RunNotOwned", owner: claim.owner })
          : this.#continue(run, claim.epoch, options.actions)
      )
      return yield* Effect.uninterruptible(goOn)
    })
    return this.#errands.run(this.#locks.withKey(runId, takeUp))
  }

  #same(active: Coordinator, options: TakeUpOptions): Effect.Effect<Coordinator, RunError> {
    const other = checkSame(active.state, options.expected)
    return other === undefined ? Effect.succeed(active) : refuse(active.state.runId, other)
  }

  #continue(
    run: LoadedRun,
    epoch: number,
    actions: ActionRegistry
  ): Effect.Effect<Coordinator, StoreError | RunError> {
    // Whoever owned the run may have written between the reading and the claim; from now on nobody can.
    const rest = Effect.tapCause(readOn(this.#parts.store, run), () => this.#giveBack(run.state.runId, epoch))
    return Effect.flatMap(rest, () =>
      this.#launch(run.state, epoch, actions, {
        recorded: [],
        owed: [...run.owed.values()],
        isTakenUp: !RunStatus.isEnded(run.state.status)
      })
    )
  }

  /** A claim that cannot be given back runs out by itself. */
  #giveBack(runId: string, epoch: number): Effect.Effect<void> {
    return Effect.ignore(this.#parts.store.release(runId, epoch))
  }

  /** Waits until a run that is executed here has ended; fails once it was given up. */
  #endOf(runId: string): Effect.Effect<void, RunError> | undefined {
    const active = this.#active.get(runId)
    if (active === undefined) return undefined
    return Effect.tapError(Deferred.await(active.coordinator.done), () => Fiber.await(active.fiber))
  }

  #launch(
    state: Coordinator["state"],
    epoch: number,
    actions: ActionRegistry,
    begin: CoordinatorOptions["begin"],
    known?: Telemetry
  ): Effect.Effect<Coordinator, StoreError | RunError> {
    return Effect.flatMap(
      known === undefined ? this.#telemetry(state, state.flow?.name ?? "") : Effect.succeed(known),
      (telemetry) => this.#begin(state, epoch, actions, begin, telemetry)
    )
  }

  /** What is measured of a run. Its span is below the one in which somebody starts it or takes it up. */
  #telemetry(state: Coordinator["state"], flow: string): Effect.Effect<Telemetry> {
    const { config, context } = this.#parts
    if (!config.spans) return Effect.succeed(new Telemetry(undefined))
    return Effect.map(Effect.serviceOption(Tracer.ParentSpan), (parent) => {
      const { runId } = state
      return new Telemetry(
        new RunTracing({ state, runId, flow, context, parent: Option.getOrUndefined(parent) })
      )
    })
  }

  #begin(
    state: Coordinator["state"],
    epoch: number,
    actions: ActionRegistry,
    begin: CoordinatorOptions["begin"],
    telemetry: Telemetry
  ): Effect.Effect<Coordinator, StoreError | RunError> {
    const { config, context, hooks, scope, store } = this.#parts
    const { runId } = state
    if (this.#isClosed) {
      return Effect.andThen(this.#giveBack(runId, epoch), refuse(runId, { _tag: "Parked" }))
    }
    const kin = kinOf(this.#kin, actions)
    const coordinator = new Coordinator({
      state,
      begin,
      store,
      kin,
      context,
      actions,
      hooks,
      owner: config.owner,
      epoch,
      slots: this.#slots,
      telemetry,
      inboxCapacity: config.inboxCapacity,
      hookConcurrency: config.hookConcurrency,
      storePatienceMillis: config.storePatienceMillis,
      parkAfterMillis: store.driver.abilities.parking ? config.parkAfterMillis : Infinity,
      wakesParked: config.recovery === "continuous",
      isClosing: () => this.#isClosed
    })
    this.#parked.forget(runId)
    const run = telemetry.aroundRun(coordinator.run)
    const released = Effect.suspend(() => {
      if (this.find(runId) === coordinator) this.#active.delete(runId)
      const isOwn = state.parent !== undefined || actions !== this.#parts.actions
      if (coordinator.isParked && isOwn) this.#parked.note(runId, { actions, waits: coordinator.isAtRest })
      return this.#errands.run(Effect.uninterruptible(this.#giveBack(runId, epoch)))
    })
    // What was sent to the run while nobody had it comes before the deadlines that have passed meanwhile.
    const mail = begin.isTakenUp
      ? Effect.exit(Effect.interruptible(bringFirstMail(this.#parts, coordinator)))
      : Effect.void
    const life = mail.pipe(
      Effect.andThen(run),
      Effect.ensuring(released),
      Effect.andThen(tellLoss(coordinator, kin)),
      // Its first deadline is an alarm of the engine from now on, and mail may have come while it went to sleep.
      Effect.andThen(Effect.suspend(() => (coordinator.isParked ? this.onStray(runId) : Effect.void)))
    )
    return Effect.gen({ self: this }, function* () {
      const fiber = yield* Effect.forkIn(Effect.provideContext(life, context), scope, {
        uninterruptible: true
      })
      this.#active.set(runId, { coordinator, fiber, epoch })
      this.#launches.tell(runId)
      if (this.#early.has(runId)) yield* bringFirstMail(this.#parts, coordinator)
      return coordinator
    })
  }

  /** Renews the claims of all runs and brings the mail. Runs until interrupted. */
  get upkeep(): Effect.Effect<void> {
    const { config, store } = this.#parts
    const renewed = renewClaims({
      store,
      leaseMillis: config.leaseMillis,
      claims: () => [...this.#active].map(([runId, { epoch }]) => ({ runId, epoch })),
      onLost: (runId) => this.find(runId)?.offer({ _tag: "OwnershipLost" })
    })
    return Effect.asVoid(Effect.all([renewed, this.#deliver], { concurrency: "unbounded" }))
  }

  get #deliver(): Effect.Effect<void> {
    const { store } = this.#parts
    const held = () => [...this.#active.keys(), ...this.#starting]
    const follow = Stream.runForEach(store.arrivals(held), (runId) => {
      const coordinator = this.find(runId)
      if (coordinator !== undefined) return bringMail(this.#parts, coordinator)
      if (this.#starting.has(runId)) this.#early.add(runId)
      else return this.onStray(runId)
      return Effect.void
    })
    // What came while nobody listened is read when somebody listens again.
    const missed = Effect.suspend(() =>
      Effect.forEach([...this.#active.values()], ({ coordinator }) => bringMail(this.#parts, coordinator))
    )
    const followed = Effect.all([follow, missed], { concurrency: "unbounded" })
    return this.#unfollowed
      .forgive(followed, undefined)
      .pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.asVoid)
  }

  /** Lets running attempts end within the grace period, starts nothing more, and gives all runs back. */
  get close(): Effect.Effect<void> {
    const { config } = this.#parts
    return Effect.suspend(() => {
      this.#isClosed = true
      const active = [...this.#active.values()]
      for (const { coordinator } of active) coordinator.offer({ _tag: "Drain" })
      const ends = active.map(({ coordinator }) => Effect.exit(Deferred.await(coordinator.done)))
      const drained = Effect.all(ends, { concurrency: "unbounded", discard: true })
      return Effect.timeoutOption(drained, config.shutdownGraceMillis).pipe(
        Effect.andThen(Fiber.interruptAll(active.map(({ fiber }) => fiber))),
        Effect.andThen(this.#errands.close(storeAnswerMillis))
      )
    })
  }
}

const refuse = (runId: string, reason: RunReason): Effect.Effect<never, RunError> =>
  Effect.fail(new RunError({ runId, reason }))
