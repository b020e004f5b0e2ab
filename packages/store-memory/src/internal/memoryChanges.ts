import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"

/** The ids of runs that somebody is told of from now on. A reader who is slow finds each of them once. */
export const memoryChanges = (listeners: Set<(runId: string) => void>): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.acquireRelease(
      Effect.sync(() => {
        const changed = new Set<string>()
        const arrived = Latch.makeUnsafe(false)
        const listener = (runId: string): void => {
          changed.add(runId)
          arrived.openUnsafe()
        }
        listeners.add(listener)
        return { changed, arrived, listener }
      }),
      ({ listener }) => Effect.sync(() => listeners.delete(listener))
    ).pipe(
      Effect.map(({ arrived, changed }) =>
        Stream.fromEffectRepeat(
          Effect.map(arrived.await, () => {
            arrived.closeUnsafe()
            const runIds = [...changed]
            changed.clear()
            return runIds
          })
        ).pipe(Stream.flattenIterable)
      )
    )
  )
