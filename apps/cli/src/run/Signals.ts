/** Signals that end this process: the first parks the run, the second cancels it, the third ends the process at once. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { ExitCode } from "../output/ExitCode.ts"

/** A signal that ends this process. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP"

const signals: ReadonlyArray<Signal> = ["SIGINT", "SIGTERM", "SIGHUP"]

/** The exit code of a process that a signal has ended. */
export const exitOf = (signal: Signal): ExitCode =>
  signal === "SIGINT" ? ExitCode.interrupted : ExitCode.terminated

/** From this one on, nothing is waited for any more. */
const lastOf = 3

/** Takes over the signals while the scope is open, and gives the first two as they come. */
export const listen: Effect.Effect<Queue.Dequeue<Signal>, never, Scope.Scope> = Effect.gen(function* () {
  const queue = yield* Queue.unbounded<Signal>()
  let received = 0
  const listeners = signals.map((signal) => {
    const listener = () => {
      received++
      // The handlers of "exit" leave the terminal as it was; the store is consistent at any moment.
      if (received >= lastOf) process.exit(exitOf(signal))
      Queue.offerUnsafe(queue, signal)
    }
    process.on(signal, listener)
    return { signal, listener }
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const { listener, signal } of listeners) process.off(signal, listener)
    })
  )
  return queue
})
