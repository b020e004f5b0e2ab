/** The operations of the engine. */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type {
  Budget,
  Command,
  DefinitionError,
  Envelope,
  FlowConfig,
  FlowSpec,
  Pruned,
  RunArchive,
  RunDelta,
  RunDifference,
  RunError,
  RunPage,
  RunQuery,
  RunReport,
  RunRow,
  StepView
} from "@dagflow/protocol"
import type { Any as FlowAny, Flow } from "../plan/Flow.ts"
import type { PlannedFlow } from "../plan/Plan.ts"
import type { PruneOptions } from "./pruneRuns.ts"
import type { Continuation } from "./continueRun.ts"
import type { ForkPlan } from "./forkRun.ts"
import type { CommandOutcome, RunHandle } from "./RunHandle.ts"

/** How a run is started. */
export interface StartOptions<Input = Readonly<Record<string, Schema.Json>>> {
  /**
   * Id of the run; default: a random one. When a run of this id exists already, it is taken up where it stands instead of
   * being started, so that a program that is started again after a crash goes on.
   */
  readonly id?: string
  /** The inputs of the run. A secret one is a text such as `"${env.API_KEY}"`. */
  readonly input?: Input
  /** Wins over the flow's own configuration, key by key. */
  readonly config?: FlowConfig.FlowConfig
  /** Start of every random choice of the run; default: random. */
  readonly seed?: number
  /**
   * The span that the run's is below, as the W3C header `traceparent` writes it, for engines with `spans`; default: the span
   * of Effect's tracer in which `start` is called.
   */
  readonly traceparent?: string
  /**
   * The ended run that this one continues: its durable channels go on with what they held at its end, and its steps are
   * counted on. The run may be of another flow; channels are told by their names, and one that the flow does not have ends
   * with the other run.
   *
   * **Failures**
   * - `RunNotFound`: there is no such run. `InvalidInput`: it has not ended, a value does not fit its channel, this flow does not
   *   go step by step, or a run of this id exists that continues another one.
   * - `ChannelsChanged`: the values of a channel have another version here, and `migrate` has no function for it.
   */
  readonly continues?: string | Continuation
}

/** How a run is taken up. */
export interface ResumeOptions {
  /** Takes the run from an owner that may still be alive; what that owner writes later is refused. Default false. */
  readonly force?: boolean
  /** Names of actions whose version may differ from the recorded one, or that may be missing: their nodes then fail. */
  readonly allowChanged?: ReadonlyArray<string>
  /**
   * Limits that are set anew before the run goes on, recorded in its log; others stay. What had paused because the budget was
   * used up goes on.
   */
  readonly budget?: Budget.Budget
  /** The span that the run's is below in this process; default: the one of Effect's tracer in which `resume` is called. */
  readonly traceparent?: string
}

/** How a command is sent to a run that this process does not execute. */
export interface SendOptions {
  /**
   * Waits for the result also when nobody executes the run, so for as long as it takes until some process does; default
   * false: the command is kept for that process, and `undefined` is answered.
   */
  readonly awaitsOwner?: boolean
}

/** How a run is attached to. */
export interface AttachOptions {
  /** Waits until somebody has started the run, for as long as that takes; default false: it fails with `RunNotFound`. */
  readonly awaitsStart?: boolean
}

/** How a run is forked. */
export interface ForkOptions {
  /** Number of the last event of the other run that counts; default: the last one there is. */
  readonly at?: number
  /** Id of the new run; default: a random one. */
  readonly id?: string
  /** Names of actions whose version may differ from the recorded one, or that may be missing: their nodes then fail. */
  readonly allowChanged?: ReadonlyArray<string>
  /** Limits that are set anew before the new run goes on, recorded in its log; others stay. */
  readonly budget?: Budget.Budget
}

/** How a node is run again, in a new run. */
export interface RerunOptions extends ForkOptions {
  /** Outputs in the place of those that the node had, by name; others stay. The node itself then does not run again. */
  readonly outputs?: Readonly<Record<string, Schema.Json>>
}

