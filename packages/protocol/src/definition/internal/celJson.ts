import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"

/** Deepest value that an expression may give. */
const depthMax = 100

/** Makes JSON of what an expression gave, or says why it is none. */
export const toJson = (value: unknown): Result.Result<Schema.Json, string> =>
  Result.try({
    try: () => convert(value, 0),
    catch: (error) => (error instanceof Error ? error.message : String(error))
  })

// -- internal -------------------------------------------------------------------------------------------------------

const convert = (value: unknown, depth: number): Schema.Json => {
  if (depth > depthMax) throw new Error(`the result lies more than ${depthMax} levels deep`)
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      if (Number.isFinite(value)) return value
      throw new Error(`the result is ${value}, which is no JSON`)
    case "bigint":
      if (BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))) return Number(value)
      throw new Error(`the whole number ${value} is too large for JSON`)
    case "object":
      return convertObject(value, depth + 1)
    default:
      throw new Error("the result is no JSON")
  }
}

const convertObject = (value: object | null, depth: number): Schema.Json => {
  if (value === null) return null
  if (Array.isArray(value)) return value.map((one) => convert(one, depth))
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map) return record([...value], depth)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return record(Object.entries(value), depth)
  throw new Error(`the result is of type ${value.constructor.name}, which is no JSON`)
}

const record = (entries: ReadonlyArray<readonly [unknown, unknown]>, depth: number): Schema.Json =>
  Object.fromEntries(
    entries.map(([key, value]) => {
      if (typeof key === "string" || typeof key === "bigint") return [String(key), convert(value, depth)]
      throw new Error("the keys of a map have to be texts")
    })
  )
