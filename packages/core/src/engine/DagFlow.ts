/** The engine as a service: everything one can do with runs. */
import {
  type Command,
  type DefinitionError,
  Expression,
  type FlowSpec,
  NodeExpressions,
  type RunError,
  type RunReport,
  type RunRow,
  type StepView,
  StoreDriver
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Action from "../action/Action.ts"
import * as Actions from "../action/Actions.ts"
import type { ReducerRegistry } from "../action/ChannelReducers.ts"
import * as Hooks from "../hook/Hooks.ts"
import * as Flow from "../plan/Flow.ts"
import * as Plan from "../plan/Plan.ts"
import { RunStore, runIdProblem } from "../store/RunStore.ts"
import type { Coordinator } from "./Coordinator.ts"
import type { ForkPoint } from "../decide/forkLog.ts"
import { compareRuns, exportDelta, exportRun, importRun } from "./archiveRun.ts"
import { continueRun, sourceOf } from "./continueRun.ts"
import { pruneRuns } from "./pruneRuns.ts"
import { type ForkPlan, forkRun, previewFork } from "./forkRun.ts"
import type {
  AttachOptions,
  DagFlowShape,
  ForkOptions,
  ResumeOptions,
  SendOptions,
  StartOptions
} from "./DagFlowShape.ts"
import { budgetCommands } from "../decide/setBudget.ts"
import { Engine } from "./Engine.ts"
import { atCaller, callSite } from "./atCaller.ts"
import * as EngineConfig from "./EngineConfig.ts"
import { makeRunHandle } from "./makeRunHandle.ts"
import { mapStoreError } from "./mapStoreError.ts"
import { routedAccess } from "./routedAccess.ts"
import { runEvents } from "./runEvents.ts"
import { sendToRun } from "./sendToRun.ts"
import { awaitRow, findRow, refusedId } from "./findRow.ts"
import type { Unowned } from "./untilUnowned.ts"
import { randomId, randomSeed } from "./randomId.ts"
import type { CommandOutcome, RunHandle } from "./RunHandle.ts"
import { readTraceparent } from "./traceContext.ts"
import { RunWatch } from "./runWatch.ts"
import type { RunPromiseOptions } from "./RunPromiseOptions.ts"

/** Runs that are looked at once when unfinished ones are searched. */
const recoverPage = 200

interface Parts {
  readonly engine: Engine
  readonly store: RunStore
  readonly actions: Actions.ActionRegistry
}

/**
 * The handle of a run. `actions`, when they are given, are those with which this process takes the run up again while somebody
 * waits for it here and nobody else executes it.
 */
const handleOf = (
  { engine, store }: Parts,
  runId: string,
  coordinator: Coordinator | undefined,
  actions: Actions.ActionRegistry | undefined,
  returns?: Readonly<Record<string, string>>
): RunHandle<Readonly<Record<string, unknown>>> => {
  const takeUp =
    actions === undefined
      ? undefined
      : ({ row, watched }: Unowned) =>
          engine.takeUp(row, { actions, force: false, watched, allowChanged: [], expected: undefined })
  const find = () => engine.find(runId)
  const access = routedAccess({ store, runId, takeUp, find, launched: engine.launched(runId) }, coordinator)
  return makeRunHandle(runId, access, store, returns)
}

const seedProblem = (seed: number | undefined): string | undefined =>
  seed === undefined || Number.isSafeInteger(seed)
    ? undefined
    : `the seed of a run is a whole number, not ${seed}`

/** What reads expressions is loaded for a flow that has some. Whoever gives no flow at all is told so by its plan. */
const loadExpressions = (flow: Flow.Any | FlowSpec.FlowSpec): Effect.Effect<void> =>
  Effect.suspend(() => {
    const nodes: unknown = Flow.isFlow(flow)
      ? flow.spec.nodes
      : (flow as { nodes?: unknown } | undefined)?.nodes
    return Array.isArray(nodes) && NodeExpressions.areIn(nodes) ? Expression.load : Effect.void
  })

/** Lets something happen below the span that a `traceparent` names, if it names one. */
const below =
  (traceparent: string | undefined) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const span = readTraceparent(traceparent)
    return span === undefined ? effect : Effect.provideService(effect, Tracer.ParentSpan, span)
  }

