/** The parts of an answer as the AI SDK streams them, in the words of `effect/ai`. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiError from "effect/ai/AiError"
import type * as Response from "effect/ai/Response"
import { parametersOf } from "./chatAnswer.ts"
import { tokenCount } from "./tokenCount.ts"

type Part = Response.StreamPartEncoded

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

const text = { id: Schema.String }
const SdkPart = Schema.Union([
  Schema.Struct({
    type: Schema.Literals(["text-start", "text-end", "reasoning-start", "reasoning-end"]),
    ...text
  }),
  Schema.Struct({ type: Schema.Literals(["text-delta", "reasoning-delta"]), ...text, delta: Schema.String }),
  Schema.Struct({ type: Schema.Literal("tool-input-start"), ...text, toolName: Schema.String }),
  Schema.Struct({ type: Schema.Literal("tool-input-delta"), ...text, delta: Schema.String }),
  Schema.Struct({ type: Schema.Literal("tool-input-end"), ...text }),
  Schema.Struct({
    type: Schema.Literal("tool-call"),
    toolCallId: Schema.String,
    toolName: Schema.String,
    input: Schema.Unknown
  }),
  Schema.Struct({
    type: Schema.Literal("finish"),
    finishReason: Schema.Union([
      Schema.String,
      Schema.Struct({ unified: Schema.String, raw: optional(Schema.String) })
    ]),
    // Whatever it is, it is no reason to lose an answer.
    usage: Schema.optional(Schema.Unknown)
  }),
  Schema.Struct({ type: Schema.Literal("error"), error: Schema.Unknown })
])
type SdkPart = typeof SdkPart.Type

const decode = Schema.decodeUnknownOption(SdkPart)

const reasons: ReadonlySet<string> = new Set<Response.FinishReason>([
  "stop",
  "length",
  "content-filter",
  "tool-calls",
  "error",
  "other"
])

const brokeOff = AiError.make({
  module: "AiSdk",
  method: "streamText",
  reason: new AiError.InternalProviderError({ description: "the answer broke off before its end" })
})

const finish = (part: SdkPart & { readonly type: "finish" }): Result.Result<ReadonlyArray<Part>, unknown> => {
  const { finishReason, usage } = part
  const unified = typeof finishReason === "string" ? finishReason : finishReason.unified
  // That is how providers say that no end has come: they have no word of the server's own for it.
  const isCut = typeof finishReason !== "string" && unified === "other" && (finishReason.raw ?? "") === ""
  if (isCut) return Result.fail(brokeOff)
  return Result.succeed([
    {
      type: "finish",
      reason: reasons.has(unified) ? (unified as Response.FinishReason) : "unknown",
      usage: {
        inputTokens: {
          uncached: undefined,
          total: tokenCount(usage, "inputTokens"),
          cacheRead: undefined,
          cacheWrite: undefined
        },
        outputTokens: { total: tokenCount(usage, "outputTokens"), text: undefined, reasoning: undefined }
      }
    }
  ])
}

/** Reads a part; what a planner has no use for gives nothing, and an error is the failure that it is. */
export const readPart = (given: unknown): Result.Result<ReadonlyArray<Part>, unknown> => {
  const part = Option.getOrUndefined(decode(given))
  if (part === undefined) return Result.succeed([])
  switch (part.type) {
    case "tool-input-start":
      return Result.succeed([{ type: "tool-params-start", id: part.id, name: part.toolName }])
    case "tool-input-delta":
      return Result.succeed([{ type: "tool-params-delta", id: part.id, delta: part.delta }])
    case "tool-input-end":
      return Result.succeed([{ type: "tool-params-end", id: part.id }])
    case "tool-call": {
      const params = typeof part.input === "string" ? parametersOf(part.input) : part.input
      return Result.succeed([{ type: "tool-call", id: part.toolCallId, name: part.toolName, params }])
    }
    case "finish":
      return finish(part)
    case "error":
      return Result.fail(part.error)
    default:
      return Result.succeed([part])
  }
}
