import type * as Schema from "effect/Schema"

/**
 * Writes a JSON value so that equal values give equal text: the keys of objects are sorted, nothing is indented.
 *
 * The order of keys is by UTF-16 code unit, as RFC 8785 has it.
 */
export const canonicalJson = (value: Schema.Json): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value as Schema.JsonObject)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
    return `{${entries.join(",")}}`
  }
  return JSON.stringify(value)
}
