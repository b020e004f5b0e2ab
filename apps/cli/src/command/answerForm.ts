/** An answer that can be filled in, made of the schema that says what an answer has to look like. */
import type { AnswerSchema } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"

type Json = Schema.Json
type Document = Readonly<Record<string, Json | undefined>>

/**
 * The form for what a schema asks for: its required members, with values that fit as far as the keywords tell some, and else with blanks.
 * Of several shapes it is the first one.
 */
export const answerForm = (schema: AnswerSchema.AnswerSchema): Json =>
  formOf(schema as Document, schema as Document, 0)

// -- internal -------------------------------------------------------------------------------------------------------

/** Deepest schema that is followed: one may refer to itself. */
const depthMax = 8

/** Longest list or text that a form has: what asks for more is not filled in by a person anyway. */
const lengthMax = 100

const isDocument = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const documentsOf = (value: Json | undefined): ReadonlyArray<Document> =>
  (Array.isArray(value) ? (value as ReadonlyArray<Json>) : []).filter(isDocument)

const numberOf = (value: Json | undefined): number | undefined =>
  typeof value === "number" ? value : undefined

const referred = ({ $ref }: Document, root: Document): Document | undefined => {
  if (typeof $ref !== "string" || !$ref.startsWith("#/")) return undefined
  let at: Json | undefined = root as Json
  for (const key of $ref.slice(2).split("/")) {
    const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~")
    at = isDocument(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }
  return isDocument(at) ? at : undefined
}

/** What a schema says together with what it refers to, all that has to hold besides, and the first of several shapes. */
const whole = (schema: Document, root: Document, depth: number): Document => {
  if (depth > depthMax) return schema
  const { $ref: _, allOf, anyOf, oneOf, ...own } = schema
  const parts = [
    referred(schema, root),
    ...documentsOf(allOf),
    documentsOf(anyOf)[0],
    documentsOf(oneOf)[0]
  ].flatMap((part) => (part === undefined ? [] : [whole(part, root, depth + 1)]))
  return [own, ...parts].reduce((all, part) => ({
    ...all,
    ...part,
    properties: { ...(all["properties"] as object), ...(part["properties"] as object) },
    required: [
      ...((all["required"] ?? []) as ReadonlyArray<Json>),
      ...((part["required"] ?? []) as ReadonlyArray<Json>)
    ]
  }))
}

const formOf = (schema: Document, root: Document, depth: number): Json => {
  const known = whole(schema, root, depth)
  const [first] = [known["examples"], known["enum"]].flatMap((all) =>
    Array.isArray(all) ? (all as ReadonlyArray<Json>) : []
  )
  const value = known["const"] ?? known["default"] ?? first
  if (value !== undefined) return value
  const types = [known["type"]].flat()
  switch (types.find((type) => type !== "null") ?? types[0]) {
    case "string":
      return textOf(known)
    case "number":
    case "integer":
      return amountOf(known)
    case "boolean":
      return true
    case "null":
      return null
    case "array":
      return listOf(known, root, depth)
    default:
      return objectOf(known, root, depth)
  }
}

const objectOf = ({ properties, required }: Document, root: Document, depth: number): Json => {
  if (depth > depthMax) return {}
  const known = isDocument(properties) ? properties : {}
  const names = documentsOrTexts(required).filter((name) => typeof name === "string")
  return Object.fromEntries(
    names.map((name) => {
      const member = Object.hasOwn(known, name) ? known[name] : undefined
      return [name, formOf(isDocument(member) ? member : {}, root, depth + 1)]
    })
  )
}

const documentsOrTexts = (value: Json | undefined): ReadonlyArray<Json> =>
  Array.isArray(value) ? (value as ReadonlyArray<Json>) : []

const listOf = ({ items, minItems, prefixItems }: Document, root: Document, depth: number): Json => {
  if (depth > depthMax) return []
  const fixed = documentsOf(prefixItems)
  const count = Math.min(numberOf(minItems) ?? 0, lengthMax)
  return Array.from({ length: Math.max(count, fixed.length) }, (_, at) =>
    formOf(fixed[at] ?? (isDocument(items) ? items : {}), root, depth + 1)
  )
}

const formats: Readonly<Record<string, string>> = {
  date: "2026-12-31",
  "date-time": "2026-12-31T12:00:00Z",
  time: "12:00:00Z",
  email: "name@example.com",
  uri: "https://example.com",
  url: "https://example.com",
  uuid: "00000000-0000-4000-8000-000000000000"
}

const textOf = ({ format, maxLength, minLength }: Document): string => {
  if (typeof format === "string" && Object.hasOwn(formats, format)) return formats[format] ?? ""
  const least = Math.min(numberOf(minLength) ?? 0, lengthMax)
  return "...".padEnd(least, ".").slice(0, numberOf(maxLength) ?? lengthMax)
}

/** The number nearest to zero that is allowed. */
const amountOf = (schema: Document): number => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf } = schema
  const above = numberOf(exclusiveMinimum)
  const below = numberOf(exclusiveMaximum)
  const step = numberOf(multipleOf) ?? 1
  const least = Math.max(numberOf(minimum) ?? -Infinity, above === undefined ? -Infinity : above + step)
  const most = Math.min(numberOf(maximum) ?? Infinity, below === undefined ? Infinity : below - step)
  // Where less than a step is between the bounds, the middle of them is.
  if (least > most)
    return (Math.max(above ?? -Infinity, numberOf(minimum) ?? -Infinity) + (below ?? most)) / 2
  if (least > 0) return Math.ceil(least / step) * step
  return most < 0 ? Math.floor(most / step) * step : 0
}
