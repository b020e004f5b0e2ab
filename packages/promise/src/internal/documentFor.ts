import type { AnswerSchema } from "@dagflow/protocol"
import { type AnySchema, documentOf, isStandardSchema } from "./standardSchema.ts"

/** The JSON Schema document by which an answer or the value of a channel is checked; a `TypeError` when a library cannot tell it. */
export const documentFor = (schema: AnySchema | AnswerSchema.AnswerSchema): AnswerSchema.AnswerSchema => {
  if (!isStandardSchema(schema)) return schema
  const document = documentOf(schema)
  if (document !== undefined) return document
  throw new TypeError(
    `a schema of ${schema["~standard"].vendor} cannot tell itself as JSON Schema, by which answers and channels are checked: give its JSON Schema document as "schema", or leave it out and check the value in an action`
  )
}
