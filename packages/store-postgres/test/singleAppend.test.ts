/*
 * Goal: an append that is alone in its batch writes what was asked, whichever statement carries it.
 * Method: appends one after the other, of texts and times that one statement can tell apart and of such that it cannot; then the
 *         log is read back.
 */
import type { StoredEvent } from "@dagflow/protocol"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { singleAppend } from "../src/internal/singleAppend.ts"
import { postgresNames } from "../src/internal/postgresNames.ts"
import * as Result from "effect/Result"
import { append, run } from "./requests.ts"
import { testSchema } from "./TestSchema.ts"

type Given = Pick<StoredEvent, "event"> & Partial<StoredEvent>

/** Appends of which each is one case, and whether they are sent as one text. */
const cases: ReadonlyArray<readonly [name: string, isJoined: boolean, events: ReadonlyArray<Given>]> = [
  ["one event", true, [{ event: `{"a":1}` }]],
  [
    "texts with quotes, backslashes, commas and braces",
    true,
    [{ event: String.raw`{"\\\"":[","]}` }, { event: "}{" }]
  ],
  ["a cause in the middle", true, [{ event: "1" }, { event: "2", cause: `{"hook":"h"}` }, { event: "3" }]],
  [
    "causes alone",
    true,
    [
      { event: "1", cause: "a" },
      { event: "2", cause: "b" }
    ]
  ],
  ["no events", true, []],
  ["a text that separates", false, [{ event: "a\u0001b" }, { event: "\u0001" }]],
  ["a text with NUL", false, [{ event: "\u0000" }, { event: "2" }]],
  ["an empty text", false, [{ event: "" }]],
  ["an empty cause", false, [{ event: "1", cause: "" }, { event: "2" }]],
  ["a cause that separates", false, [{ event: "1", cause: "\u0001" }]],
  ["events of two times", false, [{ event: "1" }, { event: "2", atMillis: 7 }]],
  ["an event of an earlier epoch", false, [{ event: "1", epoch: 0 }]]
]

const complete = (given: ReadonlyArray<Given>, after: number): ReadonlyArray<StoredEvent> =>
  given.map((one, index) => ({
    sequence: after + index + 1,
    atMillis: 1_000.5,
    epoch: 1,
    cause: undefined,
    ...one
  }))

it.effect("an append alone in its batch is read back as it was asked", () =>
  Effect.gen(function* () {
    const store = yield* (yield* testSchema).open()
    yield* store.create(run("r"))
    const written: Array<StoredEvent> = []
    for (const [, , given] of cases) {
      const events = complete(given, written.length)
      yield* store.append(append("r", written.length, { events }))
      written.push(...events)
    }
    expect(yield* store.read("r", 0, 1_000)).toEqual(written)
  }).pipe(Effect.scoped)
)

it.each(cases)("%s: sent as one text: %s", (_, isJoined, given) => {
  const { valuesOf } = singleAppend(Result.getOrThrow(postgresNames("s", "")), "1")
  const values = valuesOf(append("r", 0, { events: complete(given, 0) }))
  expect(values !== undefined).toBe(isJoined)
})

it("an append that settles mail is not sent as one text", () => {
  const { valuesOf } = singleAppend(Result.getOrThrow(postgresNames("s", "")), "1")
  expect(valuesOf(append("r", 0, { consumed: ["m"] }))).toBeUndefined()
})
