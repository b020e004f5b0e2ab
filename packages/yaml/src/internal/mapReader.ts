import { Suggestion } from "@dagflow/protocol"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import type { Place } from "./place.ts"
import * as Json from "./json.ts"
import { reasonOf, wordFor } from "./foreignKeys.ts"

/** The keys that a map may have. */
export interface Keys {
  /** What the map is, as messages call it. */
  readonly kind:
    | "flow"
    | "config"
    | "retry"
    | "cache"
    | "budget"
    | "estimate"
    | "input"
    | "channel"
    | "node"
    | "node input"
    | "forEach"
    | "dependency"
    | "output"
    | "include"
    | "strategy"
    | "pipeline"
    | "executor"
    | "processor"
    | "interrupts"
  readonly known: ReadonlySet<string>
  readonly vocabulary: Suggestion.Vocabulary
}

/** Prepares the names of the keys that a map may have. */
export const keys = (kind: Keys["kind"], names: Iterable<string>): Keys => {
  const known = new Set(names)
  return { kind, known, vocabulary: Suggestion.vocabulary(known) }
}

/**
 * Reads a map key by key. A key that the map may not have is reported, with the one that was probably meant.
 *
 * Returns the places of the keys that were given, or `undefined` when the value is no map, which is reported too.
 */
export const read = (
  at: Cursor.Cursor,
  allowed: Keys,
  readKey: (name: string, value: Cursor.Cursor, key: Place) => void
): ReadonlyMap<string, Place> | undefined => {
  const entries = Cursor.entries(at)
  if (entries === undefined) {
    const shown = Json.shown(at)
    const message = `${withArticle(allowed.kind)} is a map of keys and values, and this is ${shown}${wayOut(allowed.kind, shown)}`
    Cursor.report(at, { code: "InvalidValue", message })
    return undefined
  }
  const given = new Map<string, Place>()
  for (const { key, name, value } of entries) {
    given.set(name, key)
    if (!allowed.known.has(name)) reportUnknown(at, allowed, name, key)
    else if (value !== undefined) readKey(name, value, key)
  }
  return given
}

/** Reports pairs of keys of which one is enough, at the second one. */
export const reportRivals = (
  at: Cursor.Cursor,
  given: ReadonlyMap<string, Place>,
  pairs: ReadonlyArray<readonly [string, string]>
): void => {
  for (const [ours, other] of pairs) {
    const place = given.get(other)
    if (place === undefined || !given.has(ours)) continue
    const message = `"${ours}" and "${other}" say the same thing: give one of them`
    Findings.report(at.reading.findings, place, { code: "InvalidValue", message })
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** What was probably meant where a map is missing, as the end of a message. */
const wayOut = (kind: Keys["kind"], shown: string): string => {
  if (kind === "node" && shown === "nothing") return "; its keys are to be indented further than its name"
  return kind === "retry" && /^\d+$/.test(shown)
    ? `; write { tries: ${shown} } for as many attempts in all`
    : ""
}

const reportUnknown = (at: Cursor.Cursor, allowed: Keys, name: string, key: Place): void => {
  const { findings } = at.reading
  const reason = reasonOf(allowed.kind, name)
  if (reason !== undefined) {
    return Findings.report(findings, key, { code: "UnsupportedKey", ...reason })
  }
  const word = wordFor(allowed.kind, name)
  const suggestion = Suggestion.nearest(name, allowed.vocabulary) ?? word
  const message = `${withArticle(allowed.kind)} has no key "${name}"`
  Findings.report(findings, key, { code: "UnknownKey", message, suggestion })
}

const withArticle = (kind: string): string => `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`
