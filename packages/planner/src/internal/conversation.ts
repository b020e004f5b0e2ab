/** The messages of a conversation as JSON, which is how nodes hand them on. */
import { ContentHash } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import { PlannerError } from "../PlannerError.ts"

type Json = Schema.Json

/** A message of one of the roles that only have text. */
export const textMessage = (role: "system" | "user", text: string): Json => ({ role, content: text })

/** Messages that may be given as texts, as messages, and as lists of either. */
export const flatten = (messages: ReadonlyArray<Json>): ReadonlyArray<Json> =>
  messages.flatMap((message) => {
    if (typeof message === "string") return [textMessage("user", message)]
    return Array.isArray(message) ? flatten(message as ReadonlyArray<Json>) : [message]
  })

/** The prompt that messages are. */
export const toPrompt = (messages: ReadonlyArray<Json>): Effect.Effect<Prompt.Prompt, PlannerError> =>
  Effect.try({
    try: () => Prompt.make(messages as unknown as ReadonlyArray<Prompt.MessageEncoded>),
    catch: (error) =>
      new PlannerError({
        reason: {
          _tag: "InvalidPrompt",
          message: (error instanceof Error ? error.message : String(error)).slice(0, 1000)
        }
      })
  })

const encodePrompt = Schema.encodeSync(Prompt.Prompt)

/** What the parts of an answer add to a conversation. */
export const ofAnswer = (parts: ReadonlyArray<Response.AnyPart>): ReadonlyArray<Json> => {
  const { content } = encodePrompt(Prompt.fromResponseParts(parts))
  return (content as unknown as ReadonlyArray<Json>).map(lean).filter((message) => message !== null)
}

type Encoded = { readonly [key: string]: Json }

const isEmptyText = (part: Json): boolean =>
  (part as Encoded)["type"] === "text" && (part as Encoded)["text"] === ""

/** The same message without what is there by default; `null` when that is all. */
const lean = (message: Json): Json => {
  const { content, options, ...rest } = message as Encoded
  const parts = Array.isArray(content)
    ? (content as ReadonlyArray<Json>).filter((part) => !isEmptyText(part)).map(leanPart)
    : content
  if (parts === "" || (Array.isArray(parts) && parts.length === 0)) return null
  return { ...rest, ...given({ options: options ?? {} }), content: parts ?? "" }
}

const leanPart = (part: Json): Json => {
  const { options = {}, providerExecuted = false, ...rest } = part as Encoded
  return { ...rest, ...given({ options }), ...(providerExecuted === true && { providerExecuted }) }
}

const given = ({ options }: { readonly options: Json }): Encoded =>
  Object.keys(options as Encoded).length === 0 ? {} : { options }

/** What became of a call, as the model is told. */
export interface CallResult {
  readonly id: string
  readonly name: string
  readonly isFailure: boolean
  readonly result: Json
}

/** The message that tells a model what became of its calls. */
export const resultsMessage = (results: ReadonlyArray<CallResult>): Json => ({
  role: "tool",
  content: results.map((result) => ({ type: "tool-result", ...result }))
})

/** The hashes by which a recorded conversation is compared with another one. */
export const hashes = (messages: ReadonlyArray<Json>): ReadonlyArray<string> =>
  messages.map((message) => ContentHash.ofJson(message).slice(0, 16))
