import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { NodeId, RunId } from "../../src/index.ts"

const accepts = (schema: Schema.Codec<string, string>, text: string): boolean => Schema.is(schema)(text)

describe("NodeId", () => {
  it.each([
    "a",
    "fetch-users",
    "load_2",
    "Ünïcode",
    "日本語",
    "with space",
    "a/b:c",
    "x".repeat(256),
    "__proto__"
  ])("takes %j", (text) => {
    expect(NodeId.problem(text)).toBeUndefined()
    expect(accepts(NodeId.NodeId, text)).toBe(true)
  })

  it.each([
    ["", "a node id must not be empty"],
    ["x".repeat(257), "a node id has at most 256 characters"],
    [" a", "a node id must not start or end with a space"],
    ["a ", "a node id must not start or end with a space"],
    ["a.b", 'a node id must not contain "."'],
    ["a#2", 'a node id must not contain "#"'],
    ["a[0", 'a node id must not contain "["'],
    ["a]", 'a node id must not contain "]"'],
    ["a\u0000b", 'a node id must not contain "\\u0000"'],
    ["a\nb", 'a node id must not contain "\\n"'],
    ["inputs", `"inputs" is reserved: references to the run's own data start with it`],
    ["channels", `"channels" is reserved: references to the run's own data start with it`],
    ["env", `"env" is reserved: references to the run's own data start with it`]
  ])("refuses %j and says why", (text, why) => {
    expect(NodeId.problem(text)).toBe(why)
    expect(accepts(NodeId.NodeId, text)).toBe(false)
    expect(() => Schema.decodeUnknownSync(NodeId.NodeId)(text)).toThrow(why)
  })
})

describe("RunId", () => {
  it("is any text of 1 to 1,024 characters, also one with quotes, wildcards or emoji", () => {
    for (const text of ["a", "'; drop table runs; --", "%_", "🙂", "..", "x".repeat(1024)]) {
      expect(accepts(RunId.RunId, text), text).toBe(true)
    }
    expect(accepts(RunId.RunId, "")).toBe(false)
    expect(accepts(RunId.RunId, "x".repeat(1025))).toBe(false)
  })
})
