/** What one can do with a run that this process has started or taken up. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Command, Envelope, RunError, RunReport } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import type { Event, NodeView, StepView, WaitView } from "@dagflow/protocol"

/** What became of a command that was accepted. */
export interface CommandOutcome {
  /** Number of the event that records it. */
  readonly sequence: number
  /** Ids of the nodes it added, generated ones included. */
  readonly nodeIds: ReadonlyArray<string>
  /** A signal that came before its node waits: it is kept, and checked when the wait opens. */
  readonly isKept?: boolean
}

/** Who answers a wait. */
export interface AnswerOptions {
  /** Who answers, in words that others understand; whoever comes later is told. */
  readonly by?: string
  readonly comment?: string
  /** Makes the answer idempotent: the same id again is told what the first one was told. */
  readonly id?: string
}

/** What became of an answer that was accepted. */
export interface AnswerOutcome {
  /** Number of the event that records it. */
  readonly sequence: number
  /** The node does not wait yet: the answer is kept for it, and checked when its wait opens. */
  readonly isKept: boolean
}

/** What a running attempt or an action's `emit` shows to whoever follows the run live; it is not stored. */
export type LiveMessage =
  | { readonly _tag: "Recorded"; readonly envelope: Envelope.Envelope }
  | {
      readonly _tag: "Emitted"
      readonly nodeId: string
      /** Each attempt has a stream of its own. */
      readonly attempt: number
      /** Place in the stream of the attempt, from 1 on. */
      readonly index: number
      readonly value: Schema.Json
    }
  /** The end of what an attempt has emitted: once for each attempt that emitted anything, before its end is recorded. */
  | {
      readonly _tag: "EmittedAll"
      readonly nodeId: string
      readonly attempt: number
      readonly count: number
    }
  | {
      readonly _tag: "Logged"
      readonly nodeId: string
      readonly attempt: number
      readonly message: string
      readonly details: Readonly<Record<string, unknown>> | undefined
    }
  /**
   * The reader was too slow, or came late: so many messages of each kind are missing here. Recorded events never are, since
   * those are read from the store.
   */
  | { readonly _tag: "Gap"; readonly missed: MissedMessages }

/** How many messages of each kind a reader has missed. */
export interface MissedMessages {
  readonly Emitted: number
  readonly EmittedAll: number
  readonly Logged: number
}

/** What one node emits, and what of it is missing. */
export type EmittedMessage = Extract<LiveMessage, { readonly _tag: "Emitted" | "EmittedAll" | "Gap" }>

/** How a run is followed live. */
export interface LiveOptions {
  /** Begins after the event of this number; default: with what happens from now on. */
  readonly after?: number
  /** Messages that are not recorded and that the reader may be behind before it gets a `Gap`; default 1,024, at least 1. */
  readonly capacity?: number
}

/**
 * A run that this process has started or taken up. Dropping the handle, leaving one of its streams, or interrupting whoever waits
 * for its end changes nothing about the run: only `pause` and `cancel` do, and closing the engine gives it back.
 */