/** What an engine knows, with what a flow brings along. The engine's own wins, so that a test may put another action in its place. */
const withOwn = (
  known: Actions.ActionRegistry,
  actions: ReadonlyArray<Action.Any<never>>,
  reducers: ReducerRegistry | undefined
): Actions.ActionRegistry => {
  if (actions.length === 0 && (reducers === undefined || reducers.size === 0)) return known
  return Actions.makeRegistry([...actions, ...known.list], new Map([...(reducers ?? []), ...known.reducers]))
}

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
    const actions = withOwn(parts.actions, provided, Flow.isFlow(flow) ? flow.reducers : undefined)
    const runId = options.id ?? (yield* randomId("run"))
    const problem = runIdProblem(runId) ?? seedProblem(options.seed)
    if (problem !== undefined) return yield* refusedId(runId, problem)
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
    const expected = { ...planned, continues: sourceOf(options.continues) }
    const takeUp = (row: RunRow) => engine.takeUp(row, { actions, force: false, allowChanged: [], expected })
    const known = options.id === undefined ? undefined : yield* store.get(runId)
    const continues =
      known !== undefined || options.continues === undefined
        ? undefined
        : yield* continueRun(store, runId, planned, options.continues)
    const begun = continues === undefined ? planned : { ...planned, continues }
    const begin =
      known !== undefined
        ? takeUp(known)
        : Effect.catchIf(
            engine.start(runId, begun, seed, actions),
            (error) => error._tag === "StoreError" && error.reason._tag === "RunExists",
            // Somebody else has started it in this very moment.
            () => Effect.flatMap(findRow(store, runId), takeUp)
          )
    const coordinator = yield* Effect.catchIf(
      begin,
      (error) => error._tag === "RunError" && error.reason._tag === "RunNotOwned",
      // It is the same run, and goes on in another process: it is followed there.
      () => Effect.undefined
    )
    return handleOf(parts, runId, coordinator, actions, Flow.isFlow(flow) ? flow.returns : undefined)
  }).pipe(below(options.traceparent), mapStoreError(options.id ?? ""))

const resume = (
  parts: Parts,
  runId: string,
  options: ResumeOptions = {}
): Effect.Effect<RunHandle, RunError> =>
  Effect.gen(function* () {
    const { engine, store } = parts
    const row = yield* findRow(store, runId)
    const actions = engine.actionsOf(runId)
    const coordinator = yield* engine.takeUp(row, {
      actions,
      force: options.force ?? false,
      allowChanged: options.allowChanged ?? [],
      expected: undefined
    })
    const handle = handleOf(parts, runId, coordinator, actions)
    for (const command of budgetCommands(options.budget ?? {})) yield* handle.send(command)
    return handle
  }).pipe(below(options.traceparent), mapStoreError(runId))

/** Leaves a run alone that cannot be taken up here: another process has it or can take it, or its log cannot be read. */
const leaveAlone = (error: RunError): Effect.Effect<undefined> => {
  const isOthers = ["RunNotOwned", "ActionsMissing", "ReducersMissing"].includes(error.reason._tag)
  const told = isOthers ? Effect.logDebug(error.message) : Effect.logError(error.message)
  return Effect.as(told, undefined)
}

/** Whether the store cannot be reached, and so no run at all. */
const isUnreachable = ({ reason }: RunError): boolean =>
  reason._tag === "StoreFailed" && reason.reason._tag === "Unavailable"

