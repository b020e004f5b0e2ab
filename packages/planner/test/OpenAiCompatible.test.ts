/*
 * Goal: any server that follows OpenAI's interface is a model, whatever way it has of cutting an answer into pieces and of being
 * unwell. Method: a planner talks to a real server on this machine, which answers byte by byte, breaks off, and refuses.
 */
import { afterEach, describe, expect, it } from "@effect/vitest"
import { Action } from "@dagflow/core"
import type { FlowConfig } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as TestClock from "effect/testing/TestClock"
import { OpenAiCompatible, Planner } from "../src/index.ts"
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

const modelOf = (server: Chat.Server, options: Partial<OpenAiCompatible.Options> = {}) =>
  OpenAiCompatible.layer({ url: server.url, model: "local", tries: 1, ...options })

/** A call whose arguments come in pieces that end in the middle of a word and of a character. */
const piecesOf = (index: number, id: string, name: string, json: string) => [
  Chat.delta({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
  ...Array.from(json).map((text) => Chat.delta({ tool_calls: [{ index, function: { arguments: text } }] }))
]

const twoCalls = [
  Chat.delta({ role: "assistant", content: null }),
  ...piecesOf(0, "a", "weather", '{"city":"Zürich"}'),
  ...piecesOf(1, "b", "weather", '{"city":"🦊 \\"den\\""}'),
  Chat.delta({}, "tool_calls"),
  Chat.usage(30, 12),
  "[DONE]" as const
]

const errorOf = (server: Chat.Server, options: Partial<OpenAiCompatible.Options> = {}) =>
  LanguageModel.generateText({ prompt: "hello" }).pipe(Effect.provide(modelOf(server, options)), Effect.flip)

describe("an OpenAI-compatible server", () => {
  it.live("runs a tool loop: parallel calls in pieces of three bytes, then an answer in words", () =>
    Effect.gen(function* () {
      const server = yield* serve(Chat.events(twoCalls, 3), Chat.words("Warm ", "enough. ", "🦊"))
      const report = yield* converse(agent, modelOf(server, { apiKey: "secret-key" }), { prompt: "weather?" })
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({ celsius: 6 })
      expect(nodeOf(report, "agent_call_2").outputs).toEqual({ celsius: 8 })
      expect(nodeOf(report, "agent_2").outputs).toMatchObject({ text: "Warm enough. 🦊" })
      expect(report.totals.usage).toMatchObject({ inputTokens: 37, outputTokens: 15, tokens: 52 })
      const [first, second] = server.asked
      expect(first?.headers.authorization).toBe("Bearer secret-key")
      expect(first?.body).toMatchObject({
        model: "local",
        stream: true,
        messages: [
          { role: "system", content: "Be short." },
          { role: "user", content: "weather?" }
        ],
        tools: [{ function: { name: "weather", description: "The weather of a city." } }]
      })
      expect(second?.body.messages.slice(2)).toEqual([
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "a", type: "function", function: { name: "weather", arguments: '{"city":"Zürich"}' } },
            {
              id: "b",
              type: "function",
              function: { name: "weather", arguments: '{"city":"🦊 \\"den\\""}' }
            }
          ]
        },
        { role: "tool", tool_call_id: "a", content: '{"celsius":6}' },
        { role: "tool", tool_call_id: "b", content: '{"celsius":8}' }
      ])
    })
  )

  it.live("may leave out indexes, usage, the end mark and the stream itself", () =>
    Effect.gen(function* () {
      const call = (id: string | undefined, name: string | undefined, text: string) =>
        Chat.delta({ tool_calls: [{ ...(id !== undefined && { id }), function: { name, arguments: text } }] })
      const server = yield* serve(
        Chat.events([
          call("a", "weather", '{"city":'),
          call(undefined, undefined, '"Rome"}'),
          call("b", "weather", '{"city":"Oslo!"}'),
          Chat.delta({}, "tool_calls")
        ]),
        Chat.status(
          200,
          JSON.stringify({
            choices: [{ message: { role: "assistant", content: "fine" }, finish_reason: "stop" }]
          })
        )
      )
      const report = yield* converse(agent, modelOf(server))
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({ celsius: 4 })
      expect(nodeOf(report, "agent_call_2").outputs).toEqual({ celsius: 5 })
      expect(nodeOf(report, "agent_2").outputs).toMatchObject({ text: "fine" })
      // Without usage nothing is reported, so that a budget charges what it has reserved.
      expect(nodeOf(report, "agent").usage).toBeUndefined()
    })
  )

  it.live("that ends for a reason nobody knows has still ended", () =>
    Effect.gen(function* () {
      const server = yield* serve(
        Chat.events([Chat.delta({ content: "so be it" }), Chat.delta({}, "cosmic_rays"), "[DONE]"])
      )
      const report = yield* converse(agent, modelOf(server))
      expect(nodeOf(report, "agent").metadata).toMatchObject({ planner: { finish: "unknown" } })
      expect(nodeOf(report, "agent").outputs).toMatchObject({ text: "so be it" })
    })
  )

  it.live("that sends half a JSON text as arguments is told so, and nothing runs", () =>
    Effect.gen(function* () {
      const server = yield* serve(
        Chat.events([...piecesOf(0, "a", "weather", '{"city":"Ro'), Chat.delta({}, "tool_calls"), "[DONE]"]),
        Chat.words("sorry")
      )
      const report = yield* converse(agent, modelOf(server))
      expect(report.nodes.map((node) => node.action)).toEqual(["agent", "agent-results", "agent"])
      expect(JSON.stringify(server.asked[1]?.body.messages)).toContain("are no JSON object")
    })
  )

  it.live("that never stops sending arguments is cut off", () =>
    Effect.gen(function* () {
      let isClosed = false
      const endless: Chat.Answer = (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.on("close", () => (isClosed = true))
        const more = () => {
          if (isClosed) return
          const text = {
            tool_calls: [{ index: 0, id: "a", function: { name: "weather", arguments: "x".repeat(8192) } }]
          }
          response.write(`data: ${JSON.stringify(Chat.delta(text))}\n\n`, () => setImmediate(more))
        }
        more()
      }
      const server = yield* serve(endless, Chat.words("sorry"))
      const report = yield* converse(agent, modelOf(server))
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent").metadata).toMatchObject({ planner: { refused: { _tag: "TooLarge" } } })
      // The connection is closed because nobody reads any more, a moment after the run has gone on.
      while (!isClosed) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    })
  )

  const cut: Chat.Answer = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(`data: ${JSON.stringify(Chat.delta({ content: "half a sen" }))}\n\n`, () =>
      response.destroy()
    )
  }
  const quiet = Chat.events([Chat.delta({ content: "half a sen" })])

  const unwell: ReadonlyArray<readonly [how: string, answer: Chat.Answer]> = [
    ["breaks the connection", cut],
    ["ends without an end", quiet],
    [
      "sends an error in mid-stream",
      Chat.events([Chat.delta({ content: "half" }), { error: { message: "overloaded" } }])
    ],
    ["is unwell", Chat.status(500, '{"error":"sick"}')]
  ]

  it.live.each(unwell)("that %s fails the attempt, and is asked again where the flow says so", ([, answer]) =>
    Effect.gen(function* () {
      const server = yield* serve(answer, Chat.words("a whole sentence"))
      const config: FlowConfig.FlowConfig = { retry: { tries: 2, backoff: "immediate" } }
      const report = yield* converse(agent, modelOf(server), { config })
      expect(report.status).toBe("completed")
      const [first] = nodeOf(report, "agent").attempts
      expect(first?.error).toMatchObject({
        tag: "PlannerError",
        isRetryable: true,
        chain: [{ tag: "ModelFailed" }]
      })
      expect(nodeOf(report, "agent").outputs).toMatchObject({ text: "a whole sentence" })
    })
  )

  it.live.each([
    [401, "AuthenticationError", false],
    [400, "InvalidRequestError", false],
    [429, "RateLimitError", true],
    [503, "InternalProviderError", true]
  ] as const)("that refuses with %i is told apart", ([code, tag, isRetryable]) =>
    Effect.gen(function* () {
      const server = yield* serve(Chat.status(code, "{}", { "retry-after": "7" }))
      const error = yield* errorOf(server)
      expect(AiError.isAiError(error) && error.reason._tag).toBe(tag)
      expect(AiError.isAiError(error) && error.isRetryable).toBe(isRetryable)
      if (code === 429) expect(String(error)).toContain("7s")
    })
  )

  it.effect("is left alone for as long as it says, and asked again then", () =>
    Effect.gen(function* () {
      let asked = 0
      const client = HttpClient.make((request) =>
        Effect.sync(() => {
          asked++
          const refusal = new Response("{}", { status: 429, headers: { "retry-after": "7" } })
          const body = { choices: [{ message: { content: "now" }, finish_reason: "stop" }] }
          const response = asked === 1 ? refusal : Response.json(body)
          return HttpClientResponse.fromWeb(request, response)
        })
      )
      const made = OpenAiCompatible.make({ url: "http://localhost/v1", model: "local" })
      const model = yield* Effect.provideService(made, HttpClient.HttpClient, client)
      const fiber = yield* Effect.forkChild(model.generateText({ prompt: "hello" }))
      yield* TestClock.adjust("6999 millis")
      expect(asked).toBe(1)
      yield* TestClock.adjust("1 millis")
      expect((yield* Fiber.join(fiber)).text).toBe("now")
      expect(asked).toBe(2)
    })
  )

  it.live("that wants to be left alone for too long fails at once", () =>
    Effect.gen(function* () {
      const server = yield* serve(Chat.status(429, "{}", { "retry-after": "3600" }))
      yield* errorOf(server, { tries: 5 })
      expect(server.asked).toHaveLength(1)
    })
  )

  it.live("that is not there, and one that answers nonsense, are errors with a type", () =>
    Effect.gen(function* () {
      const server = yield* serve(Chat.events([], 1))
      yield* Effect.promise(() => server.close())
      const gone = yield* errorOf(server)
      expect(AiError.isAiError(gone) && gone.reason._tag).toBe("NetworkError")
      const nonsense = yield* serve((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.end("data: {not json\n\n")
      })
      const error = yield* errorOf(nonsense)
      expect(AiError.isAiError(error) && error.reason._tag).toBe("InvalidOutputError")
    })
  )
})
