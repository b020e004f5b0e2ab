/*
 * Goal: no text makes the reader hang, grow without bound, throw, or make up a flow. Method: texts that were made to, each
 * with the problem that is expected; whatever is left is tried by chance.
 */
import fc from "fast-check"
import { readFileSync } from "node:fs"
import path from "node:path"
import { FlowSpec } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { inspect, nodes } from "./reading.ts"

const codes = (text: string) => inspect(text).problems.map(({ code }) => code)

const withValue = (value: string) => nodes(`  a: { action: work, inputs: { x: ${value} } }`)

describe("FlowYaml on hostile text", () => {
  it("does not follow aliases without end: a billion laughs are refused after some thousands", () => {
    const letters = Array.from("abcdefghij")
    const lines = letters.map(
      (letter, index) =>
        `  ${letter}: &${letter} [${Array(9)
          .fill(index === 0 ? "ha" : `*${letters[index - 1]}`)
          .join(", ")}]`
    )
    const text = `name: flow\nmetadata:\n${lines.join("\n")}\nnodes: { a: work }`
    const { problems } = inspect(text)
    expect(problems.map(({ code }) => code)).toEqual(["LimitExceeded"])
    expect(problems[0]?.message).toContain("aliases")
  })

  it("refuses aliases that repeat a long list for each of many nodes", () => {
    const ids = Array.from({ length: 2000 }, (_, index) => `n${index}`)
    const text = nodes(
      `  first: { action: work, dependencies: &all [${ids.join(", ")}] }\n${ids.map((id) => `  ${id}: { action: work, dependencies: *all }\n`).join("")}`
    )
    expect(codes(text)).toContain("LimitExceeded")
  })

  it("refuses a chain of aliases that is deeper than values may be", () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => `  a${index + 1}: &a${index + 1} [*a${index}]`)
    expect(codes(`name: f\nmetadata:\n  a0: &a0 [1]\n${chain.join("\n")}\nnodes: { a: work }`)).toContain(
      "LimitExceeded"
    )
  })

  it.each([
    ["an alias to what contains it", "&a [*a]"],
    ["an alias to nothing", "*nothing"],
    ["a map that takes over its own keys", "&a { <<: *a }"],
    ["a tag of its own", "!secret x"],
    ["a tag of another program", "!!js/function 'function () {}'"],
    ["a binary value", "!!binary aGk="],
    ["a date, by its tag", "!!timestamp 2020-01-01"]
  ])("refuses %s", (_, value) => {
    expect(codes(withValue(value))).toContain("SyntaxError")
  })

  it.each([
    ["no number", ".nan"],
    ["an infinite number", "-.inf"],
    ["a number beyond all numbers", "1e999"],
    ["a number with more digits than are kept", "12345678901234567890"],
    ["a key that is a number", "{ 1: x }"],
    ["a key that is true", "{ true: x }"],
    ["a key that is nothing", "{ : x }"],
    ["a key that is a list", "{ [a]: x }"],
    ["half a character", '"\\uD800"'],
    ["half a character in a key", '{ "\\uD800": 1 }'],
    ["the prototype of objects", "{ __proto__: { a: 1 } }"],
    ["the constructor of objects", "{ constructor: { a: 1 } }"]
  ])("refuses %s", (_, value) => {
    expect(codes(withValue(value))).toEqual(["InvalidValue"])
  })

  it.each(["__proto__", "constructor", "prototype"])("refuses %s as a node, an input and a key", (key) => {
    for (const text of [
      nodes(`  ${key}: work`),
      withValue(`{ ${key}: 1 }`),
      `name: f\nnodes: { a: work }\n${key}: {}`
    ]) {
      expect(codes(text)).toContain("InvalidValue")
    }
    expect(Object.prototype).not.toHaveProperty("a")
  })

  it("keeps numbers that are what they say, however large", () => {
    const inputs = inspect(
      nodes(
        "  a: { action: work, inputs: { x: 9007199254740991, y: 1e21, z: 12345678901234567000, o: 0o17 } }"
      )
    ).flow?.nodes[0]?.inputs
    expect(inputs).toEqual({
      x: { value: 9007199254740991 },
      y: { value: 1e21 },
      z: { value: 12345678901234567000 },
      o: { value: 15 }
    })
  })

  it.each([
    ["lists in lists", "[".repeat(10_000)],
    ["lists in lists, all closed", "[".repeat(10_000) + "]".repeat(10_000)],
    ["lists in lists by indentation", "- ".repeat(10_000)],
    ["maps in maps", "{a: ".repeat(10_000)],
    [
      "maps in maps by indentation",
      Array.from({ length: 10_000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")
    ],
    ["keys in keys", "? ".repeat(10_000)]
  ])("refuses a document with 10,000 %s", (_, text) => {
    expect(codes(text)).toEqual(["LimitExceeded"])
  })

  it("lets values be as deep as the limit says, and no deeper", () => {
    // Around the value: the file, nodes, the node, its inputs.
    const deep = (depth: number) => withValue("[".repeat(depth) + "]".repeat(depth))
    expect(codes(deep(90))).toEqual([])
    expect(codes(deep(101))).toEqual(["LimitExceeded"])
  })

  it("refuses 50 MB without looking inside", () => {
    const { problems } = inspect("a: b\n".repeat(10_000_000))
    expect(problems.map(({ code }) => code)).toEqual(["LimitExceeded"])
  })

  it("counts bytes, not characters", () => {
    const limits = { bytesMax: 100 }
    expect(
      inspect(`name: ${"é".repeat(40)}\nnodes: []`, { limits }).problems.map(({ code }) => code)
    ).toEqual(["EmptyFlow"])
    expect(
      inspect(`name: ${"é".repeat(60)}\nnodes: []`, { limits }).problems.map(({ code }) => code)
    ).toEqual(["LimitExceeded"])
  })

  it("refuses a second document, a YAML of another version, and characters that YAML does not know", () => {
    expect(codes("name: a\nnodes: []\n---\nname: b\n")).toEqual(["SyntaxError"])
    expect(codes("%YAML 1.1\n---\nname: a\nnodes: []\n")).toEqual(["SyntaxError"])
    const { problems } = inspect("name: a\nnodes: { a: wo\u0000rk }")
    expect(problems[0]).toMatchObject({ code: "SyntaxError", position: { line: 2, column: 15 } })
    expect(problems[0]?.message).toContain("U+0000")
    expect(codes("name: a\u001b[31m\nnodes: []")).toEqual(["SyntaxError"])
  })

  it("takes a byte order mark for what it is", () => {
    const { flow, problems } = inspect("\ufeffname: a\nnodse: []\nnodes: [1]")
    expect(flow).toBeUndefined()
    expect(problems.map(({ position }) => [position?.line, position?.column])).toEqual([
      [2, 1],
      [3, 9]
    ])
  })

  it("gives up on a text that is one error after another", () => {
    const { problems } = inspect("a: }\n".repeat(200_000))
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.length).toBeLessThan(10_002)
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(["SyntaxError"]))
  })

  it("never throws, and gives either a flow that fits its schema or an error, whatever the text is", () => {
    const isFlow = Schema.is(FlowSpec.FlowSpec)
    const piece = fc.oneof(
      fc.constantFrom(
        "name: x",
        "nodes:",
        "  a:",
        "    action: work",
        "    inputs: {x: 1}",
        "    dependencies: [a, b]",
        "- ",
        "? ",
        ": ",
        "&x",
        "*x",
        "!t",
        "<<: *x",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        "\n  ",
        "\n    ",
        "'",
        '"',
        "|",
        ">",
        "#",
        "---",
        "...",
        "%YAML",
        "${env.A}",
        "inputs.x",
        "\t",
        "\r",
        "\u0000",
        "config: {timeout: 1}",
        "include: [a]",
        "retry: {tries: 2}"
      ),
      fc.string({ unit: "binary", maxLength: 8 })
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { flow, problems } = inspect(pieces.join(""))
        expect(flow === undefined).toBe(problems.some(({ severity }) => severity === "error"))
        expect(flow === undefined || isFlow(flow)).toBe(true)
      }),
      { numRuns: 3000 }
    )
  })

  it("gives a flow that fits its schema or an error for a good file with random damage", () => {
    const isFlow = Schema.is(FlowSpec.FlowSpec)
    const file = path.join(import.meta.dirname, "fixtures/every-key.yaml")
    const good = readFileSync(file, "utf8")
    const damage = fc.record({
      at: fc.nat(good.length),
      length: fc.nat(12),
      text: fc.oneof(
        fc.constantFrom("", " ", "\n", ": ", "- ", "[", "}", "null", "0", "-1", "*x", "a.b"),
        fc.string({ maxLength: 4 })
      )
    })
    let kept = 0
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (all) => {
        const text = all.reduce(
          (one, { at, length, text }) => one.slice(0, at) + text + one.slice(at + length),
          good
        )
        const { flow, problems } = inspect(text)
        expect(flow === undefined).toBe(problems.some(({ severity }) => severity === "error"))
        expect(flow === undefined || isFlow(flow)).toBe(true)
        if (flow !== undefined) kept++
        for (const { position } of problems) expect(position?.line).toBeGreaterThan(0)
      }),
      { numRuns: 400 }
    )
    expect(kept).toBeGreaterThan(10)
  })
})
