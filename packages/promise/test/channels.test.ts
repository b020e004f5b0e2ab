/*
 * Goal: whoever does not write Effect has channels, routes and reducers of their own, with types. Method: a loop of an agent, whose schemas
 * are those of other libraries.
 */
import { describe, expect, expectTypeOf, it } from "vitest"
import { Action, Channel, Flow, NodeOutput } from "@dagflow/promise"
import * as v from "valibot"
import * as z from "zod"
import { engine } from "./engines.ts"

const highest = Channel.reducer("highest", (current: number | undefined, update: number) =>
  Math.max(current ?? update, update)
)

const think = Action.fn("think", async ({ messages }: { messages: readonly string[] }) =>
  messages.length < 2 ? NodeOutput.goto({ replace: "look" }) : NodeOutput.goto({ replace: "answer" })
)
const look = Action.fn("look", async ({ messages }: { messages: readonly string[] }) =>
  NodeOutput.update(
    { messages: `look ${messages.length + 1}`, calls: 1, best: messages.length * 10 },
    { goto: { replace: "think" } }
  )
)
const answer = Action.fn(
  "answer",
  async (given: { messages: readonly string[]; calls: number; best: number }) => given
)

const agent = Flow.make(
  "agent",
  {
    channels: {
      messages: Channel.append({ schema: z.array(z.string()) }),
      calls: Channel.sum({ scope: "run" }),
      best: Channel.reduced(highest, { default: 0 })
    },
    config: { strategy: "superstep", maxIterations: 20 }
  },
  (f) => {
    const { best, calls, messages } = f.channels
    const thought = f.node("think", think, { messages })
    f.node("look", look, { messages }, { dependsOn: [thought] })
    return { said: f.node("answer", answer, { messages, calls, best }, { dependsOn: [thought] }) }
  }
)

describe("channels", () => {
  it("are read and written by nodes that lead to one another until the loop is over", async () => {
    expect(await engine().run(agent)).toEqual({
      said: { messages: ["look 1", "look 2"], calls: 2, best: 10 }
    })
  })

  it("are there again in a run that continues the first one, and edited from outside", async () => {
    const dagflow = engine()
    await dagflow.run(agent, { id: "first" })
    const second = await dagflow.start(agent, { continues: "first" })
    expect((await second.result()).said).toMatchObject({ messages: ["look 1", "look 2"], calls: 0 })
  })

  it("refuse what does not fit their schema, by name", async () => {
    const write = Action.fn("write", async () => NodeOutput.update({ mood: "furious" }))
    const flow = Flow.make(
      "moody",
      {
        channels: { mood: Channel.last({ schema: z.enum(["calm", "tense"]), default: "calm" }) },
        config: { strategy: "superstep" }
      },
      (f) => {
        f.node("write", write)
      }
    )
    const report = await (await engine().start(flow)).outcome()
    expect(report.nodes[0]?.error?.cause).toBe("InvalidUpdate")
    expect(report.nodes[0]?.error?.message).toContain("mood")
  })

  it("with reducers of one's own are taken up where those are named", async () => {
    const ask = Action.fn("ask", async ({ best }: { best: number }) =>
      NodeOutput.approval({ prompt: `Beat ${best}?` })
    )
    const raise = Action.fn("raise", async () => NodeOutput.update({ best: 7 }))
    const flow = Flow.make(
      "asking",
      { channels: { best: Channel.reduced(highest, { default: 0 }) }, config: { strategy: "superstep" } },
      (f) => {
        const asked = f.node("ask", ask, { best: f.channels.best })
        f.node("raise", raise, {}, { dependsOn: [asked] })
      }
    )
    const first = engine()
    const run = await first.start(flow)
    await run.outcome()
    const archive = await first.exportRun(run.runId)
    const actions = [ask, raise]
    const knowing = engine({ actions, reducers: [highest] })
    const again = await knowing.resume(await knowing.importRun(archive))
    await again.approve("ask")
    expect((await again.outcome()).channels?.[0]).toMatchObject({ name: "best", value: 7 })
    const ignorant = engine({ actions })
    const id = await ignorant.importRun(archive)
    await expect(ignorant.resume(id)).rejects.toMatchObject({ code: "ReducersMissing" })
  })

  it("have the types of their schemas", () => {
    const mood = Channel.last({ schema: z.enum(["calm", "tense"]), default: "calm" })
    const size = Channel.last({ schema: z.number() })
    const words = Channel.append({ schema: z.array(z.string()) })
    const plain = Channel.last({ default: 0 })
    const made = {
      mood,
      size,
      words,
      plain,
      all: Channel.append<string>(),
      best: Channel.reduced(highest, { default: 0 })
    }
    expectTypeOf<Channel.Found<typeof made>>().toEqualTypeOf<{
      readonly mood: "calm" | "tense"
      readonly size: number | undefined
      readonly words: string[]
      readonly plain: number
      readonly all: readonly string[]
      readonly best: number
    }>()
    expect(() => Channel.last({ schema: v.number() })).toThrow("cannot tell itself as JSON Schema")
    Flow.make("typed", { channels: { messages: Channel.append<string>() } }, (f) => {
      // @ts-expect-error -- texts are no numbers
      f.node("answer", answer, { messages: f.channels.messages, calls: f.channels.messages, best: 1 })
    })
  })
})
