/** The engine as a service: everything one can do with runs. */
import {
  type Command,
  type DefinitionError,
  Expression,
  type FlowSpec,
  NodeExpressions,
  type Rejection,
  RunError,
  RunReport,
  type RunRow,
  StepView,
  RunStatus,
  StoreDriver,
  type StoreError
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Action from "../action/Action.ts"
import * as Actions from "../action/Actions.ts"
import * as Hooks from "../hook/Hooks.ts"
import * as Flow from "../plan/Flow.ts"
import * as Plan from "../plan/Plan.ts"
import { RunStore, runIdProblem } from "../store/RunStore.ts"
import type { Coordinator } from "./Coordinator.ts"
import type { ForkPoint } from "../decide/forkLog.ts"
import { compareRuns, exportDelta, exportRun, importRun } from "./archiveRun.ts"
import { pruneRuns } from "./pruneRuns.ts"
import { type ForkPlan, forkRun, previewFork } from "./forkRun.ts"
import type { DagFlowShape, ForkOptions, ResumeOptions, StartOptions } from "./DagFlowShape.ts"
import { budgetCommands } from "../decide/setBudget.ts"
import { recallCommand } from "../decide/decideCommand.ts"
import { Engine } from "./Engine.ts"
import * as EngineConfig from "./EngineConfig.ts"
import { followLog } from "./followLog.ts"
import { loadRun } from "./loadRun.ts"
import { sendByMail } from "./Mailroom.ts"
import { makeRunHandle, mapStoreError, outcomeOf } from "./makeRunHandle.ts"
import { proposeCommand } from "./proposeCommand.ts"
import { randomId, randomSeed } from "./randomId.ts"
import type { CommandOutcome, RunHandle } from "./RunHandle.ts"
import { RunWatch } from "./runWatch.ts"
import type { RunPromiseOptions } from "./RunPromiseOptions.ts"

/** Runs that are looked at once when unfinished ones are searched. */
const recoverPage = 200

interface Parts {
  readonly engine: Engine
  readonly store: RunStore
  readonly actions: Actions.ActionRegistry
}

const notFound = (runId: string) => new RunError({ runId, reason: { _tag: "RunNotFound" } })

const findRow = ({ store }: Parts, runId: string): Effect.Effect<RunRow, RunError> =>
  Effect.filterOrFail(mapStoreError(runId)(store.get(runId)), Predicate.isNotUndefined, () => notFound(runId))

const seedProblem = (seed: number | undefined): string | undefined =>
  seed === undefined || Number.isSafeInteger(seed)
    ? undefined
    : `the seed of a run is a whole number, not ${seed}`

/** What reads expressions is loaded for a flow that has some. Whoever gives no flow at all is told so by its plan. */
const loadExpressions = (flow: Flow.Any | FlowSpec.FlowSpec): Effect.Effect<void> =>
  Effect.suspend(() => {
    const nodes: unknown = Flow.isFlow(flow) ? flow.spec.nodes : flow.nodes
    return Array.isArray(nodes) && NodeExpressions.areIn(nodes) ? Expression.load : Effect.void
  })

const start = (
  parts: Parts,
  flow: Flow.Any | FlowSpec.FlowSpec,
  options: StartOptions
): Effect.Effect<RunHandle<Readonly<Record<string, unknown>>>, DefinitionError | RunError> =>
  Effect.gen(function* () {
    const { engine, store } = parts
    const context = yield* Effect.context<never>()
    const own = Flow.isFlow(flow) ? flow.actions : []
    const provided = own.map((action) => Action.provide(action as Action.Any<never>, context))
    // What the engine knows under a name wins, so that a test may put another action in its place.
    const actions = Actions.makeRegistry([...provided, ...parts.actions.list])
    const runId = options.id ?? (yield* randomId("run"))
    const problem = runIdProblem(runId) ?? seedProblem(options.seed)
    if (problem !== undefined) {
      return yield* new RunError({ runId, reason: { _tag: "InvalidInput", message: problem } })
    }
    yield* loadExpressions(flow)
    const plan = Plan.make(flow, {
      runId,
      // The ones of the flow itself are the same without their services, and known already when it is run again.
      actions: parts.actions,
      config: options.config,
      input: options.input
    })
    const planned = yield* Effect.fromResult(plan)
    const seed = options.seed ?? (yield* randomSeed)
    const takeUp = (row: RunRow) =>
      engine.takeUp(row, { actions, force: false, allowChanged: [], expected: planned })
    const known = options.id === undefined ? undefined : yield* store.get(runId)
    const coordinator: Coordinator =
      known !== undefined
        ? yield* takeUp(known)
        : yield* Effect.catchIf(
            engine.start(runId, planned, seed, actions),
            (error) => error._tag === "StoreError" && error.reason._tag === "RunExists",
            // Somebody else has started it in this very moment.
            () => Effect.flatMap(findRow(parts, runId), takeUp)
          )
    return makeRunHandle(coordinator, store, Flow.isFlow(flow) ? flow.returns : undefined)
  }).pipe(mapStoreError(options.id ?? ""))

const resume = (
  parts: Parts,
  runId: string,
  options: ResumeOptions = {}
): Effect.Effect<RunHandle, RunError> =>
  Effect.gen(function* () {
    const { actions, engine, store } = parts
    const row = yield* findRow(parts, runId)
    const coordinator = yield* engine.takeUp(row, {
      actions,
      force: options.force ?? false,
      allowChanged: options.allowChanged ?? [],
      expected: undefined
    })
    const handle = makeRunHandle(coordinator, store, undefined)
    for (const command of budgetCommands(options.budget ?? {})) yield* handle.send(command)
    return handle
  }).pipe(mapStoreError(runId))

/** Leaves a run alone that cannot be taken up here: another process has it or can take it, or its log cannot be read. */
const leaveAlone = (error: RunError): Effect.Effect<undefined> => {
  const isOthers = error.reason._tag === "RunNotOwned" || error.reason._tag === "ActionsMissing"
  const told = isOthers ? Effect.logDebug(error.message) : Effect.logError(error.message)
  return Effect.as(told, undefined)
}

/** Whether the store cannot be reached, and so no run at all. */
const isUnreachable = ({ reason }: RunError): boolean =>
  reason._tag === "StoreFailed" && reason.reason._tag === "Unavailable"

const recover = (parts: Parts): Effect.Effect<ReadonlyArray<RunHandle>, RunError> =>
  Effect.gen(function* () {
    const handles: Array<RunHandle> = []
    for (const status of ["running", "paused"] as const) {
      let cursor: string | undefined
      do {
        const query = { status, limit: recoverPage, ...(cursor !== undefined && { cursor }) }
        const page = yield* mapStoreError("")(parts.store.list(query))
        for (const { runId } of page.runs) {
          if (parts.engine.find(runId) !== undefined) continue
          const handle = yield* Effect.catchIf(resume(parts, runId), Predicate.not(isUnreachable), leaveAlone)
          if (handle !== undefined) handles.push(handle)
        }
        cursor = page.next
      } while (cursor !== undefined)
    }
    return handles
  })

const fork = (
  parts: Parts,
  runId: string,
  point: ForkPoint,
  options: ForkOptions = {}
): Effect.Effect<RunHandle, RunError> =>
  forkRun(parts, runId, { ...point, at: options.at }, options).pipe(
    Effect.map((coordinator) => makeRunHandle(coordinator, parts.store, undefined)),
    mapStoreError(runId)
  )

const preview = (
  parts: Parts,
  runId: string,
  point: ForkPoint,
  { allowChanged = [], at }: ForkOptions = {}
): Effect.Effect<ForkPlan, RunError> =>
  mapStoreError(runId)(previewFork(parts, runId, { ...point, at }, allowChanged))

/** Takes up runs whose owner is gone, for as long as the engine lives. */
const watch = (
  engine: Engine,
  store: RunStore,
  actions: Actions.ActionRegistry,
  { leaseMillis }: EngineConfig.EngineConfig
): Effect.Effect<never> =>
  new RunWatch({
    store,
    leaseMillis,
    isActive: (runId) => engine.find(runId) !== undefined,
    takeUp: (row, watched) =>
      mapStoreError(row.runId)(
        engine.takeUp(row, { actions, force: false, watched, allowChanged: [], expected: undefined })
      )
  }).forever

const report = (parts: Parts, runId: string): Effect.Effect<RunReport.RunReport, RunError> => {
  const active = parts.engine.find(runId)
  if (active?.isGivenUp === false) return makeRunHandle(active, parts.store, undefined).report
  return Effect.gen(function* () {
    yield* findRow(parts, runId)
    const { state } = yield* mapStoreError(runId)(loadRun(parts.store, runId))
    return RunReport.make(state, yield* Clock.currentTimeMillis)
  })
}

const steps = (
  parts: Parts,
  runId: string,
  query?: StepView.StepQuery
): Effect.Effect<StepView.StepPage, RunError> => {
  const active = parts.engine.find(runId)
  if (active?.isGivenUp === false) return makeRunHandle(active, parts.store, undefined).steps(query)
  return Effect.andThen(
    findRow(parts, runId),
    Effect.map(mapStoreError(runId)(loadRun(parts.store, runId)), ({ state }) => StepView.find(state, query))
  )
}

const events = (
  parts: Parts,
  runId: string,
  options: { readonly after?: number; readonly follow?: boolean } = {}
): ReturnType<DagFlowShape["events"]> => {
  const { after = 0, follow = false } = options
  const open = Effect.map(findRow(parts, runId), (row) => {
    const isOver = RunStatus.isEnded(row.status)
    const log =
      follow && !(isOver && after >= row.sequence)
        ? followLog(parts.store, runId, after)
        : parts.store.log(runId, after)
    return Stream.mapError(log, (error: StoreError) => storeFailed(runId, error))
  })
  return Stream.unwrap(open)
}

const storeFailed = (runId: string, error: StoreError): RunError =>
  new RunError({
    runId,
    reason: { _tag: "StoreFailed", operation: error.operation, reason: error.reason }
  })

const refused = (runId: string, command: string, rejection: Rejection.Rejection) =>
  Effect.fail(new RunError({ runId, reason: { _tag: "CommandRejected", command, rejection } }))

const send = (
  parts: Parts,
  runId: string,
  command: Command.Command
): Effect.Effect<CommandOutcome | undefined, RunError> => {
  const active = parts.engine.find(runId)
  if (active?.isGivenUp === false) return makeRunHandle(active, parts.store, undefined).send(command)
  return Effect.gen(function* () {
    const row = yield* findRow(parts, runId)
    const id = command?.id ?? (yield* randomId("cmd"))
    const proposed = proposeCommand({ ...command, id })
    if (proposed._tag === "Malformed") {
      return yield* refused(runId, proposed.name, { _tag: "InvalidInput", message: proposed.message })
    }
    const named = { ...proposed.command, id }
    // Only an id that the sender chose can be known already.
    const now = command.id === undefined ? row : (yield* loadRun(parts.store, runId)).state
    const known = "commands" in now ? recallCommand(now, named) : undefined
    if (known !== undefined) return yield* outcomeOf(runId, named._tag, known)
    if (RunStatus.isEnded(now.status)) {
      return yield* refused(runId, named._tag, { _tag: "RunEnded", status: now.status })
    }
    const nowMillis = yield* Clock.currentTimeMillis
    if (row.owner === undefined || row.leaseUntilMillis <= nowMillis) {
      const mail = { id, atMillis: nowMillis, command: JSON.stringify(named) }
      yield* parts.store.driver.putMail(runId, mail)
      return undefined
    }
    const result = yield* sendByMail(parts.store, runId, named, now.sequence, nowMillis)
    return yield* outcomeOf(runId, command._tag, result)
  }).pipe(mapStoreError(runId))
}

const make = (options: EngineConfig.EngineOptions) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const driver = yield* StoreDriver
    const actions = Actions.fromContext(context)
    if ("duplicate" in actions) {
      const message = `two actions are called "${actions.duplicate}": rename one, or use Actions.layerReplacing`
      return yield* Effect.die(new Error(message))
    }
    const hooks = Hooks.fromContext(context)
    if ("duplicate" in hooks) {
      return yield* Effect.die(new Error(`two hooks are called "${hooks.duplicate}": rename one`))
    }
    const config = EngineConfig.resolve(options, yield* randomId("engine"))
    const store = new RunStore(driver, config.storePollMillis)
    // The runs have a scope of their own: they are drained before anything else of the engine is closed.
    const scope = yield* Scope.make()
    const engine = new Engine({ config, store, context, hooks, scope })
    yield* Effect.forkScoped(engine.upkeep)
    if (config.recovery === "continuous") yield* Effect.forkScoped(watch(engine, store, actions, config))
    yield* Effect.addFinalizer((exit) => Effect.andThen(engine.close, Scope.close(scope, exit)))
    const parts: Parts = { engine, store, actions }
    const begin = ((flow: Flow.Any | FlowSpec.FlowSpec, startOptions: StartOptions = {}) =>
      start(parts, flow, startOptions)) as DagFlowShape["start"]
    return DagFlow.of({
      plan: (flow) =>
        Effect.andThen(
          loadExpressions(flow),
          Effect.suspend(() => Effect.fromResult(Plan.ofFlow(flow, actions)))
        ),
      start: begin,
      run: (flow, startOptions) => Effect.flatMap(begin(flow, startOptions), (handle) => handle.outputs),
      resume: (runId, resumeOptions) => resume(parts, runId, resumeOptions),
      recover: recover(parts),
      compare: (left, right) => mapStoreError(left)(compareRuns(store, left, right)),
      exportRun: (runId) => mapStoreError(runId)(exportRun(store, runId)),
      exportDelta: (runId, after) => mapStoreError(runId)(exportDelta(store, runId, after)),
      importRun: (document, importOptions) =>
        mapStoreError(importOptions?.id ?? "")(importRun(store, document, { ...config, ...importOptions })),
      prune: (pruneOptions) => mapStoreError("")(pruneRuns(store, pruneOptions)),
      fork: (runId, forkOptions) => fork(parts, runId, {}, forkOptions),
      rerunFrom: (runId, nodeId, rerunOptions = {}) =>
        fork(parts, runId, { rerun: nodeId, outputs: rerunOptions.outputs }, rerunOptions),
      previewFork: (runId, forkOptions) => preview(parts, runId, {}, forkOptions),
      previewRerun: (runId, nodeId, rerunOptions = {}) =>
        preview(parts, runId, { rerun: nodeId, outputs: rerunOptions.outputs }, rerunOptions),
      get: (runId) => findRow(parts, runId),
      report: (runId) => report(parts, runId),
      steps: (runId, query) => steps(parts, runId, query),
      events: (runId, range) => events(parts, runId, range),
      list: (query) => mapStoreError("")(store.list({ limit: 100, ...query })),
      send: (runId, command) => send(parts, runId, command)
    })
  })

