import type * as Schema from "effect/Schema"

/**
 * Writes a JSON value so that equal values give equal text: the keys of objects are sorted, nothing is indented.
 *
 * The order of keys is by UTF-16 code unit, as RFC 8785 has it. Members that are `undefined` are left out.
 */
export const canonicalJson = (value: Schema.Json): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  const record = value as Schema.JsonObject
  let text = ""
  for (const key of Object.keys(record).sort()) {
    const member = record[key]
    if (member === undefined) continue
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}
