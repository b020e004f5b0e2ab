/*
 * Goal: the action tells success, passing trouble and lasting trouble apart, and gives up its connection when it is done.
 * Method: a real server on this machine, which records what it is asked and answers as each test says.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { HttpAction, type HttpError } from "@dagflow/actions"
import { attempt } from "../attempt.ts"

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

let server: Server
let answer: Answer
let base: string

beforeEach(async () => {
  server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk: Buffer) => (body += chunk.toString()))
    request.on("end", () => answer(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const http = HttpAction.make()
const get = (input: Partial<typeof HttpAction.Input.Encoded> = {}) => attempt(http, { url: base, ...input })
const failing = (effect: Effect.Effect<unknown, HttpError>) => Effect.flip(effect)

const plain =
  (status: number, type: string, body: string | Buffer): Answer =>
  (_, response) =>
    response.writeHead(status, { "content-type": type }).end(body)

describe("HttpAction", () => {
  it.live("sends method, query, headers and a value as JSON", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      answer = ({ headers, method, url }, response, body) => {
        seen.push(method, url, headers["content-type"], headers.authorization, headers["x-a"], body)
        seen.push(headers["idempotency-key"])
        response.writeHead(201).end()
      }
      const { status } = yield* get({
        url: `${base}/users?a=1`,
        method: "POST",
        query: { page: 2, all: true },
        headers: { "X-A": "b" },
        authorization: "Bearer t",
        body: { name: "Ada" },
        sendIdempotencyKey: true
      })
      expect(status).toBe(201)
      expect(seen).toEqual([
        "POST",
        "/users?a=1&page=2&all=true",
        "application/json",
        "Bearer t",
        "b",
        `{"name":"Ada"}`,
        "run-1/node"
      ])
    })
  )

  it.live.each<[string, Answer, object, unknown]>([
    ["JSON by its type", plain(200, "application/problem+json", `{"a":1}`), {}, { a: 1 }],
    ["text by its type", plain(200, "text/plain", `{"a":1}`), {}, `{"a":1}`],
    ["JSON when asked", plain(200, "text/plain", `{"a":1}`), { parse: "json" }, { a: 1 }],
    ["text when asked", plain(200, "application/json", `{"a":1}`), { parse: "text" }, `{"a":1}`],
    ["bytes when asked", plain(200, "image/png", Buffer.from([0, 255])), { parse: "base64" }, "AP8="],
    ["its alphabet", plain(200, "text/plain; charset=latin1", Buffer.from([0xe9])), {}, "é"],
    ["an unknown alphabet as UTF-8", plain(200, "text/plain; charset=x-none", "é"), {}, "é"],
    ["nothing", plain(204, "application/json", ""), {}, null],
    [
      "an unpacked body",
      (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("packed")),
      {},
      "packed"
    ]
  ])("gives %s", ([, given, input, body]) =>
    Effect.gen(function* () {
      answer = given
      expect((yield* get(input)).body).toEqual(body)
    })
  )

  it.live.each<[number, boolean]>([
    [400, false],
    [404, false],
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [503, true]
  ])("status %d is worth another attempt: %s", ([status, isRetryable]) =>
    Effect.gen(function* () {
      answer = plain(status, "text/plain", "what\n went wrong ".repeat(100))
      const error = yield* failing(get({ url: `${base}/x?token=secret` }))
      expect(error.reason).toMatchObject({ _tag: "UnexpectedStatus", status })
      expect(error.isRetryable).toBe(isRetryable)
      expect(error.message).toContain(`GET ${base}/x: the server answered ${status}`)
      expect(error.message).toContain("what went wrong")
      expect(error.message.length).toBeLessThan(700)
      expect(error.message).not.toContain("secret")
    })
  )

  it.live("takes the statuses that the node expects for success, and only them", () =>
    Effect.gen(function* () {
      answer = plain(404, "text/plain", "")
      expect((yield* get({ expectStatus: [200, 404] })).status).toBe(404)
      answer = plain(200, "text/plain", "")
      expect((yield* failing(get({ expectStatus: 404 }))).reason).toMatchObject({ status: 200 })
    })
  )

  it.live("follows redirects unless it is told not to", () =>
    Effect.gen(function* () {
      answer = ({ url }, response) =>
        url === "/new"
          ? response.writeHead(200).end("new")
          : response.writeHead(302, { location: "/new" }).end()
      expect((yield* get()).body).toBe("new")
      const kept = yield* get({ followRedirects: false, expectStatus: 302 })
      expect(kept.headers["location"]).toBe("/new")
    })
  )

  it.live(
    "stops reading at the largest size, whether the server announces the size, packs the body, or neither",
    () =>
      Effect.gen(function* () {
        const long = "x".repeat(100_000)
        const answers: ReadonlyArray<Answer> = [
          (_, response) => response.writeHead(200, { "content-length": 100_000 }).end(long),
          (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(long)),
          (_, response) => response.writeHead(200).write(long)
        ]
        for (const one of answers) {
          answer = one
          const error = yield* failing(get({ bytesMax: 99_999 }))
          expect(error.reason).toEqual({ _tag: "TooLarge", maximum: 99_999 })
          expect(error.isRetryable).toBe(false)
        }
        answer = answers[1] ?? answer
        expect((yield* get({ bytesMax: 100_000 })).body).toBe(long)
      })
  )

  it.live("says which JSON is malformed", () =>
    Effect.gen(function* () {
      answer = plain(200, "application/json", "<html>")
      const error = yield* failing(get())
      expect(error.reason._tag).toBe("MalformedBody")
      expect(error.isRetryable).toBe(false)
    })
  )

  it.live("a connection that is refused, or breaks within the answer, is worth another attempt", () =>
    Effect.gen(function* () {
      answer = (_, response) => {
        response.writeHead(200, { "content-length": 10 }).write("12345")
        setImmediate(() => response.destroy())
      }
      const broken = yield* failing(get())
      expect([broken.reason._tag, broken.isRetryable]).toEqual(["ConnectionFailed", true])
      yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
      const refused = yield* failing(get())
      expect([refused.reason._tag, refused.isRetryable]).toEqual(["ConnectionFailed", true])
      expect(refused.message).toContain("ECONNREFUSED")
    })
  )

  it.live.each([
    { url: "no address" },
    { url: "file:///etc/passwd" },
    { headers: { "bad name": "secret-value" } },
    { authorization: "secret-value\nmore" },
    { method: "GET" as const, body: "a GET has none" }
  ])("refuses a request that cannot be sent: %j", (input) =>
    Effect.gen(function* () {
      const error = yield* failing(get(input))
      expect(error.reason._tag).toBe("InvalidRequest")
      expect(error.isRetryable).toBe(false)
      expect(error.message).not.toContain("secret-value")
    })
  )

  it.live("closes its connection when it is interrupted, before the answer and within it", () =>
    Effect.gen(function* () {
      for (const begin of [false, true]) {
        const asked = Promise.withResolvers<void>()
        const closed = Promise.withResolvers<void>()
        answer = (_, response) => {
          response.on("close", () => closed.resolve())
          if (begin) response.writeHead(200).write("the beginning")
          asked.resolve()
        }
        const fiber = yield* Effect.forkChild(get(), { startImmediately: true })
        yield* Effect.promise(() => asked.promise)
        yield* Fiber.interrupt(fiber)
        yield* Effect.promise(() => closed.promise)
      }
    })
  )

  it.live("sends its requests by the fetch that it is given", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const fetch: typeof globalThis.fetch = (request) => {
        seen.push(String((request as Request).url))
        return Promise.resolve(new Response("from elsewhere"))
      }
      const { body } = yield* attempt(HttpAction.make({ fetch }), { url: "https://example.invalid/" })
      expect([seen, body]).toEqual([["https://example.invalid/"], "from elsewhere"])
    })
  )
})
