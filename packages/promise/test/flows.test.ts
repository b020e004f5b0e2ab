import { describe, expect, expectTypeOf, it } from "vitest"
import * as z from "zod"
import { Action, type DagFlow, type Flow as FlowModule, Flow } from "@dagflow/promise"
import { engine, gathered, rejection } from "./engines.ts"

const echo = Action.fn("echo", async (input: { text: string; times?: number | null }) => ({
  text: input.text.repeat(input.times ?? 1)
}))

const repeat = Flow.make(
  "repeat",
  {
    inputs: {
      text: z.string(),
      times: z.int().default(2),
      suffix: z.string().optional(),
      limit: Flow.input(z.int(), { default: 10, description: "Rows." })
    }
  },
  (f) => ({
    first: f.node("first", echo, { text: f.inputs.text, times: f.inputs.times }),
    second: f.node("second", echo, { text: f.inputs.suffix.or("-") })
  })
)

describe("inputs of a run", () => {
  it("may be left out when their schema takes nothing, and what it makes of nothing is the default", async () => {
    const dagflow = engine()
    const outputs = await dagflow.run(repeat, { input: { text: "ab" } })
    expect(outputs).toEqual({ first: { text: "abab" }, second: { text: "-" } })
    const given = await dagflow.run(repeat, { input: { text: "ab", times: 1, suffix: "!" } })
    expect(given).toEqual({ first: { text: "ab" }, second: { text: "!" } })
  })

  it("are refused together, each by its name", async () => {
    const input = { text: 7, times: "many", other: 1 } as unknown as { text: string }
    const refused = await rejection(engine().start(repeat, { input }))
    expect(refused.code).toBe("InvalidInput")
    for (const word of ['no input "other"', 'input "text": ', 'input "times": ']) {
      expect(refused.message).toContain(word)
    }
  })

  it("that are secret are not in the log, and reach the action", async () => {
    process.env["DAGFLOW_TEST_TOKEN"] = "s3cr3t-canary"
    const use = Action.fn("use", async ({ token }: { token: string }) => ({ length: token.length }))
    const flow = Flow.make("secretive", { inputs: { token: Flow.secret() } }, (f) => ({
      use: f.node("use", use, { token: f.inputs.token })
    }))
    const run = await engine().start(flow, { input: { token: "${env.DAGFLOW_TEST_TOKEN}" } })
    expect(await run.result()).toEqual({ use: { length: 13 } })
    const events = await gathered(run.events())
    expect(JSON.stringify(events)).not.toContain("s3cr3t")
  })
})

describe("inputs that are declared by the names of their types", () => {
  const show = Action.fn(
    "show",
    async (input: { name: string; age: number; share: number; isIn: boolean }) => ({
      text: `${input.name} ${input.age} ${input.share} ${input.isIn}`
    })
  )
  const flow = Flow.make(
    "named",
    { inputs: { name: "string", age: "integer", share: "number", isIn: "boolean" } },
    (f) => ({ show: f.node("show", show, f.inputs) })
  )

  it("are of these types, for the compiler as well", async () => {
    const input = { name: "Ada", age: 36, share: 0.5, isIn: true }
    expect(await engine().run(flow, { input })).toEqual({ show: { text: "Ada 36 0.5 true" } })
    // @ts-expect-error -- an age is no text
    const start = (dagflow: DagFlow) => dagflow.start(flow, { input: { ...input, age: "36" } })
    expect(start).toBeTypeOf("function")
    expect(Object.values(flow.spec.inputs ?? {}).map(({ type }) => type)).toEqual([
      "string",
      "integer",
      "number",
      "boolean"
    ])
  })

  it.each([
    ["name", 7],
    ["age", 1.5],
    ["share", "0.5"],
    ["isIn", 1]
  ])("are refused when they are of another type: %s", async (name, value) => {
    const input = { name: "Ada", age: 36, share: 0.5, isIn: true, [name]: value } as never
    const refused = await rejection(engine().start(flow, { input }))
    expect(refused.code).toBe("InvalidInput")
    expect(refused.message).toContain(`input "${name}" is not of its type`)
  })

  it("have one of four names", () => {
    // @ts-expect-error -- the type is called integer
    const make = () => Flow.make("wrong", { inputs: { age: "int" } }, () => {})
    expect(make).toThrow(
      'input "age" is declared as "int": give a schema, or one of string, number, integer, boolean'
    )
  })
})

describe("types", () => {
  it("of inputs and outputs are those of schemas and functions", () => {
    type Input = typeof repeat extends FlowModule.Flow<"repeat", infer I, unknown> ? I : never
    expectTypeOf<Input>().toEqualTypeOf<{
      readonly text: string
      readonly times?: number
      readonly suffix?: string
      readonly limit?: number
    }>()
    const outputs = (dagflow: DagFlow) => dagflow.run(repeat, { input: { text: "a" } })
    expectTypeOf(outputs).returns.resolves.toEqualTypeOf<{
      first: { text: string }
      second: { text: string }
    }>()
  })

  it("refuse references of another type, of another flow, and unknown ones", () => {
    const number = Action.fn("number", async () => ({ value: 1 }))
    Flow.make("other", (other) => {
      const one = other.node("one", number)
      Flow.make("types", (f) => {
        const two = f.node("two", number)
        // @ts-expect-error -- a number is no text
        f.node("a", echo, { text: two.out.value })
        // @ts-expect-error -- there is no such output
        f.node("b", echo, { text: two.out.text })
        // @ts-expect-error -- the node belongs to another flow
        f.node("c", echo, { text: "x", times: one.out.value })
        // @ts-expect-error -- an input is missing
        f.node("d", echo, {})
      })
    })
    // @ts-expect-error -- a number is no outputs
    Action.fn("five", async () => 5)
    // @ts-expect-error -- a list is no outputs
    Action.fn("list", async () => [1])
    // @ts-expect-error -- a date is no outputs
    Action.fn("date", () => new Date())
    // @ts-expect-error -- a run needs its text
    const start = (dagflow: DagFlow) => dagflow.start(repeat, { input: {} })
    expect(start).toBeTypeOf("function")
  })
})

describe("expressions", () => {
  it("with references decide which nodes run, and make lists", async () => {
    const spread = Action.fn("spread", async ({ text }: { text: string }) => ({ letters: text.split("") }))
    const flow = Flow.make("letters", { inputs: { text: z.string(), limit: z.int() } }, (f) => {
      const { letters } = f.node("spread", spread, { text: f.inputs.text }).out
      const vowels = Flow.cel`${letters}.filter(letter, letter in ["a", "e", "i", "o", "u"])`
      const long = f.node(
        "long",
        echo,
        { text: "long" },
        { when: Flow.cel`size(${letters}) > ${f.inputs.limit}` }
      )
      return { long, echoed: f.forEach("echoed", vowels, echo, (letter) => ({ text: letter })) }
    })
    const run = await engine().start(flow, { input: { text: "aeroplane", limit: 20 } })
    const { nodes } = await run.outcome()
    expect(nodes.find(({ nodeId }) => nodeId === "long")?.status).toBe("skipped")
    expect(nodes.find(({ nodeId }) => nodeId === "echoed[3]")?.outputs).toEqual({ text: "a" })
  })
})
