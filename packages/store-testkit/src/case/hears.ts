import type { StoreError } from "@dagflow/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { fail, type StoreCaseFailed } from "../StoreCase.ts"

/** Waits for a listener, and fails when it has not heard what it waits for. */
export const within = (
  deadline: Duration.Duration,
  listening: Fiber.Fiber<void, StoreError>,
  missing: () => ReadonlyArray<string>
) =>
  Effect.timeoutOrElse(Fiber.join(listening), {
    duration: deadline,
    orElse: () => fail(`nobody was told of ${missing().join()}`)
  })

/** Listens, does something, and waits until all of the runs were named. */
export const hears = (
  deadline: Duration.Duration,
  news: Stream.Stream<string, StoreError>,
  act: Effect.Effect<unknown, StoreCaseFailed | StoreError>,
  runIds: ReadonlyArray<string>
) =>
  Effect.gen(function* () {
    const missing = new Set(runIds)
    const heard = Stream.runForEachWhile(news, (runId) =>
      Effect.sync(() => {
        missing.delete(runId)
        return missing.size > 0
      })
    )
    const listening = yield* Effect.forkChild(heard, { startImmediately: true })
    yield* act
    yield* within(deadline, listening, () => [...missing])
    if (missing.size > 0) yield* fail(`the stream of news ends by itself, before ${[...missing].join()}`)
  })
