/** The answer of a chat completion, put together from the pieces that a server sends. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Response from "effect/ai/Response"
import { unsafeSecureJsonParse } from "effect/ai/Tool"
import { argumentsText, PendingCall } from "./pendingCall.ts"
import { tokenCount } from "./tokenCount.ts"

type Part = Response.StreamPartEncoded

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const CallPiece = Schema.Struct({
  index: optional(Schema.Int),
  id: optional(Schema.String),
  // A text in pieces; some servers send the object itself.
  function: optional(Schema.Struct({ name: optional(Schema.String), arguments: optional(Schema.Json) }))
})

const Message = Schema.Struct({
  // A text; models that think aloud send parts of both kinds.
  content: optional(Schema.Json),
  reasoning_content: optional(Schema.String),
  refusal: optional(Schema.String),
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
  // Whatever it is, it is no reason to lose an answer.
  usage: optional(Schema.Json),
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

/** Arguments as JSON, or as the text that they are: whoever checks them says that they do not fit. */
export const parametersOf = (json: string): unknown =>
  json.trim() === ""
    ? {}
    : Result.getOrElse(
        Result.try(() => unsafeSecureJsonParse(json)),
        () => json
      )

/** The texts of a message's content, by what they are. */
const textsOf = (content: Schema.Json): { readonly text: string; readonly reasoning: string } => {
  if (typeof content === "string") return { text: content, reasoning: "" }
  const parts = (Array.isArray(content) ? content : []) as ReadonlyArray<ContentPart | null>
  const joined = (all: ReadonlyArray<ContentPart | null>, type: string) =>
    all.map((part) => (part?.type === type && typeof part.text === "string" ? part.text : "")).join("")
  const thoughts = parts.flatMap((part) => (part?.type === "thinking" ? (part.thinking ?? []) : []))
  return { text: joined(parts, "text"), reasoning: joined(thoughts, "text") }
}

interface ContentPart {
  readonly type?: unknown
  readonly text?: unknown
  readonly thinking?: ReadonlyArray<ContentPart | null>
}

/** An answer that comes in pieces. */
export class ChatAnswer {
  readonly #calls: Array<PendingCall> = []
  /** The call that a piece of a number goes on with. */
  readonly #byIndex = new Map<number, PendingCall>()
  #texts = { text: false, reasoning: false }
  #finish: string | undefined
  #usage: Schema.Json | undefined
  /** The server has said that this is all. */
  isDone = false
  /** Something of an answer has come. */
  isBegun = false

  /** Whether the answer is whole. */
  get isWhole(): boolean {
    return this.#finish !== undefined || this.isDone
  }

  /** Takes a piece and gives the parts that it makes. */
  take(chunk: typeof Chunk.Type): ReadonlyArray<Part> {
    this.isBegun = true
    const parts: Array<Part> = []
    if (isGiven(chunk.usage)) this.#usage = chunk.usage
    const choice = chunk.choices?.[0]
    const message = choice?.delta ?? choice?.message
    const { reasoning, text } = textsOf(message?.content ?? "")
    this.#text(parts, "reasoning", (message?.reasoning_content ?? "") + reasoning)
    this.#text(parts, "text", text + (message?.refusal ?? ""))
    for (const piece of message?.tool_calls ?? []) this.#call(parts, piece)
    if (isGiven(choice?.finish_reason)) this.#finish = choice.finish_reason
    return parts
  }

  /** The parts that are known once nothing more comes. */
  end(): ReadonlyArray<Part> {
    const parts: Array<Part> = []
    if (this.#texts.reasoning) parts.push({ type: "reasoning-end", id: "reasoning" })
    if (this.#texts.text) parts.push({ type: "text-end", id: "text" })
    for (const { id, json, name } of this.#calls) {
      parts.push({ type: "tool-params-end", id })
      parts.push({ type: "tool-call", id, name, params: parametersOf(json) })
    }
    const input = tokenCount(this.#usage, "prompt_tokens")
    const output = tokenCount(this.#usage, "completion_tokens")
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
    if (delta === "") return
    if (!this.#texts[kind]) parts.push({ type: `${kind}-start`, id: kind })
    this.#texts[kind] = true
    parts.push({ type: `${kind}-delta`, id: kind, delta })
  }

  #call(parts: Array<Part>, piece: typeof CallPiece.Type): void {
    const { index } = piece
    // Some servers send the empty text for what they do not have.
    const id = piece.id || undefined
    const name = piece.function?.name || undefined
    const json = argumentsText(piece.function?.arguments)
    const last = isGiven(index) ? this.#byIndex.get(index) : this.#calls.at(-1)
    let call = last
    if (call === undefined || call.isOver({ id, name, json, isNumbered: isGiven(index) })) {
      call = new PendingCall(id, name, id ?? `call_without_id_${this.#calls.length + 1}`)
      this.#calls.push(call)
      parts.push({ type: "tool-params-start", id: call.id, name: call.name })
    }
    if (isGiven(index)) this.#byIndex.set(index, call)
    call.name ||= name ?? ""
    if (json === "") return
    call.add(json)
    parts.push({ type: "tool-params-delta", id: call.id, delta: json })
  }
}
