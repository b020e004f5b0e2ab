import * as Effect from "effect/Effect"
import { cached } from "../requests.ts"
import { same, type StoreCase } from "../StoreCase.ts"

/** Outputs that are used again: checklist row 98. */
export const cacheCases: ReadonlyArray<StoreCase> = [
  {
    name: "cached outputs are given until they expire, by the clock of whoever asks",
    goal: "an answer of yesterday would stand for that of today",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      const output = cached("k", { expiresAtMillis: 2_000 })
      yield* same("before it is there", yield* first.getCached("k", 0), undefined)
      yield* first.putCached(output)
      yield* same("at once", yield* second.getCached("k", 1_000), output)
      yield* same("by a clock that is behind", yield* second.getCached("k", 0), output)
      yield* same("in the last moment", yield* second.getCached("k", 1_999), output)
      yield* same("in the first moment after", yield* second.getCached("k", 2_000), undefined)
      yield* same("another key", yield* second.getCached("K", 1_000), undefined)
    })
  },
  {
    name: "cached outputs without an end are given for ever",
    goal: "what never changes would be asked again and again",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.putCached(cached("k"))
      yield* same("much later", yield* store.getCached("k", Number.MAX_SAFE_INTEGER), cached("k"))
    })
  },
  {
    name: "the same key again replaces outputs, their time and their end",
    goal: "an expired answer would never be followed by a new one",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      const [old, young] = [
        cached("k", { expiresAtMillis: 2_000 }),
        cached("k", { content: "false", atMillis: 3_000.5, expiresAtMillis: 4_000 })
      ]
      yield* first.putCached(old)
      yield* second.putCached(young)
      yield* same("the younger one", yield* first.getCached("k", 3_500), young)
      yield* first.putCached(cached("k"))
      yield* same("the one without an end", yield* second.getCached("k", 9_000), cached("k"))
    })
  },
  {
    name: "cached outputs survive a restart",
    goal: "every start of a program would pay for the same answer",
    run: Effect.fnUntraced(function* ({ open }) {
      yield* Effect.scoped(Effect.flatMap(open, (store) => store.putCached(cached("k"))))
      yield* same("the outputs", yield* (yield* open).getCached("k", 1_000), cached("k"))
    })
  }
]
