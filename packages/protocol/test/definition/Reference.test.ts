import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Reference } from "../../src/index.ts"

/** A name as it may stand in a reference: anything without the characters that separate the steps. */
const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[.[\]]/.test(text))
const step = fc.oneof(name, fc.integer({ min: 0, max: 999_999_999 }))
const path = fc.array(step, { maxLength: 6 })

const reference: fc.Arbitrary<Reference.Reference> = fc.oneof(
  fc.record({ _tag: fc.constantFrom("Input" as const, "Channel" as const), name, path }),
  fc.record({
    _tag: fc.constant("Output" as const),
    nodeId: name.filter((text) => text !== "inputs" && text !== "channels"),
    output: name,
    path
  })
)

describe("Reference", () => {
  it("reads what it has written", () => {
    fc.assert(
      fc.property(reference, (one) => {
        expect(Reference.parse(Reference.format(one))).toEqual(one)
      })
    )
  })

  it("writes what it has read, and is never undecided about a text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[ab.[\]0-9]*$/)), (text) => {
        const read = Reference.parse(text)
        if (read._tag === "MalformedReference") return
        // An index is written without leading zeros, which is the one freedom that a text has.
        expect(Reference.format(read)).toBe(text.replaceAll(/\[0+(?=\d)/g, "["))
      })
    )
  })

  it.each([
    ["inputs.day", { _tag: "Input", name: "day", path: [] }],
    ["inputs.day.year[0]", { _tag: "Input", name: "day", path: ["year", 0] }],
    ["fetch.rows", { _tag: "Output", nodeId: "fetch", output: "rows", path: [] }],
    ["fetch.rows[0].name", { _tag: "Output", nodeId: "fetch", output: "rows", path: [0, "name"] }],
    ["fetch.rows[1][2]", { _tag: "Output", nodeId: "fetch", output: "rows", path: [1, 2] }],
    ["fetch.0", { _tag: "Output", nodeId: "fetch", output: "0", path: [] }],
    ["my node.my output", { _tag: "Output", nodeId: "my node", output: "my output", path: [] }],
    ["channels.log", { _tag: "Channel", name: "log", path: [] }],
    ["channels.log[0].text", { _tag: "Channel", name: "log", path: [0, "text"] }],
    ["channel.log", { _tag: "Output", nodeId: "channel", output: "log", path: [] }],
    ["inputs.inputs", { _tag: "Input", name: "inputs", path: [] }],
    ["input.x", { _tag: "Output", nodeId: "input", output: "x", path: [] }]
  ])("reads %s", (text, expected) => {
    expect(Reference.parse(text)).toEqual(expected)
  })

  it.each([
    ["", `"" does not start with "inputs", "channels" or the id of a node`],
    [".a", `".a" does not start with "inputs", "channels" or the id of a node`],
    ["[0]", `"[0]" does not start with "inputs", "channels" or the id of a node`],
    ["fetch", `"fetch" names no value: write "inputs.<name>", "channels.<name>" or "<node>.<output>"`],
    ["inputs", `"inputs" names no value: write "inputs.<name>", "channels.<name>" or "<node>.<output>"`],
    ["fetch[0]", `"fetch[0]" names no value: write "inputs.<name>", "channels.<name>" or "<node>.<output>"`],
    ["each", `"each" names no value: write "each.item" or "each.index"`],
    ["fetch.", `"fetch." cannot be read from its character 6 on`],
    ["fetch..rows", `"fetch..rows" cannot be read from its character 6 on`],
    ["fetch.rows[", `"fetch.rows[" cannot be read from its character 11 on`],
    ["fetch.rows[]", `"fetch.rows[]" cannot be read from its character 11 on`],
    ["fetch.rows[-1]", `"fetch.rows[-1]" cannot be read from its character 11 on`],
    ["fetch.rows[a]", `"fetch.rows[a]" cannot be read from its character 11 on`],
    ["fetch.rows[1.5]", `"fetch.rows[1.5]" cannot be read from its character 11 on`],
    ["fetch.rows[1]x", `"fetch.rows[1]x" cannot be read from its character 14 on`],
    ["fetch.rows]", `"fetch.rows]" cannot be read from its character 11 on`],
    ["fetch.rows[1234567890]", `"fetch.rows[1234567890]" cannot be read from its character 11 on`]
  ])("refuses %j and says where", (text, message) => {
    expect(Reference.parse(text)).toEqual({ _tag: "MalformedReference", message })
  })

  it("refuses a text that is too long without reading it", () => {
    expect(Reference.parse(`a.${"b".repeat(2046)}`)._tag).toBe("Output")
    expect(Reference.parse(`a.${"b".repeat(2047)}`)).toMatchObject({
      message: "a reference has at most 2048 characters"
    })
  })
})
