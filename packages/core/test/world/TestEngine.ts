/** Engines as tests open them: on data that several of them may share, and that is checked when the test is over. */
import {
  type Envelope,
  type FlowSpec,
  type RunError,
  StoreDriver,
  type StoreDriverShape
} from "@dagflow/protocol"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Action from "../../src/action/Action.ts"
import * as Actions from "../../src/action/Actions.ts"
import { DagFlow } from "../../src/engine/DagFlow.ts"
import type { DagFlowShape, StartOptions } from "../../src/engine/DagFlowShape.ts"
import type { EngineOptions } from "../../src/engine/EngineConfig.ts"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import type * as Hook from "../../src/hook/Hook.ts"
import * as Hooks from "../../src/hook/Hooks.ts"
import * as RecordedLog from "./RecordedLog.ts"
import { Script } from "./Script.ts"

/** What a test engine is made with. */
export interface TestEngineOptions {
  readonly data?: MemoryStoreData
  readonly script?: Script
  readonly actions?: ReadonlyArray<Action.Any<never>>
  readonly hooks?: ReadonlyArray<Hook.Any<never>>
  readonly engine?: EngineOptions
  /** What the engine gets besides, such as reducers. */
  readonly layers?: Layer.Layer<never>
  /** The clock of the engine's process; by default that of the test. */
  readonly clock?: Clock.Clock
  readonly driver?: (driver: StoreDriverShape) => StoreDriverShape
  /** Whether the logs are left unchecked, because the test breaks them. */
  readonly isUnchecked?: boolean
}

/** An engine on data in memory. */
export interface TestEngine {
  readonly dagflow: DagFlowShape
  readonly data: MemoryStoreData
  readonly script: Script
  /** Closes the engine, as a process that ends does. */
  readonly close: Effect.Effect<void>
  /** Cuts the engine off from its store, as `kill -9` does: nothing that it does from now on leaves a trace. */
  readonly kill: () => void
  /** Starts a run. */
  readonly start: (
    flow: FlowSpec.FlowSpec,
    options?: StartOptions
  ) => Effect.Effect<RunHandle<Readonly<Record<string, unknown>>>>
  /** Starts a run and waits until it has ended, or only waits; gives its log. */
  readonly runToEnd: (
    flow: FlowSpec.FlowSpec,
    options?: StartOptions
  ) => Effect.Effect<ReadonlyArray<Envelope.Envelope>>
  readonly log: (runId: string) => ReadonlyArray<Envelope.Envelope>
}

const cutOff = (driver: StoreDriverShape, isDead: () => boolean): StoreDriverShape => {
  const alive = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => (isDead() ? Effect.interruptible(Effect.never) : effect))
  return {
    name: driver.name,
    abilities: driver.abilities,
    create: (run) => alive(driver.create(run)),
    append: (request) => alive(driver.append(request)),
    read: (...range) => alive(driver.read(...range)),
    get: (runId) => alive(driver.get(runId)),
    list: (query) => alive(driver.list(query)),
    claim: (request) => alive(driver.claim(request)),
    renew: (renewal) => alive(driver.renew(renewal)),
    release: (runId, epoch) => Effect.suspend(() => (isDead() ? Effect.void : driver.release(runId, epoch))),
    park: (parking) => Effect.suspend(() => (isDead() ? Effect.succeed(false) : driver.park(parking))),
    nextWake: (after) => alive(driver.nextWake(after)),
    putMail: (runId, mail) => alive(driver.putMail(runId, mail)),
    readMail: (runId, limit) => alive(driver.readMail(runId, limit)),
    putArtifact: (runId, hash, text) => alive(driver.putArtifact(runId, hash, text)),
    getArtifact: (hash) => alive(driver.getArtifact(hash)),
    putCached: (output) => alive(driver.putCached(output)),
    getCached: (key, nowMillis) => alive(driver.getCached(key, nowMillis)),
    prune: (request) => alive(driver.prune(request)),
    changes: driver.changes,
    arrivals: driver.arrivals
  }
}

/** Opens an engine. It is closed with the test, and what its store then holds is checked. */
export const open = (options: TestEngineOptions = {}): Effect.Effect<TestEngine, never, Scope.Scope> =>
  Effect.gen(function* () {
    const data = options.data ?? new MemoryStoreData()
    const script = options.script ?? new Script()
    let isDead = false
    const wrap = options.driver ?? ((driver) => driver)
    const driver = cutOff(wrap(MemoryStore.make(data)), () => isDead)
    const layer = DagFlow.layer(options.engine).pipe(
      Layer.provide([
        Layer.succeed(StoreDriver, driver),
        Actions.layer(...script.actions, ...(options.actions ?? [])),
        Hooks.layer(...(options.hooks ?? [])),
        options.layers ?? Layer.empty,
        options.clock === undefined ? Layer.empty : Layer.succeed(Clock.Clock, options.clock)
      ])
    )
    if (options.isUnchecked !== true) {
      yield* Effect.addFinalizer(() => Effect.sync(() => RecordedLog.checkData(data)))
    }
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
    const dagflow = Context.get(yield* Layer.buildWithScope(layer, scope), DagFlow)
    const log = (runId: string) => RecordedLog.readLog(data, runId)
    const start: TestEngine["start"] = (flow, startOptions) =>
      Effect.orDie(dagflow.start(flow, { id: "run", seed: 1, ...startOptions }))
    return {
      dagflow,
      data,
      script,
      close: Scope.close(scope, Exit.void),
      kill: () => {
        isDead = true
      },
      start,
      runToEnd: (flow, startOptions) =>
        Effect.gen(function* () {
          const run = yield* start(flow, startOptions)
          yield* Effect.orDie(run.outcome)
          return log(run.runId)
        }),
      log
    }
  })

/** Waits for the first event of a run that is meant. */
export const awaitEvent = (
  run: RunHandle,
  isMeant: (envelope: Envelope.Envelope) => boolean
): Effect.Effect<Envelope.Envelope> =>
  run.events().pipe(
    Stream.filter(isMeant),
    Stream.runHead,
    Effect.flatMap((found) =>
      found._tag === "Some"
        ? Effect.succeed(found.value)
        : Effect.die(new Error("the run ended before it came"))
    ),
    Effect.orDie
  )

/** Waits until a node has started, or ended, by the name of the event. */
export const awaitNode = (
  run: RunHandle,
  tag: Envelope.Envelope["event"]["_tag"],
  nodeId: string,
  attempt?: number
): Effect.Effect<Envelope.Envelope> =>
  awaitEvent(
    run,
    ({ event }) =>
      event._tag === tag &&
      "nodeId" in event &&
      event.nodeId === nodeId &&
      (attempt === undefined || ("attempt" in event && event.attempt === attempt))
  )

/** The error that an operation on a run fails with. */
export const reasonOf = <A>(effect: Effect.Effect<A, RunError>): Effect.Effect<RunError["reason"]> =>
  Effect.map(Effect.orDie(Effect.flip(effect as Effect.Effect<never, RunError>)), (error) => error.reason)