export interface RunHandle<out Outputs = unknown> {
  readonly runId: string
  /**
   * Every recorded event, from the first one (or from the one after `after`) to the last one of the run. The stream waits
   * for events to come; a slow reader misses nothing and slows nobody.
   */
  readonly events: (options?: { readonly after?: number }) => Stream.Stream<Envelope.Envelope, RunError>
  /**
   * What happens from now on: every recorded event, and between them, where it happened, what attempts emit and log. The
   * stream ends with the run. A slow reader slows nobody: it misses no recorded event, and gets a `Gap` in place of the oldest
   * messages that are not recorded. Those of attempts in other processes are not among it.
   */
  readonly live: (options?: LiveOptions) => Stream.Stream<LiveMessage, RunError>
  /**
   * What the attempts of one node emit from now on, such as the tokens of a model: each value in order, one `EmittedAll` at the
   * end of each attempt that emitted anything, and a `Gap` in place of what was emitted before this reader came or what it was too
   * slow for. The stream ends with the node, or with the run; the node may be one that is yet to be added. What other nodes emit
   * takes none of its `capacity` (default 1,024).
   *
   * **Example**
   * ```ts
   * yield* Stream.runForEach(run.emitted("write"), (message) =>
   *   message._tag === "Emitted" ? Console.log(message.value) : Effect.void
   * )
   * ```
   */
  readonly emitted: (
    nodeId: string,
    options?: Pick<LiveOptions, "capacity">
  ) => Stream.Stream<EmittedMessage, RunError>
  /** How the run stands: every node, its attempts, outputs and errors, and the totals. */
  readonly report: Effect.Effect<RunReport.RunReport, RunError>
  /** A page of the steps of a run by the strategy `superstep`, filtered by what ran, was skipped or was changed in them. */
  readonly steps: (query?: StepView.StepQuery) => Effect.Effect<StepView.StepPage, RunError>
  /** The waits that are open, in plan order: who is asked what, by when, and what an answer has to look like. */
  readonly waits: Effect.Effect<ReadonlyArray<WaitView.OpenWait>, RunError>
  /**
   * Answers the wait of a node: the answer becomes its outputs. Before the wait opens, the answer is kept for it.
   *
   * **Failures**
   * `CommandRejected` with `UnknownNode`; `InvalidInput` when the answer does not fit, and the node waits on;
   * `AlreadyAnswered`, which says who was first; `NotWaiting`; `LimitReached`.
   *
   * **Example**
   * ```ts
   * yield* run.answer("approve", { approved: true }, { by: "Ada" })
   * ```
   */
  readonly answer: (
    nodeId: string,
    outputs: Event.Outputs,
    options?: AnswerOptions
  ) => Effect.Effect<AnswerOutcome, RunError>
  /** How one node stands, or `undefined` when there is none of this id. */
  readonly node: (nodeId: string) => Effect.Effect<NodeView.NodeView | undefined, RunError>
  /**
   * Waits until the run has ended, or until nothing more can happen without somebody: it is paused, nodes wait for answers,
   * or what remains belongs to paused branches. The report tells which. Waits for a time alone are waited for.
   *
   * **Failures**
   * - `RunNotOwned`: another process has taken the run up. `StoreFailed`: the log could not be written. `Parked`: the
   *   engine was closed.
   */
  readonly outcome: Effect.Effect<RunReport.RunReport, RunError>
  /**
   * Waits for the run to complete and gives the outputs of the nodes that the flow returns.
   *
   * **Failures**
   * `NodesFailed`, `TimedOut`, `Stalled`, `HookFailed`, `Cancelled` when the run ended so, `Waiting` when it waits for
   * somebody, and those of `outcome`.
   */
  readonly outputs: Effect.Effect<Outputs, RunError>
  /**
   * Tells the run to do something and waits until that is recorded.
   *
   * **Failures**
   * `CommandRejected` with the typed reason; `WouldDeadlock` when a hook or an action of this very run waits for it.
   */
  readonly send: (command: Command.Command) => Effect.Effect<CommandOutcome, RunError>
  /** Stops nodes from starting; what runs ends. */
  readonly pause: (reason?: string) => Effect.Effect<void, RunError>
  /**
   * By the strategy `superstep`: lets the run go on until its next step has completed, waits for that, and gives the step; the
   * run is then paused. `undefined`: no step completed any more, since the run has ended, or waits for somebody.
   *
   * **Failures**
   * `CommandRejected`: the run goes by another strategy.
   *
   * **Example**
   * ```ts
   * const run = yield* dagflow.start(flow, { config: { strategy: "superstep", interrupts: { atStart: true } } })
   * for (let step = yield* run.step(); step !== undefined; step = yield* run.step()) console.log(step.ran)
   * ```
   */
  readonly step: () => Effect.Effect<StepView.StepView | undefined, RunError>
  /** Lets nodes start again; failures that paused the run are retried. */
  readonly resume: (reason?: string) => Effect.Effect<void, RunError>
  /** Interrupts what runs and waits until the run has ended as cancelled. A run that has ended already stays as it is. */
  readonly cancel: (reason?: string) => Effect.Effect<RunReport.RunReport, RunError>
}
