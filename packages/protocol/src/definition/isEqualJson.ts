import type * as Schema from "effect/Schema"

/** Whether two JSON values hold the same; the order of the keys of an object does not matter. */
export const isEqualJson = (one: Schema.Json | undefined, other: Schema.Json | undefined): boolean => {
  if (one === other) return true
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
    return one.every((item, index) => isEqualJson(item, other[index]))
  }
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(other, key) &&
      isEqualJson((one as Schema.JsonObject)[key], (other as Schema.JsonObject)[key])
  )
}
