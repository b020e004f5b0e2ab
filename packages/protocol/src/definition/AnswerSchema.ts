/**
 * What an answer has to look like, as a JSON Schema document (draft 2020-12): it is in the log, so that a form can be made
 * of it and an answer be checked in every process, also in one that does not have the code that asked.
 */
import * as Schema from "effect/Schema"

/** A JSON Schema document of draft 2020-12; what it refers to stands in its `$defs`. */
export const AnswerSchema = Schema.Record(Schema.String, Schema.Json)
/** A JSON Schema document of draft 2020-12. */
export type AnswerSchema = typeof AnswerSchema.Type
