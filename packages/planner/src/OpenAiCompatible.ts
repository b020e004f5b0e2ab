/**
 * Any server that follows OpenAI's interface for chat completions as a `LanguageModel` of `effect/ai`: OpenAI, Ollama, vLLM,
 * llama.cpp, OpenRouter, Groq, Mistral and many others.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import * as Sse from "effect/encoding/Sse"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { ChatAnswer, isGiven, readChunk } from "./internal/chatAnswer.ts"
import { chatRequest } from "./internal/chatRequest.ts"
import { partsOfStream } from "./internal/partsOfStream.ts"
import { errorTextMax, patiently, retryAfterOf } from "./internal/patience.ts"

/** Where a server is, and how it is asked. */
export interface Options {
  /** The address up to the version, for instance `https://api.openai.com/v1` or `http://localhost:11434/v1`. */
  readonly url: string
  /** The name of the model, as the server knows it. */
  readonly model: string
  /** Sent as a bearer token. Default: none. */
  readonly apiKey?: string | Redacted.Redacted
  /** Sent with each request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of each request, such as `temperature`. Default: none. */
  readonly body?: Readonly<Record<string, unknown>>
  /**
   * How often a request is sent that the server refuses for now (429, 5xx) or that does not reach it, 1 or more; default 3. An
   * answer that has begun is never asked for again here: that is for the retries of the node.
   */
  readonly tries?: number
  /**
   * Bytes of one response that are read; one that is larger fails with `InvalidOutputError`. Default 64 MiB, which is ten times what an
   * answer of 256 KiB takes on the wire, word by word.
   */
  readonly responseBytesMax?: number
  /** Longest wait between two tries, whatever `Retry-After` says; what would take longer fails at once. Default 1 minute. */
  readonly waitMax?: Duration.Input
}

/**
 * A model of an OpenAI-compatible server, over the global `fetch`.
 *
 * **Failures**
 * What it fails with is an `AiError`: `RateLimitError` with `retryAfter`, `AuthenticationError`, `InvalidRequestError`,
 * `InternalProviderError`, `NetworkError`, and `InvalidOutputError` for an answer that is none. One that breaks off is an
 * `InternalProviderError`.
 *
 * **Example**
 * ```ts
 * const model = OpenAiCompatible.layer({ url: "http://localhost:11434/v1", model: "llama3.2" })
 * ```
 */
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(LanguageModel.LanguageModel, make(options)).pipe(Layer.provide(FetchHttpClient.layer))

/** The same model over an HTTP client of your own. */
export const make = (
  options: Options
): Effect.Effect<LanguageModel.LanguageModel, never, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (client) => {
    const streamText = (asked: LanguageModel.ProviderOptions): Parts => answer(client, options, asked)
    return LanguageModel.make({
      streamText,
      generateText: (asked) => partsOfStream(streamText(asked))
    })
  })

// -- internal -------------------------------------------------------------------------------------------------------

type Parts = Stream.Stream<Response.StreamPartEncoded, AiError.AiError>

const fail = (reason: AiError.AiErrorReason): AiError.AiError =>
  AiError.make({ module: "OpenAiCompatible", method: "streamText", reason })

const ofHttpError = (error: HttpClientError.HttpClientError): AiError.AiError => {
  const { reason } = error
  return reason._tag === "TransportError" ||
    reason._tag === "EncodeError" ||
    reason._tag === "InvalidUrlError"
    ? fail(AiError.NetworkError.fromRequestError(reason))
    : fail(new AiError.InternalProviderError({ description: `the answer broke off: ${error.message}` }))
}

const refused = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const text = yield* Effect.orElseSucceed(response.text, () => "")
  const description = `${response.status}: ${text.slice(0, errorTextMax)}`
  if (response.status === 429) {
    const retryAfter = retryAfterOf(response.headers, yield* Clock.currentTimeMillis)
    return fail(new AiError.RateLimitError({ ...(retryAfter !== undefined && { retryAfter }) }))
  }
  return fail(AiError.reasonFromHttpStatus({ status: response.status, description }))
})

