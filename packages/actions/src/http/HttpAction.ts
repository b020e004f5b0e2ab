/** An HTTP request, as a node. */
import { Action, type ActionContext } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseJson } from "../text/parseJson.ts"
import { HttpError, type HttpReason } from "./HttpError.ts"
import { readBody } from "./responseBody.ts"

/** Most bytes of an answer when the node does not say otherwise: 10 MiB. */
export const bytesMaxDefault = 10_485_760

const Status = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 200, maximum: 599 })))

/** What the action takes. */
export const Input = Schema.Struct({
  url: Schema.String.annotate({ description: "The address, http or https." }),
  method: Schema.optionalKey(
    Schema.Literals(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).annotate({
      description: "Default GET."
    })
  ),
  query: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])).annotate({
      description: "Added to the query of the address."
    })
  ),
  headers: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.String).annotate({ description: "Headers by name." })
  ),
  authorization: Schema.optionalKey(
    Schema.String.annotate({
      description:
        "The Authorization header, as an input of its own so that it can come from the environment."
    })
  ),
  body: Schema.optionalKey(
    Schema.Json.annotate({
      description: "What is sent: a text as it is, any other value as JSON with its content type."
    })
  ),
  parse: Schema.optionalKey(
    Schema.Literals(["auto", "json", "text", "base64"]).annotate({
      description:
        "How the body of the answer is given; default auto: as the value of its JSON when the server says it is JSON, else as text."
    })
  ),
  expectStatus: Schema.optionalKey(
    Schema.Union([Status, Schema.Array(Status)]).annotate({
      description: "The statuses that mean success; default 200 to 299."
    })
  ),
  bytesMax: Schema.optionalKey(
    Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))).annotate({
      description: "A larger answer is an error; default 10 MiB."
    })
  ),
  followRedirects: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "Whether redirects are followed, at most 20; default true." })
  ),
  sendIdempotencyKey: Schema.optionalKey(
    Schema.Boolean.annotate({
      description:
        "Whether every attempt sends the same Idempotency-Key, so that a server that knows it does the work once; default false."
    })
  )
})

/** What the action gives. */
export const Output = Schema.Struct({
  status: Schema.Int.annotate({ description: "Status of the answer." }),
  headers: Schema.Record(Schema.String, Schema.String).annotate({
    description: "Headers of the answer by lower-case name."
  }),
  body: Schema.Json.annotate({ description: "Body of the answer; null when there is none to parse." })
})

/** How the action is set up. */
export interface HttpOptions {
  /** Sends the requests; default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

/**
 * Makes the action `http`, which sends one request and gives the answer. An interrupted attempt closes its connection.
 *
 * **Failures**
 * - `HttpError` with `UnexpectedStatus` (retryable: 408, 425, 429, 5xx), `ConnectionFailed` (retryable), `InvalidRequest`,
 *   `MalformedBody` or `TooLarge`. Messages hold no query and no header, since those may be secret.
 */
export const make = (options: HttpOptions = {}) =>
  Action.make("http", {
    version: "1",
    description: "Sends an HTTP request and gives the answer.",
    input: Input,
    output: Output,
    run: (input, context) =>
      Effect.acquireUseRelease(
        Effect.sync(() => new AbortController()),
        (controller) => send(input, context, controller.signal, options.fetch ?? globalThis.fetch),
        // Also after an answer: a body that was not read to its end would hold the connection open.
        (controller) => Effect.sync(() => controller.abort())
      )
  })

// -- internal -------------------------------------------------------------------------------------------------------

const send = Effect.fnUntraced(function* (
  input: typeof Input.Type,
  context: ActionContext.ActionContext,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch
) {
  const { bytesMax = bytesMaxDefault, method = "GET" } = input
  const fail = (reason: HttpReason) => new HttpError({ reason, method, url: publicUrl(input.url) })
  const request = yield* Effect.mapError(makeRequest(input, context, signal), fail)
  const response = yield* Effect.tryPromise({
    try: () => fetch(request),
    catch: (cause) => fail({ _tag: "ConnectionFailed", message: rootMessage(cause) })
  })
  if (!isExpected(response.status, input.expectStatus)) {
    const { status, statusText } = response
    const body = yield* Effect.orElseSucceed(readBody(response, excerptBytesMax, "cut"), () => noBytes)
    return yield* fail({ _tag: "UnexpectedStatus", status, statusText, body: excerpt(body) })
  }
  const bytes = yield* Effect.mapError(readBody(response, bytesMax, "refuse"), (trouble) =>
    trouble === "TooLarge"
      ? fail({ _tag: "TooLarge", maximum: bytesMax })
      : fail({ _tag: "ConnectionFailed", message: rootMessage(trouble.cause) })
  )
  const body = yield* Effect.mapError(parseBody(response, bytes, input), (message) =>
    fail({ _tag: "MalformedBody", message })
  )
  return { status: response.status, headers: Object.fromEntries(response.headers), body }
})

const noBytes = new Uint8Array()

/** Enough for 500 characters of any alphabet. */
const excerptBytesMax = 2000

const excerpt = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes).replaceAll(/\s+/g, " ").trim().slice(0, 500)

