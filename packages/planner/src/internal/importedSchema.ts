/** A JSON Schema document as a schema that checks values. */
import * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as SchemaRepresentation from "effect/SchemaRepresentation"

/** What a tool of another program says of its parameters. */
export type Document = Readonly<Record<string, unknown>>

const isDraft07 = ({ $schema }: Document): boolean =>
  typeof $schema === "string" && /draft-0[467]/.test($schema)

/**
 * The schema of a document, or why there is none: one that cannot be enforced is no schema.
 *
 * `patterns`: regular expressions of a document that somebody else wrote are not run, since one of them can take for ever.
 */
export const importedSchema = (
  document: Document,
  patterns: "apply" | "ignore"
): Result.Result<Schema.Codec<unknown, Schema.Json>, string> =>
  Result.try({
    try: () => {
      const read = isDraft07(document) ? JsonSchema.fromSchemaDraft07 : JsonSchema.fromSchemaDraft2020_12
      const schema = SchemaRepresentation.fromJsonSchemaDocument(read(document as JsonSchema.JsonSchema), {
        patterns
      })
      return schema as Schema.Codec<unknown, Schema.Json>
    },
    catch: (error) => (error instanceof Error ? error.message : String(error))
  })
