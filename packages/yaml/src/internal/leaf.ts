import { Suggestion } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { isMap, isScalar, isSeq } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Duration from "./duration.ts"
import * as Json from "./json.ts"

/** Reads the value of a key; `undefined` when it is left empty, or wrong and reported. */
export type Leaf<A> = (at: Cursor.Cursor, name: string) => A | undefined

/** Reads a value that has to fit a schema as it stands. `wordOf` knows what other formats call it. */
export const of = <A>(
  schema: Schema.Decoder<A>,
  wordOf: (word: string) => string | undefined = () => undefined
): Leaf<A> => {
  const decode = Schema.decodeUnknownResult(schema)
  const words = literalsOf(schema)
  const known = Suggestion.vocabulary(words)
  return (at, name) => {
    if (Cursor.isNull(at)) return undefined
    const json = Json.of(at)
    if (json === undefined) return undefined
    const result = decode(json)
    if (Result.isSuccess(result)) return result.success
    const expected = words.length > 0 ? `expected ${words.join(", ")}` : lowerFirst(result.failure.message)
    const suggestion =
      typeof json === "string" ? (wordOf(json) ?? Suggestion.nearest(json, known)) : undefined
    refuse(at, name, expected, suggestion)
    return undefined
  }
}

/** Reads a duration, as milliseconds that have to fit a schema; a number counts seconds. */
export const duration = (
  schema: Schema.Decoder<number>,
  minimum: "0s" | "1ms",
  maximum = "24h"
): Leaf<number> => {
  const decode = Schema.decodeUnknownResult(schema)
  const expected = `expected a duration from ${minimum} to ${maximum}, such as 500ms, 30s or 1h30m; a number counts seconds`
  return (at, name) => {
    if (Cursor.isNull(at)) return undefined
    const json = Json.of(at)
    if (json === undefined) return undefined
    const millis =
      typeof json === "number"
        ? Duration.ofSeconds(json)
        : typeof json === "string"
          ? Duration.parse(json)
          : undefined
    if (millis !== undefined && Result.isSuccess(decode(millis))) return millis
    refuse(at, name, expected)
    return undefined
  }
}

/** Reads a text. */
export const text: Leaf<string> = (at, name) => {
  const value = scalarOf(at)
  if (typeof value === "string" || value === undefined) return value
  refuse(at, name, "expected a text; write it in quotes")
  return undefined
}

/** Reads `true` or `false`. */
export const boolean: Leaf<boolean> = (at, name) => {
  const value = scalarOf(at)
  if (typeof value === "boolean" || value === undefined) return value
  refuse(at, name, "expected true or false")
  return undefined
}

/** Reads a list of texts; each wrong one is reported by itself. */
export const texts: Leaf<ReadonlyArray<string>> = (at, name) =>
  listed(at, name)?.flatMap((one) => item(one, name) ?? [])

/** Reads a text of a list, where it may not be left empty. */
export const item: Leaf<string> = (at, name) => {
  if (Cursor.isNull(at))
    Cursor.report(at, { code: "InvalidValue", message: `a text of "${name}" is missing` })
  return text(at, name)
}

/** Reads a text, or a list of texts as the lines of one. */
export const lines: Leaf<string> = (at, name) =>
  isSeq(at.node) ? texts(at, name)?.join("\n") : text(at, name)

/** Reads a version: a text, or a number as it is written, so that `1.10` is not taken for `1.1`. */
export const version: Leaf<string> = (at, name) =>
  isScalar(at.node) && typeof at.node.value === "number" ? at.node.source : text(at, name)

/** Reads a map from names to anything. */
export const record: Leaf<Readonly<Record<string, Schema.Json>>> = (at, name) => {
  if (Cursor.isNull(at)) return undefined
  if (isMap(at.node)) return Json.of(at) as Readonly<Record<string, Schema.Json>> | undefined
  refuse(at, name, "expected a map from names to values")
  return undefined
}

/** The values of a list that is expected to be one; an empty value is no list. */
export const listed = (at: Cursor.Cursor, name: string): ReadonlyArray<Cursor.Cursor> | undefined => {
  if (Cursor.isNull(at)) return undefined
  const list = Cursor.items(at)
  if (list === undefined) refuse(at, name, "expected a list")
  return list
}

/** Reports that the value of a key is not what is expected. */
export const refuse = (at: Cursor.Cursor, name: string, expected: string, suggestion?: string): void =>
  Cursor.report(at, {
    code: "InvalidValue",
    message: `"${name}" is ${Json.shown(at)}: ${expected}`,
    suggestion
  })

/** Sets a key to what has been read, if anything has. */
export const set = <A extends object, Key extends keyof A>(
  record: A,
  key: Key,
  value: A[Key] | undefined
): void => {
  if (value !== undefined) record[key] = value
}

// -- internal -------------------------------------------------------------------------------------------------------

const scalarOf = (at: Cursor.Cursor): Schema.Json | undefined => (Cursor.isNull(at) ? undefined : Json.of(at))

const literalsOf = (schema: Schema.Top): ReadonlyArray<string> =>
  "literals" in schema && Array.isArray(schema.literals)
    ? schema.literals.filter((literal) => typeof literal === "string")
    : []

const lowerFirst = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1)