/** The operations of the engine. */
export interface DagFlowShape {
  /**
   * Plans a flow without running it: finds all its problems, and tells its nodes in plan order, its fingerprint and its
   * warnings. The runs of a flow in TypeScript that follow find it planned, so that a server may do this when it starts.
   *
   * **Example**
   * ```ts
   * const { flow, hash, warnings } = yield* dagflow.plan(nightly)
   * ```
   */
  readonly plan: (flow: FlowAny | FlowSpec.FlowSpec) => Effect.Effect<PlannedFlow, DefinitionError>
  /**
   * Starts a run, or takes it up when a run of that id exists. The run goes on in the background. When another process
   * executes it, its handle follows it there, and takes it up here if that process dies while somebody waits for the run.
   *
   * **Failures**
   * - `FlowChanged`, `InputsChanged`: the run of that id was started from another flow, or with other inputs.
   */
  readonly start: {
    <Name extends string, Input, Outputs, R>(
      flow: Flow<Name, Input, Outputs, R>,
      options?: StartOptions<NoInfer<Input>>
    ): Effect.Effect<RunHandle<Outputs>, DefinitionError | RunError, R>
    (
      flow: FlowSpec.FlowSpec,
      options?: StartOptions
    ): Effect.Effect<RunHandle<Readonly<Record<string, unknown>>>, DefinitionError | RunError>
  }
  /** Starts a run, waits for its end and gives the outputs of the nodes that the flow returns. */
  readonly run: <Name extends string, Input, Outputs, R>(
    flow: Flow<Name, Input, Outputs, R>,
    options?: StartOptions<NoInfer<Input>>
  ) => Effect.Effect<Outputs, DefinitionError | RunError, R>
  /** Takes up a run that nobody owns. Finished nodes never run again. */
  readonly resume: (runId: string, options?: ResumeOptions) => Effect.Effect<RunHandle, RunError>
  /**
   * Takes up every unfinished run whose owner is gone and whose actions are registered here. Runs that are parked are left
   * to sleep, unless their time has come or somebody has sent them a command. A run whose log cannot be read is logged as
   * an error and left alone; a store that cannot be reached fails with `StoreFailed`.
   */
  readonly recover: Effect.Effect<ReadonlyArray<RunHandle>, RunError>
  /**
   * Starts a run that goes on where another one stood after its event `at`. What had ended there does not run again, what
   * was in flight counts as lost, and hooks that owed answers are asked. The other run is not touched.
   *
   * **Failures**
   * - `InvalidInput`: there is no such event. `RunExists`: there is a run of the new id.
   * - `ActionsMissing`: actions that are still needed are missing here or have other versions, which ones and how.
   */
  readonly fork: (runId: string, options?: ForkOptions) => Effect.Effect<RunHandle, RunError>
  /**
   * Starts a run that is as another one, except that a node runs again with all that depends on it; with `outputs`, only
   * what depends on it. Nodes that a hook had added in answer to what runs again are left out, since the hook is asked
   * again. Failures that had halted or paused the other run, and nodes that were cancelled with it, get their turn too.
   */
  readonly rerunFrom: (
    runId: string,
    nodeId: string,
    options?: RerunOptions
  ) => Effect.Effect<RunHandle, RunError>
  /** Which nodes a `fork` will run, and changes nothing. */
  readonly previewFork: (runId: string, options?: ForkOptions) => Effect.Effect<ForkPlan, RunError>
  /** Which nodes `rerunFrom` will run, and changes nothing. */
  readonly previewRerun: (
    runId: string,
    nodeId: string,
    options?: RerunOptions
  ) => Effect.Effect<ForkPlan, RunError>
  /**
   * How two runs differ: the first event in which their logs part, and every node that went differently. Ids of runs, times
   * and owners are left out. A run that is compared with a fork of it, or with its own import, is equal up to what differs.
   */
  readonly compare: (left: string, right: string) => Effect.Effect<RunDifference.RunDifference, RunError>
  /** A run with everything that the store keeps of it, large outputs too, as one JSON document. */
  readonly exportRun: (runId: string) => Effect.Effect<RunArchive.RunArchive, RunError>
  /**
   * What a run has become since the event of some number, as one JSON document: `RunDelta.apply` adds it to the export that
   * ended there, which gives what an export of the whole run is now.
   *
   * **Failures**
   * - `RunNotFound`, and `InvalidInput` when the run has no event of this number (0 is before the first).
   */
  readonly exportDelta: (runId: string, after: number) => Effect.Effect<RunDelta.RunDelta, RunError>
  /**
   * Puts an exported run into the store and answers its id. It belongs to nobody: one that has not ended goes on when it is
   * taken up. A document that was cut in the middle of a decision, such as the answer of a hook, begins before it, as a fork does.
   *
   * **Failures**
   * - `InvalidInput`: the document is no export, is damaged, or its log breaks the rules. `RunExists`: its id is taken; give
   *   another one.
   */
  readonly importRun: (
    document: unknown,
    options?: { readonly id?: string }
  ) => Effect.Effect<string, RunError>
  /**
   * Deletes runs that ended longer ago than `olderThan`, with the large outputs that only they refer to, and cached outputs
   * that have expired; with `dryRun` it only tells. A run that has not ended is never deleted. An id is free again once its
   * run is deleted.
   */
  readonly prune: (options: PruneOptions) => Effect.Effect<Pruned, RunError>
  /** What the store knows of a run without reading its log: its flow, status, owner, times, and how many events it has. */
  readonly get: (runId: string) => Effect.Effect<RunRow, RunError>
  /**
   * A handle on any run of the store, whoever executes it, which never takes it up: it follows the log, and what is sent goes
   * through the mailbox and waits for whoever executes the run. No actions are needed. `awaitsStart`: it waits for a run that nobody has
   * started yet, and does not fail with `RunNotFound`.
   *
   * **Example**
   * ```ts
   * const run = yield* dagflow.attach("nightly-2026-11-21")
   * const report = yield* run.outcome
   * ```
   */
  readonly attach: (runId: string, options?: AttachOptions) => Effect.Effect<RunHandle, RunError>
  /** How any run of the store stands, whoever owns it. */
  readonly report: (runId: string) => Effect.Effect<RunReport.RunReport, RunError>
  /**
   * A page of the steps of any run of the store by the strategy `superstep`, filtered by what ran, was skipped or was changed in
   * them, or by whether the run paused there. A run by another strategy has none.
   *
   * **Example**
   * ```ts
   * const { next, steps } = yield* dagflow.steps("run-1", { ran: ["review"], limit: 20 })
   * ```
   */
  readonly steps: (runId: string, query?: StepView.StepQuery) => Effect.Effect<StepView.StepPage, RunError>
  /** The recorded events of any run of the store. With `follow` the stream goes on until the run has ended. */
  readonly events: (
    runId: string,
    options?: { readonly after?: number; readonly follow?: boolean }
  ) => Stream.Stream<Envelope.Envelope, RunError>
  /** Runs of the store, the newest first. */
  readonly list: (query?: Partial<RunQuery>) => Effect.Effect<RunPage, RunError>
  /**
   * Sends a command to any run of the store. When another process owns the run, the command is left in its mailbox and
   * this waits until that process has recorded it; when nobody does, it stays there for whoever takes the run up, and
   * `undefined` is answered, unless `awaitsOwner` is given. Whether another process does is not a matter of clocks: one that
   * has died counts as gone when a lease has passed without a sign of life from it.
   */
  readonly send: (
    runId: string,
    command: Command.Command,
    options?: SendOptions
  ) => Effect.Effect<CommandOutcome | undefined, RunError>
}
