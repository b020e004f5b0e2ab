/**
 * A model that needs no network: it searches for the words of the question, reads what was found, and quotes the sentences that
 * have most to do with it. It knows nothing; all that it says is in the documents.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import { keywordsOf, score } from "../material/keywords.ts"
import type { Finding } from "../report/Report.ts"

interface Call {
  readonly name: string
  readonly params: object
}

interface Said {
  readonly text: string
  readonly calls: ReadonlyArray<Call>
}

/** Documents that are read, and findings that are handed in. */
const [filesMax, findingsMax] = [3, 4]

const textOf = (message: Prompt.Message): string =>
  typeof message.content === "string"
    ? message.content
    : message.content.map((part) => (part.type === "text" ? part.text : "")).join(" ")

/** What the tools of one name have answered, in the order of the answers. */
const resultsOf = (messages: ReadonlyArray<Prompt.Message>, name: string): ReadonlyArray<unknown> =>
  messages.flatMap((message) =>
    message.role === "tool"
      ? message.content.flatMap((part) =>
          part.type === "tool-result" && part.name === name && !part.isFailure ? [part.result] : []
        )
      : []
  )

/** The sentences of a text, without what is no prose. */
const sentencesOf = (text: string): ReadonlyArray<string> =>
  text
    .replaceAll(/^```[\s\S]*?(?:^```$|$(?![\s\S]))/gm, "\n\n")
    .split(/\n\s*\n/)
    .map((block) => block.trim())
    .filter((block) => /^[\p{L}"“(*`]/u.test(block) && !block.startsWith("|"))
    .flatMap((block) => block.split(/(?<=[.!?])\s+(?=[\p{Lu}`*"“])/u))
    .map((sentence) => sentence.replaceAll(/\s+/g, " ").trim())
    .filter((sentence) => sentence.length > 40 && sentence.length < 400 && /[.!?]$/.test(sentence))

const findingsOf = (question: string, documents: ReadonlyArray<unknown>): ReadonlyArray<Finding> => {
  const words = keywordsOf(question)
  const found = (documents as ReadonlyArray<{ readonly file: string; readonly text: string }>).flatMap(
    ({ file, text }) =>
      sentencesOf(text).map((quote) => ({ claim: quote, quote, file, points: score(words, quote) }))
  )
  return found
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, findingsMax)
    .map(({ claim, file, quote }) => ({ claim: claim.replaceAll(/[*`]/g, ""), quote, file }))
}

/** What is said next, given all that was said. */
const next = (messages: ReadonlyArray<Prompt.Message>): Said => {
  const question = textOf(messages.find((message) => message.role === "user") ?? messages[0]!)
  const searches = resultsOf(messages, "search_documents")
  if (searches.length === 0) {
    const query = [...keywordsOf(question)].join(" ")
    return {
      text: `I look for "${query}".`,
      calls: [{ name: "search_documents", params: { query, limit: 12 } }]
    }
  }
  const hits = searches.flatMap((result) => (result as { readonly hits: ReadonlyArray<Finding> }).hits)
  const files = [...new Set(hits.map(({ file }) => file))].slice(0, filesMax)
  const documents = resultsOf(messages, "read_document")
  if (documents.length === 0 && files.length > 0) {
    return {
      text: `I read ${files.join(", ")}.`,
      calls: files.map((file) => ({ name: "read_document", params: { file } }))
    }
  }
  const findings = findingsOf(question, documents)
  if (findings.length === 0) return { text: "The documents say nothing about this.", calls: [] }
  return {
    text: `I found ${findings.length} passages.`,
    calls: [{ name: "submit_report", params: { title: question.replace(/\?*$/, ""), findings } }]
  }
}

/** Four characters are a token, about as with models that are trained. */
const tokens = (text: string): number => Math.ceil(text.length / 4)

const partsOf = (
  { calls, text }: Said,
  turn: number,
  input: number
): ReadonlyArray<Response.StreamPartEncoded> => [
  { type: "text-start", id: "text" },
  ...(text.match(/\S+\s*/g) ?? []).map((delta) => ({ type: "text-delta" as const, id: "text", delta })),
  { type: "text-end", id: "text" },
  ...calls.map(({ name, params }, at) => ({
    type: "tool-call" as const,
    id: `call-${turn}-${at + 1}`,
    name,
    params
  })),
  {
    type: "finish",
    reason: calls.length > 0 ? "tool-calls" : "stop",
    usage: {
      inputTokens: { total: input },
      outputTokens: { total: tokens(text + JSON.stringify(calls)) }
    }
  } as Response.StreamPartEncoded
]

/** The model. */
export const layer: Layer.Layer<LanguageModel.LanguageModel> = Layer.effect(
  LanguageModel.LanguageModel,
  LanguageModel.make({
    generateText: () => Effect.die(new Error("turns are streamed")),
    streamText: ({ prompt }) =>
      Stream.suspend(() => {
        const messages = prompt.content
        const turn = messages.filter(({ role }) => role === "assistant").length + 1
        const input = tokens(JSON.stringify(messages))
        return Stream.fromIterable(partsOf(next(messages), turn, input))
      })
  })
)
