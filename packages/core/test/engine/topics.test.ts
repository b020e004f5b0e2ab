/** Channels as topics that agents publish to and read: nothing of it is more than channels are. */
import { describe, expect, it } from "@effect/vitest"
import { RunStatus } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Action, Channel, Flow, NodeOutput } from "../../src/index.ts"
import * as TestEngine from "../world/TestEngine.ts"

const News = Schema.Struct({ from: Schema.String, headline: Schema.String })

describe("row 166: topics with schemas", () => {
  it.effect("a message that does not fit is refused by name of the topic, and reaches nobody", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const publish = Action.fn("publish", ({ message }: { message: typeof News.Type | string }) =>
        NodeOutput.make({}, { update: { news: message } })
      )
      const read = Action.fn("read", ({ news }: { news: ReadonlyArray<typeof News.Type> }) => {
        seen.push(news)
        return {}
      })
      const config = { strategy: "superstep", onFailure: "best_effort" } as const
      const channels = { news: Channel.append({ schema: Schema.Array(News) }) }
      const flow = Flow.make("newspaper", { channels, config }, (f) => {
        const said = [
          f.node("oslo", publish, { message: { from: "Oslo", headline: "snow" } }),
          f.node("rumour", publish, { message: "somebody said something" }),
          f.node("rome", publish, { message: { from: "Rome", headline: "sun" } })
        ]
        const options = { dependsOn: said, trigger: "all_done" } as const
        f.node("first-reader", read, { news: f.channels.news }, options)
        f.node("second-reader", read, { news: f.channels.news }, options)
      })
      const engine = yield* TestEngine.open()
      const run = yield* Effect.orDie(engine.dagflow.start(flow))
      const report = yield* run.outcome
      expect(RunStatus.isEnded(report.status)).toBe(true)
      expect((yield* run.node("rumour"))?.error).toMatchObject({ cause: "InvalidUpdate", channel: "news" })
      const fitting = [
        { from: "Oslo", headline: "snow" },
        { from: "Rome", headline: "sun" }
      ]
      expect(seen).toEqual([fitting, fitting])
    })
  )

  it.effect("every reader sees the messages in one order, whatever order those who sent them ended in", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const slow = { a: 30, b: 20, c: 10 }
      const publish = Action.fn("publish", ({ name }: { name: keyof typeof slow }) =>
        Effect.as(Effect.sleep(slow[name]), NodeOutput.make({}, { update: { topic: name } }))
      )
      const read = Action.fn("read", ({ topic }: { topic: ReadonlyArray<string> }) => {
        seen.push(topic)
        return {}
      })
      const channels = { topic: Channel.append({ schema: Schema.Array(Schema.String) }) }
      const flow = Flow.make("talk", { channels, config: { strategy: "superstep" } }, (f) => {
        const dependsOn = (["a", "b", "c"] as const).map((name) => f.node(name, publish, { name }))
        for (const reader of ["x", "y"]) f.node(reader, read, { topic: f.channels.topic }, { dependsOn })
      })
      const engine = yield* TestEngine.open()
      const run = yield* Effect.orDie(engine.dagflow.start(flow))
      const ended = yield* Effect.forkChild(run.outcome)
      yield* TestEngine.awaitNode(run, "NodeStarted", "c")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ended)
      expect(seen).toEqual([
        ["a", "b", "c"],
        ["a", "b", "c"]
      ])
    })
  )
})
