/**
 * Makes documents that say what an answer has to look like, and checks answers by them. It stands apart from the document
 * itself, because whoever only reads logs does not need it, and it is large.
 */
import * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaRepresentation from "effect/SchemaRepresentation"
import type { AnswerSchema } from "./AnswerSchema.ts"

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The document of a schema: it describes the JSON form of its values. Fails with why there is none. */
export const fromSchema = (schema: Schema.Top): Result.Result<AnswerSchema, string> =>
  Result.try({
    try: () => {
      const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
      const document = Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions }
      return document as AnswerSchema
    },
    catch: messageOf
  })

type Check = (payload: unknown) => string | undefined

const checkOf = (document: AnswerSchema): Result.Result<Check, string> =>
  Result.try({
    try: () => {
      const imported = SchemaRepresentation.fromJsonSchemaDocument(
        JsonSchema.fromSchemaDraft2020_12(document as JsonSchema.JsonSchema),
        { patterns: "apply" }
      )
      const decode = Schema.decodeUnknownResult(imported as Schema.Codec<unknown>, { errors: "all" })
      return (payload: unknown) =>
        Result.match(decode(payload), { onFailure: (issue) => issue.message, onSuccess: () => undefined })
    },
    catch: messageOf
  })

const checks = new WeakMap<AnswerSchema, Result.Result<Check, string>>()

/** A document is made ready once, and forgotten with the document. */
const readyCheck = (document: AnswerSchema): Result.Result<Check, string> => {
  const known = checks.get(document)
  if (known !== undefined) return known
  const made = checkOf(document)
  checks.set(document, made)
  return made
}

/** Why a document is none that answers can be checked by, or `undefined` when it is one. */
export const documentProblem = (document: AnswerSchema): string | undefined =>
  Result.match(readyCheck(document), { onFailure: (message) => message, onSuccess: () => undefined })

/** What is wrong with an answer, or `undefined` when it fits. By a document that cannot be used no answer fits. */
export const answerProblem = (document: AnswerSchema, payload: unknown): string | undefined =>
  Result.match(readyCheck(document), {
    onFailure: (message) => message,
    onSuccess: (check) => check(payload)
  })
