import fc from "fast-check"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { plainValue } from "../../src/action/plainValue.ts"

type Codec = Schema.Codec<unknown>

/** Schemas that leave values alone, and schemas that do not. */
const schemas: Readonly<Record<string, Schema.Codec<never>>> = {
  text: Schema.String,
  "whole number": Schema.Int,
  "number in a range": Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
  object: Schema.Struct({ a: Schema.String, b: Schema.optionalKey(Schema.Int) }),
  "object with an optional member": Schema.Struct({ a: Schema.optional(Schema.Boolean) }),
  "object with a default": Schema.Struct({
    a: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(7)))
  }),
  "two kinds of objects": Schema.Union([
    Schema.Struct({ a: Schema.Int }),
    Schema.Struct({ a: Schema.Int, b: Schema.Int })
  ]),
  "text or object": Schema.Union([Schema.String, Schema.Struct({ a: Schema.Int })]),
  "list of objects": Schema.Array(Schema.Struct({ a: Schema.NullOr(Schema.Int) })),
  "list of lists": Schema.Array(Schema.Array(Schema.Boolean)),
  pair: Schema.Tuple([Schema.String, Schema.Int]),
  record: Schema.Record(Schema.String, Schema.Int),
  "one of two": Schema.Literals(["a", "b"]),
  "number as text": Schema.Struct({ a: Schema.FiniteFromString }),
  date: Schema.Struct({ a: Schema.DateFromString }),
  "renamed member": Schema.Struct({ a: Schema.String }).pipe(Schema.encodeKeys({ a: "b" })),
  anything: Schema.Unknown
} as never

const small = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    fc.constantFrom(null, true, 0, 1, 7, 1.5, "a", "b", "1", ""),
    fc.array(tie("json"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("json"), { maxKeys: 3, noNullPrototype: true })
  )
})).json

describe("plainValue", () => {
  it.each(Object.entries(schemas))("calls nothing plain that a schema would change: %s", (_, schema) => {
    const isPlain = plainValue((schema as unknown as Codec).ast)
    const decode = Schema.decodeUnknownResult(schema as unknown as Codec)
    const encode = Schema.encodeUnknownResult(schema as unknown as Codec)
    fc.assert(
      fc.property(small, (value) => {
        if (isPlain?.(value) !== true) return
        expect(decode(value)).toEqual(Result.succeed(value))
        expect(encode(value)).toEqual(Result.succeed(value))
      }),
      { numRuns: 500 }
    )
  })

  it.each([
    ["text", "a"],
    ["whole number", 1],
    ["number in a range", 1.5],
    ["object", { a: "a" }],
    ["object", { a: "a", b: 1 }],
    ["list of objects", [{ a: 1 }, { a: null }]],
    ["text or object", { a: 1 }],
    ["list of lists", [[true], []]]
  ])("sees that a value of a common schema is plain: %s", (name, value) => {
    expect(plainValue((schemas[name] as unknown as Codec).ast)?.(value)).toBe(true)
  })

  it.each([
    ["whole number", 1.5],
    ["number in a range", 4],
    ["object", { a: "a", c: 1 }],
    ["object", { b: 1 }],
    ["list of objects", [{ a: "a" }]]
  ])("leaves to the schema what it refuses or cuts: %s", (name, value) => {
    expect(plainValue((schemas[name] as unknown as Codec).ast)?.(value)).toBe(false)
  })
})
