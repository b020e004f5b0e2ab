import {
  type DefinitionError,
  ErrorText,
  type FrontierContext,
  type Problem,
  type Rejection,
  type RunError,
  type RunReason,
  type StoreError
} from "@dagflow/protocol"

/** What every promise of this package rejects with. */
export class DagFlowError extends Error {
  override readonly name = "DagFlowError"
  /**
   * What went wrong, in one word: the name of its page in the documentation.
   *
   * - `DefinitionError`: the flow has problems, all of them in `problems`.
   * - `NodesFailed`, `TimedOut`, `Stalled`, `Cancelled`, `HookFailed`: how a run ended that did not complete.
   * - `CommandRejected`: a command or an answer was refused; `rejection` says why.
   * - `RunNotFound`, `RunExists`, `RunNotOwned`, `FlowChanged`, `InputsChanged`, `ActionsMissing`, `InvalidInput` …: why a run
   *   cannot be started or reached.
   * - `StoreFailed`, `Unavailable`, `Corrupt` …: what is wrong with the store.
   * - `MissingPackage`: the package of the store is not installed. `InvalidStore`: its address is none.
   * - `OtherCopy`: the flow was made with another copy of this package, as bundlers make them, than the engine.
   * - `Aborted`: the signal was aborted. `Closed`: the engine was.
   * - `Defect`: an error that should not happen; it is the `cause`.
   */
  readonly code: string
  /** The run that it is about. */
  readonly runId: string | undefined
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly isRetryable: boolean
  readonly #error: DefinitionError | RunError | StoreError | undefined

  constructor(
    code: string,
    message: string,
    options: {
      readonly runId?: string | undefined
      readonly isRetryable?: boolean
      readonly error?: DefinitionError | RunError | StoreError
      readonly cause?: unknown
    } = {}
  ) {
    const { error } = options
    // The inside of the engine is nobody's reading: `stack` has what it says. Of what should not happen it is all there is.
    super(message, error === undefined ? { cause: options.cause } : undefined)
    this.#error = error
    this.code = code
    this.isRetryable = options.isRetryable ?? error?.isRetryable ?? false
    this.runId = options.runId ?? (error !== undefined && "runId" in error ? error.runId : undefined)
  }

  /** What failed, where the run stood and what to do next, in lines for people: `stack` ends with them. */
  get text(): string {
    return this.#error === undefined ? this.message : ErrorText.render(this.#error).trimEnd()
  }

  /** With `CommandRejected`: why. */
  get rejection(): Rejection.Rejection | undefined {
    return this.#reason?._tag === "CommandRejected" ? this.#reason.rejection : undefined
  }

  /** With `NodesFailed`: the nodes that failed, and why. */
  get nodes(): Extract<RunReason, { readonly _tag: "NodesFailed" }>["nodes"] {
    return this.#reason?._tag === "NodesFailed" ? this.#reason.nodes : []
  }

  /** With `DefinitionError`: every problem of the flow, with its place. */
  get problems(): ReadonlyArray<Problem> {
    return this.#error?._tag === "DefinitionError" ? this.#error.problems : []
  }

  /** Where the run stood, when it had begun. */
  get frontier(): FrontierContext.FrontierContext | undefined {
    return this.#error?._tag === "RunError" ? this.#error.context : undefined
  }

  get #reason(): RunReason | undefined {
    return this.#error?._tag === "RunError" ? this.#error.reason : undefined
  }
}