const recover = (parts: Parts): Effect.Effect<ReadonlyArray<RunHandle>, RunError> =>
  Effect.gen(function* () {
    const handles: Array<RunHandle> = []
    const { parking } = parts.store.driver.abilities
    const nowMillis = yield* Clock.currentTimeMillis
    for (const status of ["running", "paused"] as const) {
      let cursor: string | undefined
      do {
        const due = { status, limit: recoverPage, ...(parking && { dueAtMillis: nowMillis }) }
        const query = { ...due, ...(cursor !== undefined && { cursor }) }
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
    Effect.map((coordinator) => handleOf(parts, coordinator.state.runId, coordinator, parts.actions)),
    mapStoreError(runId)
  )

const preview = (
  parts: Parts,
  runId: string,
  point: ForkPoint,
  { allowChanged = [], at }: ForkOptions = {}
): Effect.Effect<ForkPlan, RunError> =>
  mapStoreError(runId)(previewFork(parts, runId, { ...point, at }, allowChanged))

/** Takes up runs whose owner is gone, and parked ones whose time has come, for as long as the engine lives. */
const watch = (
  engine: Engine,
  store: RunStore,
  { leaseMillis }: EngineConfig.EngineConfig
): Effect.Effect<never> => {
  const runWatch = new RunWatch({
    store,
    leaseMillis,
    isActive: (runId) => engine.find(runId) !== undefined,
    takeUp: (row, watched) =>
      mapStoreError(row.runId)(
        engine.takeUp(row, {
          actions: engine.actionsOf(row.runId),
          force: false,
          watched,
          allowChanged: [],
          expected: undefined
        })
      )
  })
  engine.onStray = (runId) => runWatch.stray(runId)
  return runWatch.forever
}

const attach = (
  parts: Parts,
  runId: string,
  { awaitsStart = false }: AttachOptions = {}
): Effect.Effect<RunHandle, RunError> =>
  Effect.as(
    awaitsStart ? awaitRow(parts.store, runId) : findRow(parts.store, runId),
    handleOf(parts, runId, undefined, undefined)
  )

const steps = (
  parts: Parts,
  runId: string,
  query?: StepView.StepQuery
): Effect.Effect<StepView.StepPage, RunError> =>
  Effect.flatMap(attach(parts, runId), (handle) => handle.steps(query))

const report = (parts: Parts, runId: string): Effect.Effect<RunReport.RunReport, RunError> =>
  Effect.flatMap(attach(parts, runId), (handle) => handle.report)

const send = (
  parts: Parts,
  runId: string,
  command: Command.Command,
  { awaitsOwner = false }: SendOptions = {}
): Effect.Effect<CommandOutcome | undefined, RunError> => {
  const active = parts.engine.find(runId)
  if (active?.isGivenUp === false) return handleOf(parts, runId, active, undefined).send(command)
  return Effect.flatMap(findRow(parts.store, runId), (row) =>
    sendToRun(parts.store, row, command, awaitsOwner)
  ).pipe(mapStoreError(runId))
}

const make = (options: EngineConfig.EngineOptions) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const driver = yield* StoreDriver
    const actions = Actions.fromContext(context)
    if ("duplicate" in actions) {
      const hint = actions.what === "actions" ? ", or use Actions.layerReplacing" : ""
      const message = `two ${actions.what} are called "${actions.duplicate}": rename one${hint}`
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
    const engine = new Engine({ config, store, actions, context, hooks, scope })
    // It listens for mail before anything starts: a run that had to ask what it missed would read its mail for nothing.
    yield* Effect.forkScoped(engine.upkeep, { startImmediately: true })
    if (config.recovery === "continuous") yield* Effect.forkScoped(watch(engine, store, config))
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
      get: (runId) => findRow(store, runId),
      attach: (runId, options) => attach(parts, runId, options),
      report: (runId) => report(parts, runId),
      steps: (runId, query) => steps(parts, runId, query),
      events: (runId, range) => runEvents(store, runId, range ?? {}),
      list: (query) => mapStoreError("")(store.list({ limit: 100, ...query })),
      send: (runId, command, sendOptions) => send(parts, runId, command, sendOptions)
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
   * gives all runs back, so that another process may continue them at once. It waits for what the store was asked for, such as
   * a claim, but for no longer than 5 seconds for a store that does not answer.
   */
  static layer(options: EngineConfig.EngineOptions = {}): Layer.Layer<DagFlow, never, StoreDriver> {
    return Layer.effect(DagFlow, make(options))
  }

  /**
   * Runs a flow to its end, in a program that does not use Effect, and closes everything. A program that is started again
   * after a crash, with the same `id`, goes on where it stood; once the run has ended it gives the same outputs again.
   *
   * **Failures**
   * The promise rejects with the typed error itself: `DefinitionError`, `RunError` or `StoreError`. Its stack begins where this was
   * called, and printed it says what failed, where the run stood and what to do next.
   */
  static runPromise<Name extends string, Input, Outputs>(
    flow: Flow.Flow<Name, Input, Outputs>,
    options: RunPromiseOptions<NoInfer<Input>>
  ): Promise<Outputs> {
    const site = callSite()
    const { actions = [], hooks = [], signal, store, ...rest } = options
    const engine = DagFlow.layer(rest).pipe(
      Layer.provide([store, Actions.layer(...actions), Hooks.layer(...hooks)])
    )
    const program = Effect.flatMap(DagFlow, (dagflow) => dagflow.run(flow, rest))
    return Effect.runPromise(Effect.provide(program, engine), signal && { signal }).catch(
      (error: unknown) => {
        throw atCaller(error, site)
      }
    )
  }
}
