import type { RunHandle } from "@dagflow/core"
import {
  type Command,
  type Envelope,
  type Event,
  type NodeView,
  type RunReport,
  RunStatus,
  type StepView,
  type WaitView
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { answerAsked, Asking } from "./internal/answerAsked.ts"
import { approval, type AskedOptions } from "./internal/approval.ts"
import type { EngineRuntime } from "./internal/engineRuntime.ts"
import { type CallSite, callSite } from "./internal/errors.ts"

export type { ApprovalOptions, AskedOptions } from "./internal/approval.ts"

/** A run that this process has started or taken up. */
export class Run<out Outputs = Readonly<Record<string, unknown>>> {
  readonly #runtime: EngineRuntime
  readonly #handle: RunHandle.RunHandle<Outputs>
  readonly runId: string

  /** Runs are made by `DagFlow`. */
  constructor(runtime: EngineRuntime, handle: RunHandle.RunHandle<Outputs>) {
    this.#runtime = runtime
    this.#handle = handle
    this.runId = handle.runId
  }

  /**
   * Every recorded event, from the first one (or from the one after `after`) to the last one of the run, also of a run that
   * was taken up. A slow reader misses nothing and slows nobody; one that breaks off leaves nothing behind.
   *
   * **Example**
   * ```ts
   * for await (const { event, sequence } of run.events()) console.log(sequence, event._tag)
   * ```
   */
  events(options?: { readonly after?: number }): AsyncGenerator<Envelope.Envelope, void, void> {
    return this.#runtime.iterate(() => this.#handle.events(options), callSite())
  }

  /**
   * What happens from now on, or after the event `after`: every recorded event, and between them, where it happened, what actions
   * `emit` and log. A slow reader slows nobody: it misses no recorded event, and gets a `Gap` in place of the oldest messages that
   * are not recorded once there are more than `capacity` of them (default 1,024).
   */
  live(options?: RunHandle.LiveOptions): AsyncGenerator<RunHandle.LiveMessage, void, void> {
    return this.#runtime.iterate(() => this.#handle.live(options), callSite())
  }

  /**
   * What the attempts of one node emit from now on, such as the tokens of a model: each value in order, one `EmittedAll` at the end
   * of each attempt, and a `Gap` that counts what was emitted before this reader came or what it was too slow for. It ends with the
   * node; one that is yet to be added is waited for.
   *
   * **Example**
   * ```ts
   * for await (const message of run.emitted("write")) {
   *   if (message._tag === "Emitted") process.stdout.write(String(message.value))
   * }
   * ```
   */
  emitted(
    nodeId: string,
    options?: Pick<RunHandle.LiveOptions, "capacity">
  ): AsyncGenerator<RunHandle.EmittedMessage, void, void> {
    return this.#runtime.iterate(() => this.#handle.emitted(nodeId, options), callSite())
  }

  /**
   * Waits until the run has ended, however long it waits for people, and gives the outputs of the nodes that the flow
   * returns. Aborting the signal ends the waiting, not the run.
   *
   * **Failures**
   * `NodesFailed`, `TimedOut`, `Stalled`, `HookFailed` or `Cancelled` when the run ended so; `RunNotOwned` when another
   * process has taken it up; `StoreFailed`; `Closed` when the engine was closed meanwhile.
   */
  result(options: { readonly signal?: AbortSignal } = {}): Promise<Outputs> {
    const handle = this.#handle
    const result = Effect.flatMap(handle.outcome, ({ sequence, status }) =>
      RunStatus.isEnded(status)
        ? handle.outputs
        : Effect.andThen(Stream.runDrain(handle.events({ after: sequence })), handle.outputs)
    )
    return this.#runtime.call(result, callSite(), options.signal)
  }

  /**
   * Waits until the run has ended, or until nothing more can happen without somebody: it is paused, or nodes wait for
   * answers. The report tells which; it never rejects because of how a run ended.
   */
  outcome(options: { readonly signal?: AbortSignal } = {}): Promise<RunReport.RunReport> {
    return this.#runtime.call(this.#handle.outcome, callSite(), options.signal)
  }

  /** How the run stands: every node, its attempts, outputs and errors, and the totals. */
  report(): Promise<RunReport.RunReport> {
    return this.#runtime.call(this.#handle.report, callSite())
  }

  /** How one node stands, or `undefined` when there is none of this id. */
  node(nodeId: string): Promise<NodeView.NodeView | undefined> {
    return this.#runtime.call(this.#handle.node(nodeId), callSite())
  }

  /** A page of the steps of a run by the strategy `superstep`, filtered by what ran, was skipped or was changed in them. */
  steps(query?: StepView.StepQuery): Promise<StepView.StepPage> {
    return this.#runtime.call(this.#handle.steps(query), callSite())
  }

  /**
   * By the strategy `superstep`: lets the run go on until its next step has completed, and gives the step; the run is then
   * paused. `undefined`: no step completed any more, since the run has ended, or waits for somebody.
   */
  step(): Promise<StepView.StepView | undefined> {
    return this.#runtime.call(this.#handle.step(), callSite())
  }

  /** The waits that are open: who is asked what, by when, and what an answer has to look like. */
  waits(): Promise<ReadonlyArray<WaitView.OpenWait>> {
    return this.#runtime.call(this.#handle.waits, callSite())
  }

  /**
   * Answers the wait of a node: the answer becomes its outputs. Before the wait opens, the answer is kept for it.
   *
   * **Failures**
   * `CommandRejected`; its `rejection` is `InvalidInput` when the answer does not fit, `AlreadyAnswered`, `NotWaiting` …
   */
  answer(
    nodeId: string,
    outputs: Event.Outputs,
    options?: RunHandle.AnswerOptions
  ): Promise<RunHandle.AnswerOutcome> {
    return this.#runtime.call(this.#handle.answer(nodeId, outputs, options), callSite())
  }

  /**
   * Waits until the node asks, and answers `{ approved: true }`, with the `note` if there is one. Who says the same again, as a
   * program does that is started again, is told what came of it the first time. A question of a flow in this flow is named by its
   * path, such as `payment/ask`. Aborting the signal ends the waiting; the run goes on.
   *
   * **Failures**
   * - `CommandRejected`, whose `rejection` is `AlreadyAnswered` when somebody else was first, or the same person said otherwise;
   *   `NotWaiting` when the node has ended without asking, with its status; `UnknownNode` when there is none of this name, and nothing
   *   goes on that could add it; `InvalidInput` when the question wants another answer, and the node waits on.
   * - `Aborted`: the message says how the node stood, and whether the answer was sent. And those of `result` that are not about how a
   *   run ended.
   *
   * **Example**
   * ```ts
   * await run.approve("ask", { by: "Ada", signal: AbortSignal.timeout(60_000) })
   * ```
   */
  approve(nodeId: string, options?: AskedOptions): Promise<RunHandle.AnswerOutcome> {
    return this.#decide(nodeId, true, options, callSite())
  }

  /** Waits until the node asks, and answers `{ approved: false }`, with the `note` if there is one; else as `approve`. */
  reject(nodeId: string, options?: AskedOptions): Promise<RunHandle.AnswerOutcome> {
    return this.#decide(nodeId, false, options, callSite())
  }

  /** Tells the run to do something and waits until that is recorded. */
  send(command: Command.Command): Promise<RunHandle.CommandOutcome> {
    return this.#runtime.call(this.#handle.send(command), callSite())
  }

  /** Stops nodes from starting; what runs ends. */
  pause(reason?: string): Promise<void> {
    return this.#runtime.call(this.#handle.pause(reason), callSite())
  }

  /** Lets nodes start again; failures that paused the run are retried. */
  resume(reason?: string): Promise<void> {
    return this.#runtime.call(this.#handle.resume(reason), callSite())
  }

  /** Interrupts what runs, whose signals are aborted, and waits until the run has ended as cancelled. */
  cancel(reason?: string): Promise<RunReport.RunReport> {
    return this.#runtime.call(this.#handle.cancel(reason), callSite())
  }

  #decide(nodeId: string, approved: boolean, { signal, ...given }: AskedOptions = {}, site: CallSite) {
    const asking = new Asking(nodeId)
    const answered = answerAsked(this.#handle, nodeId, approval(approved, given), asking)
    return this.#runtime.call(answered, site, signal, () => asking.text)
  }
}
