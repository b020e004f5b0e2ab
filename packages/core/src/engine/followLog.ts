import { type Envelope, Event, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"

/** Characters of text that a reader is given at once, about: one that stalls keeps them, and many may. */
const lengthMax = 262_144

/** Events that are read before it is known how long they are. */
const limitFirst = 64

const limitMax = 2000

interface Page {
  readonly envelopes: ReadonlyArray<Envelope.Envelope>
  readonly last: Envelope.Envelope
  /** Events to be read next. */
  readonly limit: number
}

/**
 * The log of a run that another process may be writing, from after a sequence number until the run has ended. `pages`: whether what was
 * appended together comes together, as far as there is room for it, or in pieces that many slow readers may keep.
 */
export const followLog = (
  store: RunStore,
  runId: string,
  afterSequence: number,
  pages: "whole" | "small" = "whole"
): Stream.Stream<Envelope.Envelope, StoreError> => {
  const follow = Effect.gen(function* () {
    const latch = Latch.makeUnsafe(true)
    const listen = Stream.runForEach(store.changesOf(runId), () => Effect.sync(() => latch.openUnsafe()))
    // A store that can no longer tell of changes is asked again: the read says what is wrong with it.
    yield* Effect.forkScoped(Effect.ensuring(listen, latch.open), { startImmediately: true })
    const read = (after: number, limit: number): Effect.Effect<Page, StoreError> =>
      Effect.suspend(() => {
        latch.closeUnsafe()
        return Effect.flatMap(store.readMeasured(runId, after, limit), ({ envelopes, length }) => {
          const last = envelopes.at(-1)
          if (last === undefined) return Effect.andThen(latch.await, read(after, limit))
          const fitting = Math.floor((lengthMax * envelopes.length) / Math.max(length, 1))
          const next = pages === "whole" ? limitMax : Math.min(Math.max(fitting, 1), limitMax)
          return Effect.succeed({ envelopes, last, limit: next })
        })
      })
    const first = { after: afterSequence, limit: pages === "whole" ? limitMax : limitFirst }
    return Stream.paginate(first, ({ after, limit }) =>
      Effect.map(read(after, limit), (page) => {
        const { event, sequence } = page.last
        const next = Event.isTerminal(event)
          ? Option.none()
          : Option.some({ after: sequence, limit: page.limit })
        return [page.envelopes, next] as const
      })
    )
  })
  return Stream.unwrap(follow)
}
