import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../src/definition/canonicalJson.ts"

/** RFC 8785 as its section 3.2.3 tells it, without any short cut. */
const byTheBook = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(byTheBook).join(",")}]`
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${byTheBook(member)}`)
  return `{${members.join(",")}}`
}

/** Keys that JavaScript orders by itself, keys that set prototypes, and keys whose order depends on how one compares. */
const key = fc.oneof(
  fc.constantFrom("9", "10", "01", "__proto__", "toJSON", "constructor", "", "é", "z", "\u{1f600}", "\uffff"),
  fc.string({ maxLength: 3 })
)

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, 0, -0, 1.5, "", "text"),
    fc.array(tie("json"), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(key, tie("json")), { maxLength: 5, selector: ([name]) => name })
      .map((entries) =>
        JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`)
      )
  )
}))

describe("canonicalJson", () => {
  it("writes every value as RFC 8785 has it, and leaves the value as it was", () => {
    fc.assert(
      fc.property(json, (value) => {
        const before = JSON.stringify(value)
        expect(canonicalJson(value as never)).toBe(byTheBook(value))
        expect(JSON.stringify(value)).toBe(before)
      }),
      { numRuns: 2000 }
    )
  })

  it("leaves out members that are undefined", () => {
    expect(canonicalJson({ b: undefined, a: { d: 1, c: undefined } } as never)).toBe('{"a":{"d":1}}')
  })
})
