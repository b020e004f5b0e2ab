/**
 * The engine of a program that does not use Effect: it is built when it is first needed, and what it does is told by
 * promises and async iterables, which reject with `DagFlowError` as thrown where the user called.
 */
import { DagFlow } from "@dagflow/core"
import type { StoreError } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import { DagFlowError } from "../DagFlowError.ts"
import { Following } from "./following.ts"
import { type CallSite, thrownAt, toDagFlowError } from "./errors.ts"

type EngineLayer = Layer.Layer<DagFlow, StoreError | DagFlowError>
type Runtime = ManagedRuntime.ManagedRuntime<DagFlow, StoreError | DagFlowError>

const closed = () => new DagFlowError("Closed", "the engine is closed: make another one with createDagFlow")

const aborted = (signal: AbortSignal, state: string | undefined) =>
  new DagFlowError("Aborted", `the signal was aborted${state === undefined ? "" : `: ${state}`}`, {
    cause: signal.reason
  })

/** An engine that is built when it is first needed. */
export class EngineRuntime {
  readonly #layer: EngineLayer
  #runtime: Runtime | undefined
  #closing: Promise<void> | undefined

  constructor(layer: EngineLayer) {
    this.#layer = layer
  }

  /** Runs an effect. With a signal, it is interrupted once that is aborted; `state` says how far it has come then. */
  async call<A>(
    effect: Effect.Effect<A, unknown, DagFlow>,
    site: CallSite,
    signal?: AbortSignal,
    state?: () => string
  ): Promise<A> {
    if (this.#closing !== undefined) throw thrownAt(closed(), site)
    if (signal?.aborted === true) throw thrownAt(aborted(signal, state?.()), site)
    const runtime = this.#open()
    const exit = await runtime.runPromiseExit(effect, signal && { signal })
    if (Exit.isSuccess(exit)) return exit.value
    await this.#forgetUnbuilt(runtime)
    throw thrownAt(this.#errorOf(exit.cause, signal, state), site)
  }

  /** What a stream gives, for as long as the reader reads; one that breaks off ends the stream. */
  iterate<A>(
    stream: (dagflow: DagFlow["Service"]) => Stream.Stream<A, unknown>,
    site: CallSite
  ): AsyncGenerator<A, void, void> {
    const open = async () => {
      const dagflow = await this.call(DagFlow, site)
      return Stream.toAsyncIterable(stream(dagflow))[Symbol.asyncIterator]()
    }
    return new Following(open, (error) => thrownAt(toDagFlowError(error), site))
  }

  /** Gives all runs back and ends everything that keeps the process alive. Nothing can be asked afterwards. */
  close(): Promise<void> {
    this.#closing ??= this.#runtime?.dispose() ?? Promise.resolve()
    return this.#closing
  }

  #open(): Runtime {
    this.#runtime ??= ManagedRuntime.make(this.#layer)
    return this.#runtime
  }

  /** An engine whose store could not be opened is built anew by the next call, when the store may be there. */
  async #forgetUnbuilt(runtime: Runtime): Promise<void> {
    if (this.#closing !== undefined || this.#runtime !== runtime) return
    const built = await Effect.runPromiseExit(runtime.contextEffect)
    if (Exit.isSuccess(built) || this.#runtime !== runtime) return
    this.#runtime = undefined
    await runtime.dispose()
  }

  #errorOf(
    cause: Cause.Cause<unknown>,
    signal: AbortSignal | undefined,
    state: (() => string) | undefined
  ): DagFlowError {
    if (Cause.hasInterruptsOnly(cause))
      return signal?.aborted === true ? aborted(signal, state?.()) : closed()
    return toDagFlowError(Cause.squash(cause))
  }
}
