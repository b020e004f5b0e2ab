import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { JsonFormatAction, JsonParseAction, TextTemplateAction } from "@dagflow/actions"
import { attempt } from "../attempt.ts"

const parse = JsonParseAction.make()
const format = JsonFormatAction.make()
const template = TextTemplateAction.make()

describe("JsonParseAction and JsonFormatAction", () => {
  it.effect.prop(
    "read what the other one writes",
    [Schema.Json, Schema.Literals([0, 2])],
    ([value, indent]) =>
      Effect.gen(function* () {
        const { text } = yield* attempt(format, { value, indent })
        const back = yield* attempt(parse, { text })
        expect(back.value).toEqual(JSON.parse(JSON.stringify(value)))
      })
  )

  it.effect("say what is wrong with a text that is not JSON", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(attempt(parse, { text: `{"a": 1,}` }))
      expect(error.reason._tag).toBe("MalformedJson")
      expect(error.isRetryable).toBe(false)
      expect(error.message).toContain("the text is not JSON")
    })
  )
})

describe("TextTemplateAction", () => {
  it.effect("puts texts in as they are and other values as JSON", () =>
    Effect.gen(function* () {
      const input = {
        template: "{{ name }} has {{count}} of {{list}}, first {{list[0].id}}; {{name}}; {{nothing}}",
        name: "Ada $& {{count}}",
        count: 2,
        list: [{ id: "x" }],
        nothing: null
      }
      expect(yield* attempt(template, input)).toEqual({
        text: `Ada $& {{count}} has 2 of [{"id":"x"}], first x; Ada $& {{count}}; null`
      })
    })
  )

  it.effect("names every value that is missing, inherited ones included", () =>
    Effect.gen(function* () {
      const input = { template: "{{a}} {{b.c}} {{toString}} {{a}} {{d[3]}}", b: {}, d: [1] }
      const error = yield* Effect.flip(attempt(template, input))
      expect(error.reason).toEqual({ _tag: "MissingValues", names: ["a", "b.c", "toString", "d[3]"] })
    })
  )
})
