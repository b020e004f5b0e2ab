import { StoreRequest } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { cached, falsy, half, hostileTexts } from "./requests.ts"
import { refused, same, type StoreCase } from "../StoreCase.ts"

/** Outputs that are used again. */
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
  },
  {
    name: "cached outputs come back as they were, whatever they and their keys are",
    goal: "the answer to another question would be given",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      for (const text of [...hostileTexts, ...falsy]) yield* first.putCached(cached(text, { content: text }))
      for (const text of [...hostileTexts, ...falsy]) {
        const found = yield* second.getCached(text, 0)
        yield* same(`the outputs under ${JSON.stringify(text.slice(0, 20))}`, found?.content, text)
      }
    })
  },
  {
    name: "cached outputs that are too large or no Unicode are refused, and change nothing",
    goal: "one answer would fill the disk, or be kept as another one",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const maximum = StoreRequest.textBytesMax
      const tooLong = cached("k", { content: "x".repeat(maximum + 1) })
      yield* refused(store.putCached(tooLong), { _tag: "TooLarge", bytes: maximum + 1, maximum })
      yield* refused(store.putCached(cached(half)), { _tag: "Unsupported" })
      yield* refused(store.putCached(cached("k", { content: half })), { _tag: "Unsupported" })
      yield* same("the outputs", yield* store.getCached("k", 0), undefined)
      yield* store.putCached(cached("\ufffd"))
      yield* same("the outputs of no Unicode", yield* store.getCached(half, 0), undefined)
    })
  }
]
