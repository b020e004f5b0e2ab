import { type Envelope, Event, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"

/** The log of a run that another process may be writing, from after a sequence number until the run has ended. */
export const followLog = (
  store: RunStore,
  runId: string,
  afterSequence: number
): Stream.Stream<Envelope.Envelope, StoreError> => {
  const follow = Effect.gen(function* () {
    const latch = Latch.makeUnsafe(true)
    const listen = Stream.runForEach(store.changesOf(runId), () => Effect.sync(() => latch.openUnsafe()))
    // A store that can no longer tell of changes is asked again: the read says what is wrong with it.
    yield* Effect.forkScoped(Effect.ensuring(listen, latch.open), { startImmediately: true })
    const next = (
      after: number
    ): Effect.Effect<readonly [ReadonlyArray<Envelope.Envelope>, Option.Option<number>], StoreError> =>
      Effect.suspend(() => {
        latch.closeUnsafe()
        return Effect.flatMap(store.readPage(runId, after), (page) => {
          const last = page.at(-1)
          if (last === undefined) return Effect.andThen(latch.await, next(after))
          return Effect.succeed([
            page,
            Event.isTerminal(last.event) ? Option.none() : Option.some(last.sequence)
          ])
        })
      })
    return Stream.paginate(afterSequence, next)
  })
  return Stream.unwrap(follow)
}
