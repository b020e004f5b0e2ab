/** What the model may do: look for something in the documents, and read one of them. */
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Documents } from "./Documents.ts"

/** Longest part of a document that is read at once. */
const charactersMax = 8000

/** Looks for paragraphs. */
export const searchDocuments = Action.make("search_documents", {
  version: "1",
  // Nothing that costs tokens, so it runs beside others under a budget of them.
  estimate: { tokens: 0 },
  description: "Finds the paragraphs of the documents that have most to do with a query.",
  input: Schema.Struct({
    query: Schema.String.annotate({ description: "What to look for, in a few words." }),
    limit: Schema.optionalKey(
      Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 20 }))).annotate({
        description: "How many paragraphs at most; default 6."
      })
    )
  }),
  output: Schema.Struct({
    hits: Schema.Array(Schema.Struct({ file: Schema.String, heading: Schema.String, text: Schema.String }))
  }),
  run: ({ limit = 6, query }) =>
    Effect.gen(function* () {
      const documents = yield* Documents
      return { hits: yield* documents.search(query, limit) }
    })
})

/** Reads a document. */
export const readDocument = Action.make("read_document", {
  version: "1",
  estimate: { tokens: 0 },
  description: `Reads a document, ${charactersMax} characters at once.`,
  input: Schema.Struct({
    file: Schema.String.annotate({ description: "The document, as a search names it." }),
    from: Schema.optionalKey(
      Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))).annotate({
        description: "The first character; default 0."
      })
    )
  }),
  output: Schema.Struct({ file: Schema.String, text: Schema.String, isLast: Schema.Boolean }),
  run: ({ file, from = 0 }) =>
    Effect.gen(function* () {
      const documents = yield* Documents
      const whole = yield* documents.read(file)
      const text = whole.slice(from, from + charactersMax)
      return { file, text, isLast: from + charactersMax >= whole.length }
    })
})
