/** Reads a model's answer as far as it may be read, and says what of it a log can keep. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Response from "effect/ai/Response"
import type { Limits } from "../Limits.ts"
import { PlannerError } from "../PlannerError.ts"
import type { Refusal } from "../Refusal.ts"
import type { Call } from "../Turn.ts"
import { ofAnswer } from "./conversation.ts"
import { inspect, textBytes } from "./inspect.ts"

type Part = Response.AnyPart

/** An answer that has been read. */
export interface Answer {
  /** What it adds to the conversation; nothing once it is refused. */
  readonly message: ReadonlyArray<Schema.Json>
  readonly text: string
  readonly calls: ReadonlyArray<Call>
  readonly finish: string
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly refused: Refusal | undefined
}

/** Finish reasons after which the calls of an answer may be halves of what the model meant. */
const cutOff: ReadonlySet<string> = new Set(["length", "content-filter", "error"])

/** Bytes that a part counts which has no text of its own. */
const partBytes = 16

/** Levels of a message above the arguments of a call in it. */
const levelsAbove = 8

/** An answer while it is read. */
class Reading {
  readonly parts: Array<Part> = []
  readonly #limits: Limits
  readonly #emit: (value: Schema.Json) => void
  text = ""
  finish: Response.FinishPart | undefined
  error: unknown = undefined
  callCount = 0
  /** Pieces of arguments, and whole ones: a model sends either or both. */
  #pieceBytes = 0
  #callBytes = 0
  #otherBytes = 0
  refused: Refusal | undefined

  constructor(limits: Limits, emit: (value: Schema.Json) => void) {
    this.#limits = limits
    this.#emit = emit
  }

  /** Takes a part, and tells whether another one may be read. */
  take(part: Part): boolean {
    if (part.type === "finish") this.#takeFinish(part)
    else if (part.type === "error") this.error = part.error
    else if (part.type === "tool-params-delta") this.#pieceBytes += textBytes(part.delta) || partBytes
    else if (part.type === "tool-call") this.#takeCall(part)
    else if (part.type === "text-delta" || part.type === "reasoning-delta") this.#takeText(part)
    else this.#takeOther(part)
    const bytes = this.#otherBytes + Math.max(this.#pieceBytes, this.#callBytes)
    const { answerBytesMax } = this.#limits
    if (bytes > answerBytesMax)
      this.refused ??= { _tag: "TooLarge", what: "the answer", bytes, maximum: answerBytesMax }
    return this.error === undefined && bytes <= answerBytesMax
  }

  #takeFinish(part: Response.FinishPart): void {
    this.#otherBytes += partBytes
    this.finish = part
  }

  #takeCall(part: Response.ToolCallPart<string, unknown>): void {
    const { answerBytesMax, argumentDepthMax, callsMax } = this.#limits
    this.callCount++
    if (this.callCount > callsMax) return
    const where = `the arguments of call ${this.callCount}`
    const bounds = { depthMax: argumentDepthMax, bytesMax: answerBytesMax }
    this.refused ??=
      textProblem(part.id, "the id of a call") ??
      textProblem(part.name, "the name of a tool") ??
      inspect(part.params, where, bounds)
    if (this.refused !== undefined) return
    this.#callBytes += textBytes(JSON.stringify(part.params)) + part.id.length + part.name.length
    this.parts.push(part)
  }

  #takeText(part: Part & { readonly type: "text-delta" | "reasoning-delta" }): void {
    this.#otherBytes += textBytes(part.delta) || partBytes
    if (part.type === "text-delta") {
      this.text += part.delta
      this.#emit({ type: "text", delta: part.delta })
    }
    this.parts.push(part)
  }

  /** What says next to nothing takes room as well, so that there is an end to it. */
  #takeOther(part: Part): void {
    this.#otherBytes += partBytes
    if (part.type === "file") this.#otherBytes += part.data.length
    else this.parts.push(part)
  }
}

const textProblem = (text: string, where: string): Refusal | undefined =>
  text.isWellFormed() ? undefined : { _tag: "InvalidText", where }

/** What an answer adds to the conversation, or why that cannot be recorded: here is all that providers add to it, too. */
const messageOf = (parts: ReadonlyArray<Part>, limits: Limits): ReadonlyArray<Schema.Json> | Refusal => {
  const { answerBytesMax, argumentDepthMax } = limits
  const message = Result.try(() => ofAnswer(parts))
  if (Result.isFailure(message)) return { _tag: "InvalidInput", message: "the answer is no message" }
  const bounds = { depthMax: argumentDepthMax + levelsAbove, bytesMax: 2 * answerBytesMax }
  return inspect(message.success, "the answer", bounds) ?? message.success
}

const settle = (reading: Reading, limits: Limits): Answer => {
  const { callCount, finish, parts, text } = reading
  const reason = finish?.reason ?? "unknown"
  const early =
    reading.refused ??
    (callCount > limits.callsMax
      ? ({ _tag: "LimitReached", limit: "callsMax", maximum: limits.callsMax, requested: callCount } as const)
      : undefined) ??
    textProblem(text, "the answer") ??
    (callCount > 0 && cutOff.has(reason)
      ? ({ _tag: "IncompleteAnswer", finish: reason } as const)
      : undefined)
  const message = early ?? messageOf(parts, limits)
  const refused = "_tag" in message ? message : undefined
  const calls = parts.flatMap((part) =>
    part.type === "tool-call" && part.providerExecuted !== true
      ? [{ id: part.id, name: part.name, arguments: part.params as Schema.Json }]
      : []
  )
  return {
    message: "_tag" in message ? [] : message,
    text: refused === undefined ? text : "",
    calls: refused === undefined ? calls : [],
    finish: reason,
    inputTokens: finish?.usage.inputTokens.total,
    outputTokens: finish?.usage.outputTokens.total,
    refused
  }
}

const failedPart = (error: unknown): PlannerError =>
  new PlannerError({
    reason: {
      _tag: "ModelFailed",
      error: "ErrorPart",
      message: `the model ended its answer with an error: ${error instanceof Error ? error.message : JSON.stringify(error)}`,
      isRetryable: true
    }
  })

/** Reads an answer to its end, or to the point from which on nobody would want it. */
export const readAnswer = <E>(
  stream: Stream.Stream<Part, E>,
  limits: Limits,
  emit: (value: Schema.Json) => void
): Effect.Effect<Answer, E | PlannerError> =>
  Effect.suspend(() => {
    const reading = new Reading(limits, emit)
    return Effect.flatMap(
      Stream.runDrain(Stream.takeWhile(stream, (part) => reading.take(part))),
      (): Effect.Effect<Answer, PlannerError> => {
        if (reading.error !== undefined) return Effect.fail(failedPart(reading.error))
        if (reading.finish === undefined && reading.refused === undefined) {
          const reason = { _tag: "IncompleteAnswer", finish: "no finish" } as const
          return Effect.fail(new PlannerError({ reason }))
        }
        const answer = settle(reading, limits)
        emit({ type: "end", finish: answer.finish })
        return Effect.succeed(answer)
      }
    )
  })
