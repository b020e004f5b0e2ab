import { Action, Channel, ChannelReducer, Flow, Plan } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { errorsOf, noActions } from "./planActions.ts"

const longest = ChannelReducer.make("longest", (current: string | undefined, update: string) =>
  update.length > (current?.length ?? 0) ? update : (current ?? "")
)

const say = Action.fn("say", (input: { text: string; times?: number }) => ({ said: input.text }))
const list = Action.fn("list", (input: { items: ReadonlyArray<string> }) => ({ count: input.items.length }))

const config = { strategy: "superstep" } as const

const briefs = (flow: Flow.Any) => errorsOf(flow).map(({ code, path }) => `${code} ${path.join(".")}`)

describe("channels of a flow in TypeScript", () => {
  it("become channels of the definition, and references of its nodes without a dependency", () => {
    const flow = Flow.make(
      "talk",
      {
        channels: {
          lines: Channel.append<string>({ scope: "run", description: "What was said" }),
          mood: Channel.last({ schema: Schema.Literals(["calm", "tense"]), default: "calm", version: 2 }),
          cost: Channel.sum({ default: 1 }),
          tags: Channel.union<string>(),
          facts: Channel.merge<{ a?: number }>({ default: { a: 1 } }),
          word: Channel.reduced(longest, { default: "" })
        },
        config
      },
      (f) => {
        f.node("say", say, { text: f.channels.mood, times: f.channels.cost })
        f.node("list", list, { items: f.channels.lines })
        f.node("deep", say, { text: f.channels.lines.at(0).or("nothing") })
      }
    )
    expect(flow.spec.channels).toEqual({
      lines: { reducer: "append", scope: "run", description: "What was said" },
      mood: {
        reducer: "last",
        default: "calm",
        version: 2,
        schema: { type: "string", enum: ["calm", "tense"] }
      },
      cost: { reducer: "sum", default: 1 },
      tags: { reducer: "union" },
      facts: { reducer: "merge", default: { a: 1 } },
      word: { reducer: "longest", default: "" }
    })
    expect(flow.spec.nodes).toEqual([
      {
        id: "say",
        action: "say",
        inputs: { text: { ref: "channels.mood" }, times: { ref: "channels.cost" } }
      },
      { id: "list", action: "list", inputs: { items: { ref: "channels.lines" } } },
      { id: "deep", action: "say", inputs: { text: { ref: "channels.lines[0]", default: "nothing" } } }
    ])
    expect([...flow.reducers.keys()]).toEqual(["longest"])
    expect(briefs(flow)).toEqual([])
  })

  it("have types: what does not fit, or may have no value, does not compile", () => {
    Flow.make(
      "types",
      {
        channels: {
          count: Channel.sum(),
          maybe: Channel.last<string>(),
          sure: Channel.last({ default: "x" })
        },
        config
      },
      (f) => {
        // @ts-expect-error a number is no text
        f.node("a", say, { text: f.channels.count })
        // @ts-expect-error nothing has been written yet
        f.node("b", say, { text: f.channels.maybe })
        f.node("c", say, { text: f.channels.maybe.or("") })
        f.node("d", say, { text: f.channels.sure })
        // @ts-expect-error there is no such channel
        f.node("e", say, { text: f.channels.other })
        // @ts-expect-error a default is of the type of the channel
        Channel.append<string>({ default: [1] })
      }
    )
    expect(true).toBe(true)
  })

  it("take a strategy with steps (R11), also when the start of the run chooses another one", () => {
    const build = (options: object) =>
      Flow.make("x", { channels: { log: Channel.append() }, ...options }, () => undefined)
    expect(briefs(build({}))).toEqual(["InvalidValue channels"])
    expect(briefs(build({ config }))).toEqual([])
    const problems = Plan.check(build({ config }), noActions, { strategy: "reactive" })
    expect(problems.filter(({ severity }) => severity === "error")).toMatchObject([{ path: ["channels"] }])
  })

  it.each<readonly [string, Channel.Fields, ReadonlyArray<string>]>([
    [
      "a default that its schema refuses",
      { a: Channel.last({ schema: Schema.String, default: 1 as never }) },
      ["InvalidValue channels.a.default"]
    ],
    [
      "a beginning that its schema refuses",
      { a: Channel.merge({ schema: Schema.Struct({ x: Schema.Int }) }) },
      ["InvalidValue channels.a.default"]
    ],
    [
      "a schema that is none",
      { a: Channel.last({ schema: { $ref: "#/$defs/none" } }) },
      ["InvalidValue channels.a.schema"]
    ],
    ["a version below 1", { a: Channel.append({ version: 0 }) }, ["InvalidValue channels.a.version"]],
    ["a name that no reference can name", { "a.b": Channel.append() }, ["InvalidValue channels.a.b"]]
  ])("%s is told", (_, channels, expected) => {
    expect(briefs(Flow.make("x", { channels, config }, () => undefined))).toEqual(expected)
  })

  it("of a kind that an input does not take are refused before the run", () => {
    const flow = Flow.make("x", { channels: { log: Channel.append() }, config }, (f) => {
      const text = Action.make("text", {
        input: Schema.Struct({ text: Schema.String }),
        output: Schema.Struct({}),
        run: () => ({})
      })
      f.node("a", text, { text: f.channels.log as never })
    })
    expect(briefs(flow)).toEqual(["BindingMismatch nodes.0.inputs.text"])
  })
})