/** Sends a request until the server begins to answer, or until there is no point in sending it again. */
const send = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  options: Options
): Effect.Effect<HttpClientResponse.HttpClientResponse, AiError.AiError> => {
  const once = Effect.mapError(client.execute(request), ofHttpError).pipe(
    Effect.filterOrElse(
      ({ status }) => status >= 200 && status < 300,
      (response) => Effect.flatMap(refused(response), Effect.fail)
    )
  )
  return patiently(once, options)
}

/** The events of an answer; a server that does not stream gives one, which is all of it. */
const dataOf = (
  response: HttpClientResponse.HttpClientResponse,
  { responseBytesMax = 67_108_864 }: Options
): Stream.Stream<string, AiError.AiError> => {
  const description = `the response is larger than ${responseBytesMax} bytes`
  const tooLarge = fail(new AiError.InvalidOutputError({ description }))
  const isWhole = response.headers["content-type"]?.includes("application/json") === true
  const texts = response.stream.pipe(
    Stream.mapError(ofHttpError),
    Stream.limitBytes(responseBytesMax, () => Stream.fail(tooLarge)),
    Stream.decodeText()
  )
  if (isWhole) return Stream.fromEffect(Stream.mkString(texts))
  return texts.pipe(
    Stream.pipeThroughChannel(Sse.decode()),
    Stream.map((event) => event.data),
    Stream.mapError((error) =>
      AiError.isAiError(error)
        ? error
        : fail(new AiError.InvalidOutputError({ description: "the answer is no stream of events" }))
    )
  )
}

const answer = (
  client: HttpClient.HttpClient,
  options: Options,
  asked: LanguageModel.ProviderOptions
): Parts =>
  Stream.suspend(() => {
    const { apiKey, body = {}, headers = {}, model, url } = options
    const request = HttpClientRequest.post(`${url.replace(/\/+$/, "")}/chat/completions`).pipe(
      HttpClientRequest.setHeaders(headers),
      apiKey === undefined ? (same) => same : HttpClientRequest.bearerToken(apiKey),
      HttpClientRequest.bodyJsonUnsafe(chatRequest(asked, model, body))
    )
    const whole = new ChatAnswer()
    let kind = ""
    const pieces = Stream.unwrap(
      Effect.map(send(client, request, options), (response) => {
        kind = response.headers["content-type"] ?? "of no type"
        return dataOf(response, options)
      })
    ).pipe(
      Stream.takeUntil((data) => data.trim() === "[DONE]"),
      Stream.mapArrayEffect((all) => Effect.forEach(all, (data) => takePiece(whole, data))),
      Stream.flatMap((parts) => Stream.fromIterable(parts))
    )
    return Stream.concat(
      pieces,
      Stream.suspend(() => (whole.isBegun || isAnswer(kind) ? endOf(whole) : noAnswer(kind)))
    )
  })

const isAnswer = (contentType: string): boolean => /json|event-stream/.test(contentType)

/** What a proxy or a web page sends in the place of an answer. */
const noAnswer = (kind: string): Parts => {
  const description = `the response is ${kind.slice(0, 100)}, and there is no answer in it: is the url right?`
  return Stream.fail(fail(new AiError.InvalidOutputError({ description })))
}

const takePiece = (
  whole: ChatAnswer,
  data: string
): Effect.Effect<ReadonlyArray<Response.StreamPartEncoded>, AiError.AiError> => {
  if (data.trim() === "[DONE]") {
    whole.isDone = true
    return Effect.succeed([])
  }
  const chunk = readChunk(data)
  if (chunk === undefined) {
    const description = `a piece of the answer cannot be read: ${data.slice(0, 200)}`
    return Effect.fail(fail(new AiError.InvalidOutputError({ description })))
  }
  if (isGiven(chunk.error)) {
    const description = JSON.stringify(chunk.error).slice(0, errorTextMax)
    return Effect.fail(fail(new AiError.InternalProviderError({ description })))
  }
  return Effect.succeed(whole.take(chunk))
}

const endOf = (whole: ChatAnswer): Parts =>
  whole.isWhole
    ? Stream.fromIterable(whole.end())
    : Stream.fail(
        fail(new AiError.InternalProviderError({ description: "the answer broke off before its end" }))
      )
