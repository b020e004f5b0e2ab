/*
 * Goal: servers that follow OpenAI's interface in their own way are understood, and what one says of its usage cannot cost an answer.
 * Method: a planner talks to a server of this machine that has the habits of one that is there.
 */
import { afterEach, describe, expect, it } from "@effect/vitest"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AiSdk, OpenAiCompatible, Planner } from "../src/index.ts"
import * as Chat from "./ChatServer.ts"
import type { Model } from "./ways.ts"
import { converse, nodeOf } from "./world.ts"

const weather = Action.make("weather", {
  input: Schema.Struct({ city: Schema.String }),
  output: Schema.Struct({ sky: Schema.String }),
  run: ({ city }) => ({ sky: `${city} is grey` })
})

const agent = Planner.make({ name: "agent", tools: [weather], estimate: { tokens: 100 } })

let server: Chat.Server | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

const serve = (...answers: ReadonlyArray<Chat.Answer>) =>
  Effect.map(
    Effect.promise(() => Chat.start(...answers)),
    (started) => {
      server = started
      return started
    }
  )

const ask = (...answers: ReadonlyArray<Chat.Answer>) =>
  Effect.flatMap(serve(...answers), ({ url }) =>
    converse(agent, OpenAiCompatible.layer({ url, model: "m", tries: 1 }))
  )

const calls = (...pieces: ReadonlyArray<object>) =>
  Chat.events([
    ...pieces.map((piece) => Chat.delta({ tool_calls: [piece] })),
    Chat.delta({}, "tool_calls"),
    "[DONE]"
  ])

const called = (given: object) => ({ function: { name: "weather", ...given } })

describe("the calls of a server", () => {
  const two: ReadonlyArray<readonly [habit: string, pieces: ReadonlyArray<object>]> = [
    [
      "counts every one of them as the first",
      [
        { index: 0, id: "a", ...called({ arguments: '{"city":"Rome"}' }) },
        { index: 0, id: "b", ...called({ arguments: '{"city":"Oslo"}' }) }
      ]
    ],
    [
      "gives them the empty id",
      [
        { index: 0, id: "", ...called({ arguments: '{"city":"Rome"}' }) },
        { index: 1, id: "", ...called({ arguments: '{"city":"Oslo"}' }) }
      ]
    ],
    [
      "gives them neither numbers nor ids",
      [
        called({ arguments: '{"city":"Ro' }),
        { function: { arguments: 'me"}' } },
        called({ arguments: '{"city":"Oslo"}' })
      ]
    ],
    [
      "counts every one of them as the first, without ids",
      [
        { index: 0, id: "", ...called({ arguments: '{"city":"Rome"}' }) },
        { index: 0, id: "", ...called({ arguments: '{"city":"Oslo"}' }) }
      ]
    ],
    [
      "repeats id and name with every piece",
      [
        { index: 0, id: "a", ...called({ arguments: '{"city":' }) },
        { index: 0, id: "a", ...called({ arguments: '"Rome"}' }) },
        { index: 0, id: "a", ...called({ arguments: "" }) },
        { index: 1, id: "b", ...called({ arguments: '{"city":"Oslo"}' }) }
      ]
    ],
    [
      "sends arguments as objects",
      [
        { index: 0, id: "a", ...called({ arguments: { city: "Rome" } }) },
        { index: 1, id: "b", ...called({ arguments: { city: "Oslo" } }) }
      ]
    ]
  ]

  it.live.each(two)("are told apart when it %s", ([, pieces]) =>
    Effect.gen(function* () {
      const report = yield* ask(calls(...pieces), Chat.words("fine"))
      expect(report.nodes.map(({ nodeId }) => nodeId)).toEqual([
        "agent",
        "agent_call_1",
        "agent_call_2",
        "agent_results",
        "agent_2"
      ])
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({ sky: "Rome is grey" })
      expect(nodeOf(report, "agent_call_2").outputs).toEqual({ sky: "Oslo is grey" })
      const results = server?.asked[1]?.body.messages.slice(-2)
      const ids = results?.map((message) => (message as { readonly tool_call_id?: string }).tool_call_id)
      expect(new Set(ids).size).toBe(2)
      expect(ids).not.toContain("")
    })
  )

  it.live("keep what stands in their texts, brackets and quotes of all kinds", () =>
    Effect.gen(function* () {
      const city = String.raw`}{"\"\\{[`
      const json = JSON.stringify({ city })
      const report = yield* ask(
        calls(
          ...Array.from(json, (text) => ({ index: 0, id: "", ...called({ arguments: text }) })),
          called({ arguments: '{"city":"Oslo"}' })
        ),
        Chat.words("fine")
      )
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({ sky: `${city} is grey` })
      expect(nodeOf(report, "agent_call_2").outputs).toEqual({ sky: "Oslo is grey" })
    })
  )
})

