/**
 * Follows a run to its end in this process: shows how it goes, and turns signals and `--timeout` into parking and
 * cancelling it.
 */
import { DagFlow, type RunHandle } from "@dagflow/core"
import { type RunError, RunStatus, type RunReport, type RunState } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { count } from "../output/Phrase.ts"
import type { Redactor } from "../output/Redactor.ts"
import type { Progress } from "../progress/Progress.ts"
import { RunLog } from "./RunLog.ts"
import * as Signals from "./Signals.ts"

/** Why this process let go of a run before it ended. */
export type Interruption = Signals.Signal | "timeout"

/** How following a run ended. */
export interface Followed {
  readonly runId: string
  /** The run as its log tells it. */
  readonly state: RunState.RunState
  /** What the run gives, or why it gives nothing. */
  readonly result: Result.Result<Readonly<Record<string, unknown>>, RunError>
  readonly report: RunReport.RunReport | undefined
  readonly interruption: Interruption | undefined
  /** The user asked to cancel while the run was being parked. */
  readonly cancelAsked: boolean
}

/** What is needed to follow a run. */
export interface FollowOptions<E> {
  /** The engine; it is closed when the run is let go. */
  readonly engine: Layer.Layer<DagFlow>
  /** Starts the run or takes it up. */
  readonly begin: (engine: DagFlow["Service"]) => Effect.Effect<RunHandle.RunHandle, E>
  /** Events up to this one are history. */
  readonly historyUntil: number
  readonly progress: Progress
  readonly redactor: Redactor
  readonly timeout?: Duration.Input | undefined
}

/** Follows a run to its end, or until it only waits, or until somebody ends this process. */
export const follow = <E>(options: FollowOptions<E>): Effect.Effect<Followed, E> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { begin, engine, historyUntil, progress, redactor, timeout } = options
      const signals = yield* Signals.listen
      const scope = yield* Scope.make()
      yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
      const dagflow = Context.get(yield* Layer.buildWithScope(engine, scope), DagFlow)
      const handle = yield* begin(dagflow)
      const log = new RunLog(handle.runId, historyUntil, redactor)
      log.showOn(progress)
      yield* tick(progress)
      const reading = yield* Effect.forkScoped(
        Stream.runForEach(happenings(handle, progress), (message) =>
          message._tag === "Recorded"
            ? Effect.sync(() => log.add(message.envelope))
            : Effect.map(Clock.currentTimeMillis, (now) => {
                if (message._tag !== "Logged") progress.emitted?.(message, now)
              })
        )
      )
      const ending = yield* Effect.forkScoped(ended(handle))
      const parking = park({ handle, log, progress, scope, signals })
      const stopped = yield* Effect.raceFirst(
        Effect.as(Fiber.await(ending), undefined),
        untilStopped(signals, timeout)
      )
      const cancelAsked = stopped === undefined ? false : yield* parking(stopped)
      const { report, result } = yield* Fiber.join(ending)
      // Closing the engine ends the stream of events once everything has been given.
      yield* Scope.close(scope, Exit.void)
      yield* Effect.timeoutOption(Fiber.await(reading), readingPatience)
      progress.close(yield* Clock.currentTimeMillis)
      return { runId: handle.runId, state: log.state, result, report, interruption: stopped, cancelAsked }
    })
  )

// -- internal -------------------------------------------------------------------------------------------------------

/** The events of the run, and what is emitted between them where somebody wants to see that. */
const happenings = (
  handle: RunHandle.RunHandle,
  progress: Progress
): Stream.Stream<RunHandle.LiveMessage, RunError> =>
  progress.emitted === undefined
    ? Stream.map(handle.events(), (envelope) => ({ _tag: "Recorded", envelope }) as const)
    : handle.live({ after: 0 })

/** How long the last events may take to be shown. */
const readingPatience = "10 seconds"

interface Ended {
  readonly result: Followed["result"]
  readonly report: RunReport.RunReport | undefined
}

const ended = (handle: RunHandle.RunHandle): Effect.Effect<Ended> =>
  Effect.gen(function* () {
    const outcome = yield* Effect.result(handle.outcome)
    if (Result.isFailure(outcome)) return { result: Result.fail(outcome.failure), report: undefined }
    const outputs = handle.outputs as Effect.Effect<Readonly<Record<string, unknown>>, RunError>
    return { result: yield* Effect.result(outputs), report: outcome.success }
  })

const tick = (progress: Progress) =>
  Effect.forkScoped(
    Effect.forever(
      Effect.andThen(
        Effect.sleep(progress.tickMillis),
        Effect.map(Clock.currentTimeMillis, (now) => progress.tick(now))
      )
    )
  )

const untilStopped = (
  signals: Queue.Dequeue<Signals.Signal>,
  timeout: Duration.Input | undefined
): Effect.Effect<Interruption> => {
  const signal: Effect.Effect<Interruption> = Queue.take(signals)
  return timeout === undefined
    ? signal
    : Effect.map(Effect.timeoutOption(signal, timeout), (found) =>
        Option.getOrElse(found, (): Interruption => "timeout")
      )
}

interface Parking {
  readonly handle: RunHandle.RunHandle
  readonly log: RunLog
  readonly progress: Progress
  readonly scope: Scope.Closeable
  readonly signals: Queue.Dequeue<Signals.Signal>
}

/** Lets go of the run; a second signal cancels it. Answers whether it did. */
const park =
  ({ handle, log, progress, scope, signals }: Parking) =>
  (interruption: Interruption): Effect.Effect<boolean> =>
    Effect.gen(function* () {
      const { state } = log
      const waits = state.inFlight === 0 ? "" : ` waiting for ${count(state.inFlight, "running attempt")};`
      const again = interruption === "timeout" ? "Ctrl-C cancels the run" : "Ctrl-C again cancels the run"
      const what = interruption === "timeout" ? "The time is over. Parking" : "Parking"
      progress.say(`${what}: no new nodes;${waits} saved at event ${state.sequence} (${again}).`)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      let cancelAsked = false
      const cancelling = Effect.gen(function* () {
        yield* Queue.take(signals)
        cancelAsked = true
        if (RunStatus.isEnded(state.status)) return
        progress.say("Cancelling: running attempts are interrupted (once more to leave at once).")
        yield* Effect.ignore(handle.send({ _tag: "CancelRun", reason: "cancelled by the user" }))
      })
      const watching = yield* Effect.forkChild(cancelling)
      yield* Fiber.join(closing)
      yield* Fiber.interrupt(watching)
      return cancelAsked
    })
