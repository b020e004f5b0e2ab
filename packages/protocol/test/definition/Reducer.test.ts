import fc from "fast-check"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { Reducer } from "../../src/index.ts"

const reduce = (
  name: Reducer.BuiltInName,
  ...values: ReadonlyArray<Schema.Json>
): Schema.Json | undefined => {
  let value = Reducer.builtIn[name].initial
  for (const update of values) value = Result.getOrThrow(Reducer.builtIn[name].reduce(value, update))
  return value
}

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Schema.Json>

/** The test cases of RFC 7396, appendix A. */
const rfc7396: ReadonlyArray<readonly [original: string, patch: string, result: string]> = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', "{}"],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', "null", "null"],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
  ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}']
]

describe("Reducer", () => {
  it.each(rfc7396)("merge makes of %s and %s what RFC 7396 says (row 101)", (original, patch, result) => {
    expect(Reducer.mergePatch(JSON.parse(original), JSON.parse(patch))).toEqual(JSON.parse(result))
  })

  it("merge takes the example of RFC 7396 whole (row 101)", () => {
    const document = {
      title: "Goodbye!",
      author: { givenName: "John", familyName: "Doe" },
      tags: ["example", "sample"],
      content: "This will be unchanged"
    }
    const patch = {
      title: "Hello!",
      phoneNumber: "+01-123-456-7890",
      author: { familyName: null },
      tags: ["example"]
    }
    expect(reduce("merge", document, patch)).toEqual({
      title: "Hello!",
      author: { givenName: "John" },
      tags: ["example"],
      content: "This will be unchanged",
      phoneNumber: "+01-123-456-7890"
    })
  })

  it("merge keeps the value itself where a patch changes nothing, and sets no prototypes", () => {
    const value = { a: { b: 1 } }
    expect(Reducer.mergePatch(value, { a: { b: 1 }, c: null })).toBe(value)
    const merged = Reducer.mergePatch({}, JSON.parse('{"__proto__":{"x":1}}')) as object
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"x":1}}')
  })

  it.each<readonly [ReadonlyArray<Schema.Json>, Schema.Json]>([
    [["a"], ["a"]],
    [
      ["a", "b", "c"],
      ["a", "b", "c"]
    ],
    [
      [["a", "b"], "c", ["d"]],
      ["a", "b", "c", "d"]
    ],
    [[[["a", "b"]]], [["a", "b"]]],
    [[[], null], [null]]
  ])("append makes a list of %j in the order in which they came (row 97)", (values, result) => {
    expect(reduce("append", ...values)).toEqual(result)
  })

  it("append turns a scalar into a list, before and after (row 97)", () => {
    expect(Result.getOrThrow(Reducer.builtIn.append.reduce("first", "second"))).toEqual(["first", "second"])
    expect(Result.getOrThrow(Reducer.builtIn.append.reduce(undefined, 1))).toEqual([1])
  })

  it("union keeps the first of equal items, whatever the order of their keys (row 101)", () => {
    expect(reduce("union", [{ a: 1, b: 2 }, 3], { b: 2, a: 1 }, [4, 3])).toEqual([{ a: 1, b: 2 }, 3, 4])
  })

  it("sum adds numbers and nothing else (row 101)", () => {
    expect(reduce("sum", 2, -5, 0.5)).toBe(-2.5)
    const { reduce: sum } = Reducer.builtIn.sum
    expect(sum(1, "2")).toEqual(Result.fail("an update of a sum is a number"))
    expect(sum("1", 2)).toEqual(Result.fail("its value is no number"))
    expect(sum(Number.MAX_VALUE, Number.MAX_VALUE)).toEqual(Result.fail("the sum is larger than any number"))
  })

  it("last keeps the last value, null included (row 101)", () => {
    expect(reduce("last", 1, { a: 1 }, null)).toBeNull()
  })

  it.each(["last", "append", "union"] as const)("%s is associative for any values (row 101)", (name) => {
    const { reduce: one } = Reducer.builtIn[name]
    fc.assert(
      fc.property(json, json, json, (a, b, c) => {
        const left = Result.flatMap(one(a, b), (ab) => one(ab, c))
        const right = Result.flatMap(one(b, c), (bc) => one(a, bc))
        expect(left).toEqual(right)
      })
    )
  })

  it("sum is associative for whole numbers (row 101)", () => {
    const whole = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })
    fc.assert(
      fc.property(whole, whole, whole, (a, b, c) => {
        const { reduce: sum } = Reducer.builtIn.sum
        expect(Result.flatMap(sum(a, b), (ab) => sum(ab, c))).toEqual(
          Result.flatMap(sum(b, c), (bc) => sum(a, bc))
        )
      })
    )
  })

  it("finds no reducer of the user's own, nor what objects have anyway", () => {
    expect(Reducer.find("merge")?.initial).toEqual({})
    expect(Reducer.find("mine")).toBeUndefined()
    expect(Reducer.find("constructor")).toBeUndefined()
  })
})