describe("the words of a server", () => {
  const said: ReadonlyArray<readonly [habit: string, pieces: ReadonlyArray<object>]> = [
    ["come as texts", [{ content: "It " }, { content: "rains." }]],
    ["come as lists of parts", [{ content: [{ type: "text", text: "It " }] }, { content: "rains." }]],
    [
      "come after thoughts among the parts",
      [
        { content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] },
        { content: [{ type: "text", text: "It rains." }] }
      ]
    ],
    ["say that it will not", [{ refusal: "It " }, { refusal: "rains." }]]
  ]

  it.live.each(said)("are the text when they %s", ([, pieces]) =>
    Effect.gen(function* () {
      const report = yield* ask(
        Chat.events([...pieces.map((piece) => Chat.delta(piece)), Chat.delta({}, "stop"), "[DONE]"])
      )
      expect(nodeOf(report, "agent").outputs?.["text"]).toBe("It rains.")
    })
  )

  it.live("that are a page of something else are no answer, and the error says what they are", () =>
    Effect.gen(function* () {
      const report = yield* ask((response) => {
        response.writeHead(200, { "content-type": "text/html" })
        response.end("<html>Sign in to this network</html>")
      })
      const error = nodeOf(report, "agent").error
      expect(error?.message).toContain("text/html")
      expect(error?.message).toContain("is the url right?")
    })
  )
})

describe("what is said of usage", () => {
  const odd: ReadonlyArray<readonly [what: string, input: unknown, output: unknown]> = [
    ["texts", "12", "7"],
    ["negative", -5, -7],
    ["no number", Number.NaN, Number.POSITIVE_INFINITY],
    ["nothing", null, null],
    ["more than there can be", 1e308, 1e308]
  ]

  const charged = (model: Model) =>
    Effect.gen(function* () {
      const report = yield* converse(agent, model, { config: { budget: { tokens: 1000 } } })
      expect(nodeOf(report, "agent").error).toBeUndefined()
      expect(nodeOf(report, "agent").outputs?.["text"]).toBe("It rains.")
      // What was reserved for it is what it is charged with.
      expect(report.budgets?.[0]?.lines[0]).toMatchObject({ spent: 100 })
    })

  const bodies = [
    ...odd.map(
      ([what, input, output]) => [what, { prompt_tokens: input, completion_tokens: output }] as const
    ),
    ["a text", "much"] as const
  ]

  it.live.each(bodies)("by a server costs no answer, and counts as not said, when it is %s", ([, usage]) =>
    Effect.gen(function* () {
      const { url } = yield* serve(
        Chat.events([
          Chat.delta({ content: "It rains." }),
          Chat.delta({}, "stop"),
          { choices: [], usage },
          "[DONE]"
        ])
      )
      yield* charged(OpenAiCompatible.layer({ url, model: "m", tries: 1 }))
    })
  )

  const usages = [
    ...odd.map(([what, inputTokens, outputTokens]) => [what, { inputTokens, outputTokens }] as const),
    ...odd.map(
      ([what, input, output]) =>
        [`${what}, by kind`, { inputTokens: { total: input }, outputTokens: { total: output } }] as const
    ),
    ["a text", "much"] as const
  ]

  it.live.each(usages)("by a provider of the AI SDK costs no answer when it is %s", ([, usage]) =>
    charged(
      AiSdk.layer({
        specificationVersion: "v3",
        provider: "odd",
        modelId: "m",
        doStream: async () => ({
          stream: ReadableStream.from([
            { type: "text-start", id: "1" },
            { type: "text-delta", id: "1", delta: "It rains." },
            { type: "text-end", id: "1" },
            { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage }
          ])
        })
      })
    )
  )
})
