/** The answer of a chat completion, put together from the pieces that a server sends. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Response from "effect/ai/Response"
import { unsafeSecureJsonParse } from "effect/ai/Tool"

type Part = Response.StreamPartEncoded

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const CallPiece = Schema.Struct({
  index: optional(Schema.Int),
  id: optional(Schema.String),
  function: optional(Schema.Struct({ name: optional(Schema.String), arguments: optional(Schema.String) }))
})

const Message = Schema.Struct({
  content: optional(Schema.String),
  reasoning_content: optional(Schema.String),
  tool_calls: optional(Schema.Array(CallPiece))
})

/** A piece of an answer; a whole answer has `message` in the place of `delta`. */
export const Chunk = Schema.Struct({
  id: optional(Schema.String),
  model: optional(Schema.String),
  choices: optional(
    Schema.Array(
      Schema.Struct({
        delta: optional(Message),
        message: optional(Message),
        finish_reason: optional(Schema.String)
      })
    )
  ),
  usage: optional(
    Schema.Struct({
      prompt_tokens: optional(Schema.Int),
      completion_tokens: optional(Schema.Int)
    })
  ),
  error: optional(Schema.Json)
})

const decodeChunk = Schema.decodeUnknownOption(Schema.fromJsonString(Chunk))

/** Whether a server has sent a value: many send null for what they leave out. */
export const isGiven = <A>(value: A | null | undefined): value is A => value !== null && value !== undefined

/** Reads a piece of an answer, or `undefined` when it is none. */
export const readChunk = (text: string): typeof Chunk.Type | undefined =>
  Option.getOrUndefined(decodeChunk(text))

const reasons: Readonly<Record<string, Response.FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  function_call: "tool-calls"
}

interface PendingCall {
  id: string
  name: string
  json: string
}

/** Arguments as JSON, or as the text that they are: whoever checks them says that they do not fit. */
export const parametersOf = (json: string): unknown =>
  json.trim() === ""
    ? {}
    : Result.getOrElse(
        Result.try(() => unsafeSecureJsonParse(json)),
        () => json
      )

/** An answer that comes in pieces. */
export class ChatAnswer {
  readonly #calls = new Map<number, PendingCall>()
  #last = -1
  #texts = { text: false, reasoning: false }
  #finish: string | undefined
  #usage: (typeof Chunk.Type)["usage"]
  /** The server has said that this is all. */
  isDone = false

  /** Whether the answer is whole. */
  get isWhole(): boolean {
    return this.#finish !== undefined || this.isDone
  }

  /** Takes a piece and gives the parts that it makes. */
  take(chunk: typeof Chunk.Type): ReadonlyArray<Part> {
    const parts: Array<Part> = []
    if (isGiven(chunk.usage)) this.#usage = chunk.usage
    const choice = chunk.choices?.[0]
    const message = choice?.delta ?? choice?.message
    if (message?.reasoning_content) this.#text(parts, "reasoning", message.reasoning_content)
    if (message?.content) this.#text(parts, "text", message.content)
    for (const piece of message?.tool_calls ?? []) this.#call(parts, piece)
    if (isGiven(choice?.finish_reason)) this.#finish = choice.finish_reason
    return parts
  }

  /** The parts that are known once nothing more comes. */
  end(): ReadonlyArray<Part> {
    const parts: Array<Part> = []
    if (this.#texts.reasoning) parts.push({ type: "reasoning-end", id: "reasoning" })
    if (this.#texts.text) parts.push({ type: "text-end", id: "text" })
    for (const call of this.#calls.values()) {
      parts.push({ type: "tool-params-end", id: call.id })
      parts.push({ type: "tool-call", id: call.id, name: call.name, params: parametersOf(call.json) })
    }
    const input = this.#usage?.prompt_tokens ?? undefined
    const output = this.#usage?.completion_tokens ?? undefined
    parts.push({
      type: "finish",
      reason: reasons[this.#finish ?? ""] ?? "unknown",
      usage: {
        inputTokens: { uncached: undefined, total: input, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: output, text: undefined, reasoning: undefined }
      }
    })
    return parts
  }

  #text(parts: Array<Part>, kind: "text" | "reasoning", delta: string): void {
    if (!this.#texts[kind]) parts.push({ type: `${kind}-start`, id: kind })
    this.#texts[kind] = true
    parts.push({ type: `${kind}-delta`, id: kind, delta })
  }

  /** Pieces of a call name it by its index; servers that leave that out send an id with the first piece of each. */
  #call(parts: Array<Part>, piece: typeof CallPiece.Type): void {
    const isNew = isGiven(piece.id) && this.#calls.get(this.#last)?.id !== piece.id
    const index = piece.index ?? (isNew || this.#last < 0 ? this.#last + 1 : this.#last)
    this.#last = index
    let call = this.#calls.get(index)
    if (call === undefined) {
      call = { id: piece.id ?? `call_${index}`, name: piece.function?.name ?? "", json: "" }
      this.#calls.set(index, call)
      parts.push({ type: "tool-params-start", id: call.id, name: call.name })
    } else if (piece.function?.name) call.name ||= piece.function.name
    const json = piece.function?.arguments ?? ""
    if (json === "") return
    call.json += json
    parts.push({ type: "tool-params-delta", id: call.id, delta: json })
  }
}
