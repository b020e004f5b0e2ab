import * as v from "valibot"
import { describe, expect, it } from "vitest"
import * as z from "zod"
import { Action, Flow, NodeOutput } from "@dagflow/promise"
import { engine, rejection } from "./engines.ts"

const start = "2026-01-31T12:00:00.000Z"

describe("actions with schemas", () => {
  it.each([
    [
      "Zod",
      Action.make("shift", {
        input: z.object({ at: z.iso.datetime().transform((text) => new Date(text)), hours: z.number() }),
        output: z.object({ at: z.date().transform((date) => date.toISOString()) }),
        run: async ({ at, hours }) => ({ at: new Date(at.getTime() + hours * 3_600_000) })
      })
    ],
    [
      "Valibot",
      Action.make("shift", {
        input: v.object({
          at: v.pipe(
            v.string(),
            v.isoTimestamp(),
            v.transform((text) => new Date(text))
          ),
          hours: v.number()
        }),
        output: v.object({
          at: v.pipe(
            v.date(),
            v.transform((date) => date.toISOString())
          )
        }),
        run: async ({ at, hours }) => ({ at: new Date(at.getTime() + hours * 3_600_000) })
      })
    ]
  ])("get what a schema of %s makes of JSON, and give JSON that it made", async (_, shift) => {
    const flow = Flow.make("shifts", (f) => {
      const first = f.node("first", shift, { at: start, hours: 12 })
      return { second: f.node("second", shift, { at: first.out.at, hours: 24 }) }
    })
    expect(await engine().run(flow)).toEqual({ second: { at: "2026-02-02T00:00:00.000Z" } })
  })

  it("fail before they run when inputs do not fit, and tell where", async () => {
    let calls = 0
    const save = Action.make("save", {
      input: z.object({ rows: z.array(z.object({ id: z.int() })) }),
      output: z.object({}),
      run: async () => {
        calls++
        return {}
      }
    })
    const load = Action.fn("load", async () => ({ rows: [{ id: 1 }, { id: 1.5 }] }))
    const flow = Flow.make("saving", (f) => {
      const { rows } = f.node("load", load).out
      return { saved: f.node("save", save, { rows }) }
    })
    const run = await engine().start(flow)
    await run.outcome()
    const error = (await run.node("save"))?.error
    expect(error?.cause).toBe("InvalidInput")
    expect(error?.message).toContain("rows[1].id: ")
    expect(calls).toBe(0)
  })

  it("fail when what they return does not fit", async () => {
    const count = Action.make("count", {
      input: z.object({}),
      output: z.object({ words: z.int() }),
      run: async () => ({ words: 1.5 })
    })
    const run = await engine().start(Flow.make("counting", (f) => ({ count: f.node("count", count) })))
    const failed = await rejection(run.result())
    expect(failed.code).toBe("NodesFailed")
    expect((await run.node("count"))?.error?.cause).toBe("InvalidOutput")
  })

  it("refuse a schema that answers by a promise, and say what to do", async () => {
    const schema = z.object({ name: z.string().refine(async (name) => name !== "") })
    const greet = Action.make("greet", { input: schema, output: z.object({}), run: async () => ({}) })
    const flow = Flow.make("greeting", (f) => ({ greet: f.node("greet", greet, { name: "Ada" }) }))
    const failed = await rejection(engine().run(flow))
    expect(failed.message).toMatch(/zod|promise/)
  })
})

describe("what actions may return", () => {
  it("a failure is retried, and metadata and usage are in the report", async () => {
    const flaky = Action.fn("flaky", async (_: {}, { attempt }) =>
      attempt === 1
        ? NodeOutput.failure("not yet")
        : NodeOutput.make({ attempt }, { metadata: { model: "none" }, usage: { tokens: 7 } })
    )
    const flow = Flow.make("trying", (f) => ({
      flaky: f.node("flaky", flaky, {}, { retry: { tries: 2, backoff: "immediate" } })
    }))
    const run = await engine().start(flow)
    expect(await run.result()).toEqual({ flaky: { attempt: 2 } })
    expect(await run.node("flaky")).toMatchObject({ metadata: { model: "none" }, usage: { tokens: 7 } })
  })

  it("a wait tells its schema as JSON Schema, refuses answers that do not fit, and gives the one that does", async () => {
    const ask = Action.fn("ask", async () =>
      NodeOutput.wait({ prompt: "How many?", schema: z.object({ count: z.int().min(1) }) })
    )
    const run = await engine().start(Flow.make("asking", (f) => ({ ask: f.node("ask", ask) })))
    await run.outcome()
    const [open] = await run.waits()
    expect(open).toMatchObject({ nodeId: "ask", prompt: "How many?" })
    expect(open?.schema).toMatchObject({ type: "object", required: ["count"] })
    const refused = await rejection(run.answer("ask", { count: 0 }))
    expect([refused.code, refused.rejection?._tag]).toEqual(["CommandRejected", "InvalidInput"])
    await run.answer("ask", { count: 2 }, { by: "Ada" })
    expect(await run.result()).toEqual({ ask: { count: 2 } })
  })

  it("a wait without a schema is checked by the outputs of its action", async () => {
    const ask = Action.make("ask", {
      input: z.object({}),
      output: v.object({ approved: v.boolean() }),
      run: async () => NodeOutput.wait()
    })
    const run = await engine().start(Flow.make("asking", (f) => ({ ask: f.node("ask", ask) })))
    await run.outcome()
    const refused = await rejection(run.answer("ask", { approved: "yes" }))
    expect(refused.rejection?._tag).toBe("InvalidInput")
    await run.approve("ask")
    expect(await run.result()).toEqual({ ask: { approved: true } })
  })

  it("a wait whose schema cannot be told as JSON Schema fails the node, and says what to do", async () => {
    const ask = Action.fn("ask", async () => NodeOutput.wait({ schema: v.object({ approved: v.boolean() }) }))
    const failed = await rejection(engine().run(Flow.make("asking", (f) => ({ ask: f.node("ask", ask) }))))
    expect(failed.message).toContain("a schema of valibot cannot tell itself as JSON Schema")
  })
})
