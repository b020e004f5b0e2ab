/** Looks at JSON that nobody has checked, without recursion, so that no depth of it can exhaust the stack. */
import type * as Schema from "effect/Schema"
import type { Refusal } from "../Refusal.ts"

/** What a log, and whoever reads it, is safe from. */
export interface Bounds {
  readonly depthMax: number
  /** Bytes of all of it as JSON, counted as UTF-16 code units. */
  readonly bytesMax: number
}

const forbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"])

type Found = Refusal | undefined

interface Place {
  readonly value: unknown
  readonly depth: number
}

/** Children of a value, or why it cannot be looked at. */
const open = (value: object, where: string): ReadonlyArray<unknown> | Refusal => {
  if (Array.isArray(value)) return value
  const entries = Object.entries(value)
  for (const [key] of entries) {
    if (!key.isWellFormed()) return { _tag: "InvalidText", where: `a key of ${where}` }
    if (forbidden.has(key)) {
      return { _tag: "InvalidInput", message: `${where} has a key "${key}", which is not allowed` }
    }
  }
  return entries.flat()
}

const scalarProblem = (value: unknown, where: string): Found => {
  if (value === null || typeof value === "boolean") return undefined
  if (typeof value === "string")
    return value.isWellFormed() ? undefined : { _tag: "InvalidText", where: `a text of ${where}` }
  if (typeof value === "number" && Number.isFinite(value)) return undefined
  return { _tag: "InvalidInput", message: `${where} is no JSON` }
}

/** Says why a value must not be recorded, or `undefined`; then it is JSON. */
export const inspect = (root: unknown, where: string, bounds: Bounds): Found => {
  const { bytesMax, depthMax } = bounds
  const left: Array<Place> = [{ value: root, depth: 0 }]
  let bytes = 0
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { depth, value } = place
    bytes += typeof value === "string" ? value.length + 2 : 2
    if (bytes > bytesMax) return { _tag: "TooLarge", what: where, bytes, maximum: bytesMax }
    if (typeof value !== "object" || value === null) {
      const problem = scalarProblem(value, where)
      if (problem !== undefined) return problem
      continue
    }
    if (depth === depthMax) {
      return { _tag: "LimitReached", limit: "argumentDepthMax", maximum: depthMax, requested: depth + 1 }
    }
    const children = open(value, where)
    if ("_tag" in children) return children
    for (const child of children) left.push({ value: child, depth: depth + 1 })
  }
  return undefined
}

/** Bytes of a text in UTF-8, which is how long it is on the wire. */
export const textBytes = (text: string): number => {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // The two halves of a surrogate pair take two bytes each.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** Bytes of JSON that has been inspected. */
export const jsonBytes = (value: Schema.Json): number => textBytes(JSON.stringify(value))

/** The beginning of a text that takes at most so many code units and does not end in half a character. */
export const cut = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : text.slice(0, lengthMax).replace(/[\ud800-\udbff]$/, "")