/**
 * The engine.
 *
 * **Example**
 * ```ts
 * const program = Effect.gen(function* () {
 *   const dagflow = yield* DagFlow
 *   const run = yield* dagflow.start(flow, { id: "nightly-2026-11-21" })
 *   return yield* run.outputs
 * })
 * const engine = DagFlow.layer().pipe(Layer.provide(MemoryStore.layer))
 * await Effect.runPromise(Effect.provide(program, engine))
 * ```
 */
export class DagFlow extends Context.Service<DagFlow, DagFlowShape>()("@dagflow/core/DagFlow") {
  /**
   * An engine on a store. Actions and hooks that are not part of a flow come from `Actions.layer` and `Hooks.layer`.
   *
   * Closing the layer starts nothing more, lets running attempts end within `shutdownGrace`, interrupts what is left and
   * gives all runs back, so that another process may continue them at once.
   */
  static layer(options: EngineConfig.EngineOptions = {}): Layer.Layer<DagFlow, never, StoreDriver> {
    return Layer.effect(DagFlow, make(options))
  }

  /**
   * Runs a flow to its end, in a program that does not use Effect, and closes everything. A program that is started again
   * after a crash, with the same `id`, goes on where it stood; once the run has ended it gives the same outputs again.
   *
   * **Failures**
   * The promise rejects with the typed error itself: `DefinitionError`, `RunError` or `StoreError`.
   */
  static runPromise<Name extends string, Input, Outputs>(
    flow: Flow.Flow<Name, Input, Outputs>,
    options: RunPromiseOptions<NoInfer<Input>>
  ): Promise<Outputs> {
    const { actions = [], hooks = [], signal, store, ...rest } = options
    const engine = DagFlow.layer(rest).pipe(
      Layer.provide([store, Actions.layer(...actions), Hooks.layer(...hooks)])
    )
    const program = Effect.flatMap(DagFlow, (dagflow) => dagflow.run(flow, rest))
    return Effect.runPromise(Effect.provide(program, engine), signal && { signal })
  }
}
