/**
 * A model of the AI SDK (the package `ai` and its providers) as a `LanguageModel` of `effect/ai`. Nothing of the AI SDK is imported:
 * what is needed of its interface is written down here, and its versions 2, 3 and 4 have it.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import { callOptions } from "./internal/aiSdkOptions.ts"
import { readPart } from "./internal/aiSdkParts.ts"
import { partsOfStream } from "./internal/partsOfStream.ts"
import { errorTextMax, patiently, type Patience, retryAfterOf } from "./internal/patience.ts"

/** What is needed of a model of the AI SDK: every `LanguageModelV2`, `V3` and `V4` is one. */
export interface Model {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
  doStream(options: never): PromiseLike<{ readonly stream: ReadableStream<unknown> }>
}

/** How a model is asked: see `tries` and `waitMax` of `OpenAiCompatible`. */
export interface Options extends Patience {
  /** Further options of each call, such as `temperature` or `providerOptions`. Default: none. */
  readonly call?: Readonly<Record<string, unknown>>
}

/**
 * A model of the AI SDK.
 *
 * **Failures**
 * `AiError`, told apart by the status of the provider's answer. An answer that breaks off is an `InternalProviderError`.
 *
 * **Example**
 * ```ts
 * import { openai } from "@ai-sdk/openai"
 * const model = AiSdk.layer(openai("gpt-4.1-mini"))
 * ```
 */
export const layer = (model: Model, options: Options = {}): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(LanguageModel.LanguageModel, make(model, options))

/** The same model as a value. */
export const make = (model: Model, options: Options = {}): Effect.Effect<LanguageModel.LanguageModel> => {
  const streamText = (asked: LanguageModel.ProviderOptions): Parts => answer(model, options, asked)
  return LanguageModel.make({
    streamText,
    generateText: (asked) => partsOfStream(streamText(asked))
  })
}

// -- internal -------------------------------------------------------------------------------------------------------

type Parts = Stream.Stream<Response.StreamPartEncoded, AiError.AiError>

const fail = (reason: AiError.AiErrorReason): AiError.AiError =>
  AiError.make({ module: "AiSdk", method: "streamText", reason })

/** A call that a provider threw an error for, which may be anything. */
class Refused extends Data.TaggedError("Refused")<{ readonly thrown: unknown }> {}

interface CallError {
  readonly message?: unknown
  readonly statusCode?: unknown
  readonly responseHeaders?: Readonly<Record<string, string>>
  readonly isRetryable?: unknown
}

/** What a provider threw, by the status of the answer if it had one. */
const ofThrown = (thrown: unknown): Effect.Effect<AiError.AiError> =>
  Effect.map(Clock.currentTimeMillis, (nowMillis) => {
    if (AiError.isAiError(thrown)) return thrown
    const error: CallError = typeof thrown === "object" && thrown !== null ? thrown : {}
    const description = String(error.message ?? thrown).slice(0, errorTextMax)
    if (error.statusCode === 429) {
      const retryAfter = retryAfterOf(error.responseHeaders ?? {}, nowMillis)
      return fail(new AiError.RateLimitError({ ...(retryAfter !== undefined && { retryAfter }) }))
    }
    if (typeof error.statusCode === "number" && error.statusCode >= 400) {
      return fail(AiError.reasonFromHttpStatus({ status: error.statusCode, description }))
    }
    return error.isRetryable === false
      ? fail(new AiError.UnknownError({ description }))
      : fail(new AiError.InternalProviderError({ description }))
  })

const open = (model: Model, options: Options, asked: LanguageModel.ProviderOptions) =>
  Effect.tryPromise({
    try: (abortSignal) =>
      Promise.resolve(model.doStream({ ...callOptions(asked), ...options.call, abortSignal } as never)),
    catch: (thrown) => new Refused({ thrown })
  }).pipe(Effect.catch(({ thrown }) => Effect.flatMap(ofThrown(thrown), Effect.fail)))

const answer = (model: Model, options: Options, asked: LanguageModel.ProviderOptions): Parts =>
  Stream.unwrap(
    Effect.map(patiently(open(model, options, asked), options), ({ stream }) =>
      Stream.fromReadableStream({ evaluate: () => stream, onError: (error) => error }).pipe(
        Stream.mapEffect((part) => Effect.fromResult(readPart(part))),
        Stream.flatMap((parts) => Stream.fromIterable(parts)),
        Stream.catch((error) => Stream.unwrap(Effect.map(ofThrown(error), Stream.fail)))
      )
    )
  )
