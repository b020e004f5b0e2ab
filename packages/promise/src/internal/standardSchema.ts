/**
 * Schemas of other libraries, as the engine takes them. A Standard Schema is one-way: it makes outputs of inputs. So there
 * are two forms: one that checks what comes in, and one that checks what goes out.
 */
import type { AnswerSchema } from "@dagflow/protocol"
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"

/** A schema of any library that follows the Standard Schema specification (https://standardschema.dev). */
export type AnySchema = StandardSchemaV1<any, any> // oxlint-disable-line typescript/no-explicit-any -- a schema of any types.

/** What a schema takes. */
export type InputOf<S extends AnySchema> = StandardSchemaV1.InferInput<S>

/** What a schema makes of what it takes. */
export type OutputOf<S extends AnySchema> = StandardSchemaV1.InferOutput<S>

/** Whether a value is a schema of some library, in contrast to a plain object. */
export const isStandardSchema = (value: unknown): value is AnySchema =>
  ((typeof value === "object" && value !== null) || typeof value === "function") && "~standard" in value

/** What a schema says of a value, at once. */
export const check = (schema: AnySchema, value: unknown): StandardSchemaV1.Result<unknown> => {
  const result = schema["~standard"].validate(value)
  if (!(result instanceof Promise)) return result
  // Nobody waits for it, and nobody shall be told of a rejection that nobody handles.
  result.catch(() => {})
  const message = `this schema of ${schema["~standard"].vendor} answers by a promise, and values are checked at once: look into things that take time in the action itself`
  return { issues: [{ message }] }
}

/** The problems that a schema has with a value, as one text. */
export const messageOf = (issues: ReadonlyArray<StandardSchemaV1.Issue>): string =>
  issues.map(({ message, path = [] }) => `${placeOf(path)}${message}`).join("\n")

const keyOf = (segment: PropertyKey | StandardSchemaV1.PathSegment): PropertyKey =>
  typeof segment === "object" ? segment.key : segment

const placeOf = (path: NonNullable<StandardSchemaV1.Issue["path"]>): string => {
  const keys = path.map(keyOf).map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
  return keys.length === 0 ? "" : `${keys.join("").replace(/^\./, "")}: `
}

type EngineSchema = Schema.Codec<any, any, never, never> // oxlint-disable-line typescript/no-explicit-any -- the types are those of the user's schema.

const getter = (schema: AnySchema) =>
  SchemaGetter.transformEffect((value: unknown) => {
    const result = check(schema, value)
    return result.issues === undefined
      ? Effect.succeed(result.value)
      : Effect.fail(new SchemaIssue.InvalidValue({ message: messageOf(result.issues) }))
  })

const as = (
  decode: SchemaGetter.Getter<unknown, unknown>,
  encode: SchemaGetter.Getter<unknown, unknown>
): EngineSchema => Schema.Unknown.pipe(Schema.decodeTo(Schema.Unknown, { decode, encode }))

/** The schema for values that come in: JSON is checked, and becomes what the schema makes of it. */
export const incoming = (schema: AnySchema): EngineSchema =>
  as(getter(schema), SchemaGetter.passthrough<unknown>())

/** The schema for values that go out: what an action gives is checked, and what the schema makes of it has to be JSON. */
export const outgoing = (schema: AnySchema): EngineSchema =>
  as(SchemaGetter.passthrough<unknown>(), getter(schema))

/** The JSON Schema document (draft 2020-12) of a schema, or `undefined` when its library cannot tell it. */
export const documentOf = (schema: AnySchema): AnswerSchema.AnswerSchema | undefined => {
  const standard: Partial<StandardJSONSchemaV1.Props> = schema["~standard"]
  try {
    return standard.jsonSchema?.input({ target: "draft-2020-12" }) as AnswerSchema.AnswerSchema | undefined
  } catch {
    // The specification says that it throws what it cannot tell.
    return undefined
  }
}
