import type { Problem } from "@dagflow/protocol"
import type { SourceMap } from "../FlowSource.ts"
import * as Origins from "./origins.ts"
import type { Place } from "./place.ts"

/** The place of what a problem is about: a value, or the part of a text that its span names. */
export const find = ({ origins, prefixes }: SourceMap, { path, span }: Problem): Place => {
  const place = Origins.find(origins, path)
  const prefix = path[0] === "nodes" && typeof path[1] === "number" ? (prefixes[path[1]] ?? "") : ""
  // The texts of an included file whose ids got a prefix are not as they stand in it.
  return span === undefined || prefix !== "" ? place : partOf(place, span)
}

// -- internal -------------------------------------------------------------------------------------------------------

/** A part of a text that stands in one line and without escapes; of any other text the whole of it. */
const partOf = (place: Place, { end, start }: NonNullable<Problem["span"]>): Place => {
  const { from, source, to } = place
  const written = source.text.slice(from, to)
  const quote = /^["']/.exec(written)?.[0]
  const first = from + (quote === undefined ? 0 : 1)
  const last = to - (quote === undefined ? 0 : 1)
  const inside = source.text.slice(first, last)
  const isEscaped = quote === '"' ? inside.includes("\\") : quote === "'" && inside.includes("''")
  if (isEscaped || inside.includes("\n") || /^[|>]/.test(written)) return place
  const at = Math.min(first + start, last)
  // Where something is missing at the end, the place is the last character.
  const shown = at === last ? Math.max(first, last - 1) : at
  return { ...place, from: shown, to: Math.max(shown + 1, Math.min(first + end, last)) }
}
