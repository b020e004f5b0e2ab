import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import type { VirtualProcess } from "../world/VirtualProcess.ts"

/**
 * What others did, told as one of the process's own next tasks: processes meet nowhere else. `subscribe` gets whom to tell, and
 * answers how to end that.
 */
export const newsFor = (
  process: VirtualProcess,
  subscribe: (tell: (runId: string) => void) => () => void
): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => {
          const changed = new Set<string>()
          const arrived = Latch.makeUnsafe(false)
          const leave = subscribe((runId) => {
            // One task tells all: a process that stands still for a while hears of much at once.
            if (changed.size === 0) process.soon(() => arrived.openUnsafe())
            changed.add(runId)
          })
          return { changed, arrived, leave }
        }),
        ({ leave }) => Effect.sync(leave)
      ),
      ({ arrived, changed }) =>
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
