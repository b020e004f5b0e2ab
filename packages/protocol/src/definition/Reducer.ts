/**
 * Reducers say what an update makes of the value of a channel.
 *
 * The five of this module are pure functions of value and update, so that the fold of a log may use them: what they make of
 * two values will never change. Reducers of the user's own run once, when the step ends, and the log holds what they made.
 *
 * All but `merge` are associative: several updates may be put together before they meet the value. Of `sum` that holds for
 * whole numbers that a double holds exactly. A `null` of a merge patch is used up by the value that it meets.
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { canonicalJson } from "./canonicalJson.ts"
import { isEqualJson } from "./isEqualJson.ts"

/** Makes the next value of a channel out of its value, `undefined` for none yet, and an update; or says why it cannot. */
export type Reduce = (
  current: Schema.Json | undefined,
  update: Schema.Json
) => Result.Result<Schema.Json, string>

/** A reducer that every process knows. */
export interface BuiltIn {
  readonly reduce: Reduce
  /** The value of a channel that nobody has written to; `undefined`: it has none. */
  readonly initial: Schema.Json | undefined
}

/** Takes the place of the value. */
const last: Reduce = (_, update) => Result.succeed(update)

/** Puts an item, or the items of a list, behind the others; a value that is no list becomes the first item of one. */
const append: Reduce = (current, update) => Result.succeed([...items(current), ...items(update)])

/** Puts items behind the others that are not among them yet. */
const union: Reduce = (current, update) => {
  const seen = new Set<string>()
  const kept: Array<Schema.Json> = []
  for (const item of [...items(current), ...items(update)]) {
    const text = canonicalJson(item)
    if (seen.has(text)) continue
    seen.add(text)
    kept.push(item)
  }
  return Result.succeed(kept)
}

/** Adds a number. */
const sum: Reduce = (current = 0, update) => {
  if (typeof current !== "number") return Result.fail("its value is no number")
  if (typeof update !== "number") return Result.fail("an update of a sum is a number")
  const total = current + update
  return Number.isFinite(total) ? Result.succeed(total) : Result.fail("the sum is larger than any number")
}

/** Merges by RFC 7396: members of an object are merged one by one, a member that is null goes. */
const merge: Reduce = (current, update) => Result.succeed(mergePatch(current, update))

/** The reducers that every process knows, by name. */
export const builtIn: Readonly<Record<BuiltInName, BuiltIn>> = {
  last: { reduce: last, initial: undefined },
  append: { reduce: append, initial: [] },
  merge: { reduce: merge, initial: {} },
  sum: { reduce: sum, initial: 0 },
  union: { reduce: union, initial: [] }
}

/** Names of the reducers that every process knows. */
export type BuiltInName = "last" | "append" | "merge" | "sum" | "union"

/** The reducer of a name, unless it is one of the user's own. */
export const find = (name: string): BuiltIn | undefined =>
  Object.hasOwn(builtIn, name) ? builtIn[name as BuiltInName] : undefined

/**
 * Applies a merge patch as RFC 7396 has it. What does not change is the same object as before.
 *
 * **Example**
 * ```ts
 * Reducer.mergePatch({ title: "Goodbye!", tags: ["a"] }, { title: "Hello!", tags: null })
 * // => { title: "Hello!" }
 * ```
 */
export const mergePatch = (target: Schema.Json | undefined, patch: Schema.Json): Schema.Json => {
  if (!isRecord(patch)) return patch
  const base = isRecord(target) ? target : {}
  const members = new Map(Object.entries(base))
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) members.delete(name)
    else if (member !== undefined) members.set(name, mergePatch(members.get(name), member))
  }
  const merged = Object.fromEntries(members)
  return isRecord(target) && isEqualJson(target, merged) ? target : merged
}

// -- internal -------------------------------------------------------------------------------------------------------

const items = (value: Schema.Json | undefined): ReadonlyArray<Schema.Json> => {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

const isRecord = (value: Schema.Json | undefined): value is Schema.JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