const publicUrl = (url: string): string => {
  const parsed = URL.parse(url)
  return parsed === null ? "an unreadable address" : `${parsed.protocol}//${parsed.host}${parsed.pathname}`
}

/** What went wrong at the bottom: `fetch` itself only says that it failed. */
const rootMessage = (cause: unknown): string => {
  let error = cause
  while (error instanceof Error && error.cause instanceof Error) error = error.cause
  if (!(error instanceof Error)) return String(error)
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  return error.message === "" || error.message.includes(code)
    ? error.message || code
    : `${error.message} (${code})`
}

const isExpected = (status: number, expected: number | ReadonlyArray<number> | undefined): boolean => {
  if (expected === undefined) return status >= 200 && status <= 299
  return typeof expected === "number" ? status === expected : expected.includes(status)
}

const makeRequest = (
  input: typeof Input.Type,
  context: ActionContext.ActionContext,
  signal: AbortSignal
): Effect.Effect<Request, HttpReason> =>
  Effect.try({
    try: () => {
      const url = new URL(input.url)
      if (url.protocol !== "http:" && url.protocol !== "https:")
        throw new Error(`${url.protocol} is not HTTP`)
      for (const [name, value] of Object.entries(input.query ?? {}))
        url.searchParams.append(name, String(value))
      const headers = new Headers(input.headers)
      if (input.authorization !== undefined) headers.set("authorization", input.authorization)
      if (input.sendIdempotencyKey === true) headers.set("idempotency-key", context.idempotencyKey)
      const { body } = input
      if (body !== undefined && typeof body !== "string" && !headers.has("content-type")) {
        headers.set("content-type", "application/json")
      }
      return new Request(url, {
        method: input.method ?? "GET",
        headers,
        signal,
        redirect: input.followRedirects === false ? "manual" : "follow",
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
    },
    catch: (cause) => ({
      _tag: "InvalidRequest",
      message: cause instanceof Error ? withoutValues(cause, input) : String(cause)
    })
  })

/** The platform quotes what it refuses, and that may be a secret. */
const withoutValues = (error: Error, { authorization, headers, url }: typeof Input.Type): string =>
  [url, authorization ?? "", ...Object.values(headers ?? {})]
    .filter((value) => value !== "")
    .reduce((message, value) => message.replaceAll(value, "…"), error.message)

const jsonType = /^(application|text)\/([^;]+\+)?json\b/i

const parseBody = (
  response: Response,
  bytes: Uint8Array,
  { method, parse = "auto" }: typeof Input.Type
): Effect.Effect<Schema.Json, string> => {
  if (parse === "base64") return Effect.succeed(Buffer.from(bytes).toString("base64"))
  const type = response.headers.get("content-type") ?? ""
  const text = decoder(type).decode(bytes)
  if (parse === "text" || (parse === "auto" && !jsonType.test(type))) return Effect.succeed(text)
  const hasNoBody = method === "HEAD" || response.status === 204 || response.status === 304
  return hasNoBody && text === "" ? Effect.succeed(null) : parseJson(text)
}

/** The decoder for the alphabet that the server names, or UTF-8 when it names none that exists. */
const decoder = (contentType: string) => {
  const label = /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1]
  if (label === undefined) return new TextDecoder()
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder()
  }
}
