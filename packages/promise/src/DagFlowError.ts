import {
  type DefinitionError,
  ErrorText,
  type FrontierContext,
  type Problem,
  type Rejection,
  type RunError,
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
  /** With `CommandRejected`: why. */
  readonly rejection: Rejection.Rejection | undefined
  /** With `DefinitionError`: every problem of the flow, with its place. */
  readonly problems: ReadonlyArray<Problem>
  /** Where the run stood, when it had begun. */
  readonly frontier: FrontierContext.FrontierContext | undefined

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
    super(message, { cause: error ?? options.cause })
    this.#error = error
    this.code = code
    this.isRetryable = options.isRetryable ?? error?.isRetryable ?? false
    this.runId = options.runId ?? (error !== undefined && "runId" in error ? error.runId : undefined)
    const reason = error?._tag === "RunError" ? error.reason : undefined
    this.rejection = reason?._tag === "CommandRejected" ? reason.rejection : undefined
    this.problems = error?._tag === "DefinitionError" ? error.problems : []
    this.frontier = error?._tag === "RunError" ? error.context : undefined
  }
  /**
   * What Node shows of an error that nobody caught, or that is printed: where your code called, then what failed, where the run
   * stood and what to do next. The inside of the engine, which `cause` has, is left out.
   */
  [Symbol.for("nodejs.util.inspect.custom")](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string
  ): string {
    const parts = [this.stack ?? this.message]
    if (this.#error !== undefined) parts.push(ErrorText.render(this.#error).trimEnd())
    else if (this.cause !== undefined) parts.push(`cause: ${inspect(this.cause, options)}`)
    return parts.join("\n\n")
  }
}
