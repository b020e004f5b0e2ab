/*
 * Goal: a model of the AI SDK is a model of a planner. Method: the AI SDK's own provider for OpenAI-compatible servers talks to a
 * server on this machine that answers in pieces, breaks off and refuses.
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { afterEach, describe, expect, it } from "@effect/vitest"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import { AiSdk, Planner } from "../src/index.ts"
import * as Chat from "./ChatServer.ts"
import { converse, nodeOf } from "./world.ts"

const weather = Action.make("weather", {
  description: "The weather of a city.",
  input: Schema.Struct({ city: Schema.String }),
  output: Schema.Struct({ celsius: Schema.Int }),
  run: ({ city }) => Effect.succeed({ celsius: city.length })
})

const agent = Planner.make({ name: "agent", tools: [weather], instructions: "Be short." })

let open: ReadonlyArray<Chat.Server> = []

afterEach(async () => {
  for (const server of open) await server.close()
  open = []
})

const serve = (...answers: ReadonlyArray<Chat.Answer>) =>
  Effect.map(
    Effect.promise(() => Chat.start(...answers)),
    (server) => {
      open = [...open, server]
      return server
    }
  )

const modelOf = ({ url }: Chat.Server, options: AiSdk.Options = { tries: 1 }) => {
  const provider = createOpenAICompatible({ name: "local", baseURL: url, apiKey: "key", includeUsage: true })
  return AiSdk.layer(provider("local"), options)
}

const call = (index: number, id: string, json: string) => [
  Chat.delta({ tool_calls: [{ index, id, type: "function", function: { name: "weather", arguments: "" } }] }),
  ...Array.from(json).map((text) => Chat.delta({ tool_calls: [{ index, function: { arguments: text } }] }))
]

const errorOf = (server: Chat.Server) =>
  LanguageModel.generateText({ prompt: "hello" }).pipe(Effect.provide(modelOf(server)), Effect.flip)

describe("a model of the AI SDK", () => {
  it.live("runs a tool loop: parallel calls in pieces of three bytes, then an answer in words", () =>
    Effect.gen(function* () {
      const calls = Chat.events(
        [
          Chat.delta({ role: "assistant", content: null }),
          ...call(0, "a", '{"city":"Zürich"}'),
          ...call(1, "b", '{"city":"🦊"}'),
          Chat.delta({}, "tool_calls"),
          Chat.usage(30, 12),
          "[DONE]"
        ],
        3
      )
      const server = yield* serve(calls, Chat.words("Warm ", "enough."))
      const report = yield* converse(agent, modelOf(server), { prompt: "weather?" })
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({ celsius: 6 })
      expect(nodeOf(report, "agent_call_2").outputs).toEqual({ celsius: 2 })
      expect(nodeOf(report, "agent_2").outputs).toMatchObject({ text: "Warm enough." })
      expect(report.totals.usage).toMatchObject({ inputTokens: 37, outputTokens: 14 })
      expect(server.asked[0]?.body.tools?.map((tool) => tool.function.name)).toEqual(["weather"])
      expect(server.asked[1]?.body.messages.map(({ role }) => role)).toEqual([
        "system",
        "user",
        "assistant",
        "tool",
        "tool"
      ])
      expect(server.asked[1]?.body.messages.at(-1)?.content).toBe('{"celsius":2}')
    })
  )

  it.live("may leave out usage, and end for a reason that nobody knows", () =>
    Effect.gen(function* () {
      const server = yield* serve(
        Chat.events([Chat.delta({ content: "so be it" }), Chat.delta({}, "cosmic_rays"), "[DONE]"])
      )
      const report = yield* converse(agent, modelOf(server))
      expect(nodeOf(report, "agent").outputs).toMatchObject({ text: "so be it" })
      expect(nodeOf(report, "agent").usage).toBeUndefined()
    })
  )

  const cut: Chat.Answer = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(`data: ${JSON.stringify(Chat.delta({ content: "half a sen" }))}\n\n`, () =>
      response.destroy()
    )
  }
  const unwell: ReadonlyArray<readonly [how: string, answer: Chat.Answer]> = [
    ["breaks the connection", cut],
    ["ends without an end", Chat.events([Chat.delta({ content: "half a sen" })])],
    ["is unwell", Chat.status(500, '{"error":{"message":"sick"}}')]
  ]

  it.live.each(unwell)(
    "whose server %s fails the attempt, and is asked again where the flow says so",
    ([, answer]) =>
      Effect.gen(function* () {
        const server = yield* serve(answer, Chat.words("a whole sentence"))
        const config = { retry: { tries: 2, backoff: "immediate" } } as const
        const report = yield* converse(agent, modelOf(server), { config })
        expect(report.status).toBe("completed")
        expect(nodeOf(report, "agent").attempts[0]?.error).toMatchObject({
          tag: "PlannerError",
          isRetryable: true,
          chain: [{ tag: "ModelFailed" }]
        })
        expect(nodeOf(report, "agent").outputs).toMatchObject({ text: "a whole sentence" })
      })
  )

  it.live.each([
    [401, "AuthenticationError"],
    [400, "InvalidRequestError"],
    [429, "RateLimitError"],
    [503, "InternalProviderError"]
  ] as const)("whose server refuses with %i is told apart", ([code, tag]) =>
    Effect.gen(function* () {
      const server = yield* serve(Chat.status(code, '{"error":{"message":"no"}}', { "retry-after": "7" }))
      const error = yield* errorOf(server)
      expect(AiError.isAiError(error) && error.reason._tag).toBe(tag)
      if (code === 429) expect(String(error)).toContain("7s")
    })
  )

  it.live("is asked again after a refusal for now", () =>
    Effect.gen(function* () {
      const server = yield* serve(Chat.status(429, "{}", { "retry-after": "0" }), Chat.words("now"))
      const { text } = yield* LanguageModel.generateText({ prompt: "hello" }).pipe(
        Effect.provide(modelOf(server, { tries: 2 }))
      )
      expect(text).toBe("now")
    })
  )
})
