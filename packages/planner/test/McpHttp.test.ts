/*
 * Goal: what holds for MCP servers that are programs holds for those that are reached over HTTP. Method: a local server of the
 * protocol's streamable HTTP that answers as a test tells it to.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, it } from "@effect/vitest"
import { DagFlow, Flow } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { Mcp } from "../src/index.ts"
import { nodeOf } from "./world.ts"

interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly protocolVersion?: string; readonly arguments?: { readonly word?: string } }
}

/** Answers a call of the tool. */
type Answer = (response: ServerResponse, id: number | undefined, word: string) => void

const json = (response: ServerResponse, body: object, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify({ jsonrpc: "2.0", ...body }))
}

const shout = {
  name: "shout",
  inputSchema: { type: "object", properties: { word: { type: "string" } }, required: ["word"] }
}

const text = (word: string) => ({ content: [{ type: "text", text: word.toUpperCase() }] })

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

let open: Server | undefined

afterEach(async () => {
  open?.closeAllConnections()
  await new Promise<void>((resolve) => (open === undefined ? resolve() : open.close(() => resolve())))
  open = undefined
})

/** A server whose n-th call gets the n-th answer. */
const serve = (key: string, ...answers: ReadonlyArray<Answer>) =>
  Effect.promise(async () => {
    let calls = 0
    open = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        if (request.headers.authorization !== key) return json(response, {}, 401)
        if (request.method === "DELETE") return response.writeHead(200).end()
        const { id, method, params } = JSON.parse(body) as Message
        if (method === "initialize") {
          const { protocolVersion } = params ?? {}
          const serverInfo = { name: "test", version: "1" }
          return json(response, { id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo } })
        }
        if (method === "tools/list") return json(response, { id, result: { tools: [shout] } })
        if (method !== "tools/call") return response.writeHead(202).end()
        return answers[Math.min(++calls, answers.length) - 1]?.(response, id, params?.arguments?.word ?? "")
      })
    })
    await new Promise<void>((resolve) => open?.listen(0, "127.0.0.1", resolve))
    return `http://127.0.0.1:${(open.address() as AddressInfo).port}/mcp`
  })

const plain: Answer = (response, id, word) => json(response, { id, result: text(word) })

const events: Answer = (response, id, word) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message" })}\n\n`)
  response.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id, result: text(word) })}\n\n`)
}

/** Calls the tool so often, one call after the other, and gives the report. */
const call = (url: string, more: Partial<Mcp.HttpOptions> = {}) =>
  Effect.gen(function* () {
    const server = yield* Mcp.http({
      name: "test",
      url,
      allow: ["shout"],
      headers: { authorization: "key" },
      ...more
    })
    const [action] = server.actions
    const flow = Flow.make("twice", { config: { onFailure: "continue" } }, (f) => {
      const first = f.node("first", action!, { word: "fox" })
      return {
        second: f.node("second", action!, { word: "owl" }, { dependsOn: [first], trigger: "all_done" })
      }
    })
    return yield* Effect.gen(function* () {
      return yield* (yield* (yield* DagFlow).start(flow)).outcome
    }).pipe(Effect.provide(DagFlow.layer().pipe(Layer.provide(MemoryStore.layer))))
  }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))

describe("the tools of an MCP server over HTTP", () => {
  it.live("are called, and answered as JSON or as events", () =>
    Effect.gen(function* () {
      const report = yield* call(yield* serve("key", plain, events))
      expect(nodeOf(report, "first").outputs).toEqual({ text: "FOX" })
      expect(nodeOf(report, "second").outputs).toEqual({ text: "OWL" })
    })
  )

  const unwell: ReadonlyArray<readonly [how: string, answer: Answer, tag: string]> = [
    ["breaks the connection", (response) => void response.destroy(), "ServerLost"],
    ["is overloaded", (response) => json(response, {}, 503), "ServerLost"],
    [
      "refuses",
      (response, id) => json(response, { id, error: { code: -32603, message: "no" } }),
      "CallRefused"
    ],
    ["forbids", (response) => json(response, {}, 403), "CallRefused"],
    [
      "answers with a page",
      (response) => void response.setHeader("content-type", "text/html").end("<p>"),
      "InvalidMessage"
    ],
    [
      "answers with half a JSON text",
      (response) => void response.setHeader("content-type", "application/json").end("{"),
      "InvalidMessage"
    ],
    [
      "sends megabytes",
      (response, id) => json(response, { id, result: text("x".repeat(5_000_000)) }),
      "TooLarge"
    ]
  ]

  it.live.each(unwell)(
    "of a server that %s fail by type, and the next call is carried out",
    ([, answer, tag]) =>
      Effect.gen(function* () {
        const report = yield* call(yield* serve("key", answer, plain))
        expect(nodeOf(report, "first").error?.chain?.[0]?.tag).toBe(tag)
        expect(nodeOf(report, "second").outputs).toEqual({ text: "OWL" })
      })
  )

  it.live("of a server that does not answer in time fail by type", () =>
    Effect.gen(function* () {
      const report = yield* call(yield* serve("key", () => undefined), { callTimeout: "50 millis" })
      expect(nodeOf(report, "first").error?.chain?.[0]?.tag).toBe("TimedOut")
    })
  )

  it.live("of a server that does not let one in are refused by type", () =>
    Effect.gen(function* () {
      const url = yield* serve("another key", plain)
      const error = yield* Effect.flip(call(url))
      expect(error).toMatchObject({ isRetryable: false, reason: { _tag: "ServerUnavailable" } })
    })
  )
})
