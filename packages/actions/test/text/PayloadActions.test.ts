import { describe, expect, it } from "@effect/vitest"
import {
  TextAffixAction,
  TextCaseAction,
  TextCountAction,
  TextReverseAction,
  WordFrequencyAction
} from "@dagflow/actions"
import { DagFlow, Flow } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { attempt } from "../attempt.ts"

const textCase = TextCaseAction.make()
const reverse = TextReverseAction.make()
const affix = TextAffixAction.make()
const count = TextCountAction.make()
const frequency = WordFrequencyAction.make()

describe("actions that transform the payload", () => {
  it.effect("change its case, turn it round, and put something around it", () =>
    Effect.gen(function* () {
      const to = (payload: string, word: "upper" | "lower" | "proper") =>
        Effect.map(attempt(textCase, { payload, to: word }), (given) => given.payload)
      expect(yield* to("hello wörld", "upper")).toBe("HELLO WÖRLD")
      expect(yield* to("HELLO", "lower")).toBe("hello")
      expect(yield* to("the QUICK  brown", "proper")).toBe("The Quick  Brown")
      // A character of two code units stays whole.
      expect(yield* attempt(reverse, { payload: "ab😀" })).toEqual({ payload: "😀ba" })
      expect(yield* attempt(affix, { payload: "x", prefix: "[", suffix: "]" })).toEqual({ payload: "[x]" })
      expect(yield* attempt(affix, { payload: "x" })).toEqual({ payload: "x" })
    })
  )
})

const nodes = Flow.make("analyses", { inputs: { payload: Schema.String } }, (f) => {
  const counted = f.node("count", count, { payload: Flow.payload }, { intent: "analyze" })
  const words = f.node(
    "words",
    frequency,
    { payload: Flow.payload },
    { intent: "analyze", dependsOn: [counted] }
  )
  return { counted, words }
})

describe("actions that analyse the payload", () => {
  const engine = DagFlow.layer().pipe(Layer.provide(MemoryStore.layer))

  it.effect.each([
    ["hello  world\nagain", { characters: 18, words: 3, lines: 2 }, { again: 1, hello: 1, world: 1 }],
    ["a A, a!\n", { characters: 8, words: 3, lines: 1 }, { a: 3 }],
    ["", { characters: 0, words: 0, lines: 1 }, {}]
  ] as const)(
    "count characters, words and lines, and how often words occur: %j",
    ([payload, counts, words]) =>
      Effect.gen(function* () {
        const run = yield* (yield* DagFlow).start(nodes, { input: { payload } })
        const { counted, words: found } = yield* run.outputs
        expect(counted).toEqual(counts)
        expect(found).toEqual({ frequency: words, unique: Object.keys(words).length })
        const report = yield* run.report
        expect(report.payload).toBe(payload)
        expect(report.nodes.map(({ metadata }) => metadata)).toEqual([counts, found])
      }).pipe(Effect.provide(engine))
  )
})
