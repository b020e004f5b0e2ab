import {
  Actions,
  ChannelReducers,
  DagFlow as Engine,
  type DagFlowShape,
  type EngineConfig,
  Hooks,
  type RunHandle,
  type RunPromiseOptions
} from "@dagflow/core"
import type {
  Command,
  Envelope,
  Event,
  Pruned,
  RunArchive,
  RunDelta,
  RunDifference,
  RunPage,
  RunQuery,
  RunReport,
  RunRow
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Action from "./Action.ts"
import type * as Channel from "./Channel.ts"
import type * as Flow from "./Flow.ts"
import type * as Hook from "./Hook.ts"
import { DagFlowError } from "./DagFlowError.ts"
import { isOfAnotherCopy } from "./internal/copies.ts"
import { EngineRuntime } from "./internal/engineRuntime.ts"
import { type CallSite, callSite, thrownAt, toDagFlowError } from "./internal/errors.ts"
import { storeLayer } from "./internal/storeLayer.ts"
import { answerOnce } from "./internal/answerAsked.ts"
import { type Answer, approval, type ApprovalOptions } from "./internal/approval.ts"
import { Run } from "./Run.ts"

/** How an engine is made. */
export interface DagFlowOptions extends EngineConfig.EngineOptions {
  /**
   * Where runs are kept: `"sqlite:PATH"` (needs `@dagflow/store-sqlite`), `"postgres://USER@HOST/DATABASE"` (needs
   * `@dagflow/store-postgres`), `"memory"` for runs that may be lost with the process, or a store of your own.
   */
  readonly store: string | RunPromiseOptions.RunPromiseOptions<unknown>["store"]
  /** Actions that runs may need besides those of the flows that are started here: those of flows to recover, and of hooks. */
  readonly actions?: ReadonlyArray<Action.Any>
  /** Reducers of channels that runs may need which are taken up here. */
  readonly reducers?: ReadonlyArray<Channel.AnyReducer>
  /** Hooks, in the order in which they are asked. */
  readonly hooks?: ReadonlyArray<Hook.Hook>
}

/** How a run is started. */
export interface StartOptions<Input> extends DagFlowShape.StartOptions<Input> {
  /** Aborting it cancels the run: what runs is interrupted, and the signals of its actions are aborted too. */
  readonly signal?: AbortSignal
}

/** How a run is attached to. */
export interface AttachOptions extends DagFlowShape.AttachOptions {
  readonly signal?: AbortSignal
}

/** The operations of an engine. */
export class DagFlow {
  readonly #runtime: EngineRuntime

  /** Engines are made by `createDagFlow`. */
  constructor(given: DagFlowOptions) {
    // Whoever writes JavaScript is not told by the compiler.
    const { actions = [], hooks = [], reducers = [], store, ...options } = (given ?? {}) as DagFlowOptions
    const kept = typeof store === "object" && store !== null ? store : storeLayer(String(store))
    hooks.forEach(checkNamed)
    this.#runtime = new EngineRuntime(
      Engine.layer(options).pipe(
        Layer.provide([
          kept,
          Actions.layer(...actions),
          Hooks.layer(...hooks),
          ChannelReducers.layer(...reducers)
        ] as const)
      )
    )
  }

  /**
   * Starts a run, which goes on in the background. When a run of this `id` exists already, it is taken up where it stands:
   * a program that is started again after a crash goes on.
   *
   * **Failures**
   * `DefinitionError` with every problem of the flow; `FlowChanged` or `InputsChanged` when the run of this id is another
   * one. One that another process executes is followed there.
   */
  start<Name extends string, Input, Outputs>(
    flow: Flow.Flow<Name, Input, Outputs>,
    options: StartOptions<NoInfer<Input>> = {}
  ): Promise<Run<Outputs>> {
    return this.#start(flow, options, callSite())
  }

  /** Starts a run, waits for its end and gives the outputs of the nodes that the flow returns. */
  async run<Name extends string, Input, Outputs>(
    flow: Flow.Flow<Name, Input, Outputs>,
    options: StartOptions<NoInfer<Input>> = {}
  ): Promise<Outputs> {
    const site = callSite()
    const run = await this.#start(flow, options, site)
    return run.result().catch((error: unknown) => {
      throw thrownAt(toDagFlowError(error), site)
    })
  }

  /** Takes up a run that nobody owns. Finished nodes never run again. */
  resume(runId: string, options?: DagFlowShape.ResumeOptions): Promise<Run> {
    return this.#handled((dagflow) => dagflow.resume(runId, options), callSite())
  }

  /** Takes up every unfinished run whose owner is gone and whose actions are known here. */
  async recover(): Promise<ReadonlyArray<Run>> {
    const handles = await this.#call((dagflow) => dagflow.recover, callSite())
    return handles.map((handle) => new Run(this.#runtime, handle as RunHandle.RunHandle<{}>))
  }

  /** Starts a run that goes on where another one stood after its event `at`; the other run stays as it is. */
  fork(runId: string, options?: DagFlowShape.ForkOptions): Promise<Run> {
    return this.#handled((dagflow) => dagflow.fork(runId, options), callSite())
  }

  /** Starts a run that is as another one, except that a node runs again with all that depends on it. */
  rerunFrom(runId: string, nodeId: string, options?: DagFlowShape.RerunOptions): Promise<Run> {
    return this.#handled((dagflow) => dagflow.rerunFrom(runId, nodeId, options), callSite())
  }

  /**
   * Any run of the store, whoever executes it, to be followed and commanded; it is never taken up by this. With `awaitsStart`, a run that
   * nobody has started yet is waited for; aborting the signal ends the waiting.
   */
  attach(runId: string, { signal, ...options }: AttachOptions = {}): Promise<Run> {
    return this.#handled((dagflow) => dagflow.attach(runId, options), callSite(), signal)
  }

  /** What the store knows of a run without reading its log: its flow, status, owner, times, and how many events it has. */
  get(runId: string): Promise<RunRow> {
    return this.#call((dagflow) => dagflow.get(runId), callSite())
  }

  /** How any run of the store stands, whoever owns it. */
  report(runId: string): Promise<RunReport.RunReport> {
    return this.#call((dagflow) => dagflow.report(runId), callSite())
  }

  /** The recorded events of any run of the store. With `follow`, until the run has ended. */
  events(
    runId: string,
    options?: { readonly after?: number; readonly follow?: boolean }
  ): AsyncGenerator<Envelope.Envelope, void, void> {
    return this.#runtime.iterate((dagflow) => dagflow.events(runId, options), callSite())
  }

  /** Runs of the store, the newest first. */
  list(query?: Partial<RunQuery>): Promise<RunPage> {
    return this.#call((dagflow) => dagflow.list(query), callSite())
  }

  /**
   * Sends a command to any run of the store, whoever owns it. When nobody does, it is kept for whoever takes the run up, and
   * `undefined` is answered; with `awaitsOwner` this waits for whoever that will be.
   */
  send(
    runId: string,
    command: Command.Command,
    options?: DagFlowShape.SendOptions
  ): Promise<RunHandle.CommandOutcome | undefined> {
    return this.#call((dagflow) => dagflow.send(runId, command, options), callSite())
  }

  /** Answers the wait of a node of any run of the store; see `send`. */
  answer(
    runId: string,
    nodeId: string,
    outputs: Event.Outputs,
    options: RunHandle.AnswerOptions = {}
  ): Promise<RunHandle.CommandOutcome | undefined> {
    return this.#call((dagflow) => send(dagflow, runId, nodeId, { outputs, options }), callSite())
  }

  /**
   * Answers the wait of a node of any run with `{ approved: true }`, and with the `note` if there is one. Before the wait opens, the
   * answer is kept for it; `approve` of a `Run` waits instead. The same answer of the same person again is no trouble.
   */
  approve(
    runId: string,
    nodeId: string,
    options?: ApprovalOptions
  ): Promise<RunHandle.CommandOutcome | undefined> {
    return this.#decide(runId, nodeId, approval(true, options), callSite())
  }

  /** Answers the wait of a node of any run with `{ approved: false }`, and with the `note` if there is one; else as `approve`. */
  reject(
    runId: string,
    nodeId: string,
    options?: ApprovalOptions
  ): Promise<RunHandle.CommandOutcome | undefined> {
    return this.#decide(runId, nodeId, approval(false, options), callSite())
  }

  /** How two runs differ. */
  compare(left: string, right: string): Promise<RunDifference.RunDifference> {
    return this.#call((dagflow) => dagflow.compare(left, right), callSite())
  }

  /** A run with everything that the store keeps of it, as one JSON document. */
  exportRun(runId: string): Promise<RunArchive.RunArchive> {
    return this.#call((dagflow) => dagflow.exportRun(runId), callSite())
  }

  /** What a run has become since the event of a number: `RunDelta.apply` adds it to the export that ended there. */
  exportDelta(runId: string, after: number): Promise<RunDelta.RunDelta> {
    return this.#call((dagflow) => dagflow.exportDelta(runId, after), callSite())
  }

  /** Puts an exported run into the store and answers its id. */
  importRun(document: unknown, options?: { readonly id?: string }): Promise<string> {
    return this.#call((dagflow) => dagflow.importRun(document, options), callSite())
  }

  /** Deletes runs that ended longer ago than `olderThan`, for instance `"30 days"`; with `dryRun` it only tells. */
  prune(options: Parameters<DagFlowShape.DagFlowShape["prune"]>[0]): Promise<Pruned> {
    return this.#call((dagflow) => dagflow.prune(options), callSite())
  }

  /**
   * Starts nothing more, lets running attempts end within `shutdownGrace`, interrupts what is left, gives all runs back, so
   * that another process may continue them at once, and closes the store. Then nothing of this engine keeps Node alive.
   */
  close(): Promise<void> {
    return this.#runtime.close()
  }

  /** Closes the engine at the end of a block: `await using dagflow = createDagFlow({ store: "memory" })`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #start<Name extends string, Input, Outputs>(
    flow: Flow.Flow<Name, Input, Outputs>,
    { signal, ...options }: StartOptions<NoInfer<Input>>,
    site: CallSite
  ): Promise<Run<Outputs>> {
    if (isOfAnotherCopy(flow)) throw thrownAt(otherCopy(flow.spec.name), site)
    const begin = Effect.flatMap(Engine, (dagflow) => dagflow.start(flow, options))
    const run = new Run(this.#runtime, await this.#runtime.call(begin, site, signal))
    if (signal !== undefined) cancelOnAbort(run, signal)
    return run
  }

  #decide(
    runId: string,
    nodeId: string,
    answer: Answer,
    site: CallSite
  ): Promise<RunHandle.CommandOutcome | undefined> {
    const decided = (dagflow: Engine["Service"]) =>
      Effect.flatMap(dagflow.attach(runId), (handle) =>
        answerOnce(handle, nodeId, answer, send(dagflow, runId, nodeId, answer))
      )
    const outcome = (given: RunHandle.CommandOutcome | RunHandle.AnswerOutcome | undefined) =>
      given && { nodeIds: [], ...given }
    return this.#call((dagflow) => Effect.map(decided(dagflow), outcome), site)
  }

  #call<A>(
    operation: (dagflow: Engine["Service"]) => Effect.Effect<A, unknown>,
    site: CallSite,
    signal?: AbortSignal
  ): Promise<A> {
    return this.#runtime.call(Effect.flatMap(Engine, operation), site, signal)
  }

  async #handled(
    operation: (dagflow: Engine["Service"]) => Effect.Effect<RunHandle.RunHandle, unknown>,
    site: CallSite,
    signal?: AbortSignal
  ): Promise<Run> {
    return new Run(this.#runtime, (await this.#call(operation, site, signal)) as RunHandle.RunHandle<{}>)
  }
}

/**
 * Makes an engine. It is built when it is first asked for something: what is wrong with the store is told then.
 *
 * **Example**
 * ```ts
 * const dagflow = createDagFlow({ store: "sqlite:flow.db" })
 * const run = await dagflow.start(nightly, { id: "nightly-2026-11-26", input: { limit: 10 } })
 * const { report } = await run.result()
 * await dagflow.close()
 * ```
 */
export const createDagFlow = (options: DagFlowOptions): DagFlow => new DagFlow(options)

// -- internal -------------------------------------------------------------------------------------------------------

const send = (dagflow: Engine["Service"], runId: string, nodeId: string, { options, outputs }: Answer) =>
  dagflow.send(runId, { _tag: "SendSignal", nodeId, payload: outputs, ...options })

const checkNamed = (hook: Partial<Hook.Hook> | undefined): void => {
  if (typeof hook?.name === "string" && hook.name !== "") return
  throw new TypeError(
    "a hook has no name, and the log tells hooks apart by theirs: make it with Hook.make({ name, ... })"
  )
}

const otherCopy = (flow: string): DagFlowError =>
  new DagFlowError(
    "OtherCopy",
    `flow "${flow}" was made with another copy of this package than the engine: keep "@dagflow/promise" out of bundles (in Next by serverExternalPackages), or share the flow as you share the engine`
  )

const cancelOnAbort = (run: Run<unknown>, signal: AbortSignal): void => {
  const cancel = () => {
    const reason = signal.reason instanceof Error ? signal.reason.message : String(signal.reason)
    // A run that cannot be cancelled any more has ended, or belongs to another process: whoever waits for it is told.
    run.cancel(reason).catch(() => {})
  }
  if (signal.aborted) return cancel()
  signal.addEventListener("abort", cancel, { once: true })
  // Whoever waits for the run is told how it ended; here the listener is only taken away.
  const stop = () => signal.removeEventListener("abort", cancel)
  run.result().then(stop, stop)
}
