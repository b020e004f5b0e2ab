import { type Binding, Reference, Suggestion } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import { isMap } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import * as Json from "./json.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import type { Place } from "./place.ts"
import * as Variables from "./variables.ts"

/** The nodes that a text in a file may refer to. */
export interface Scope {
  readonly ids: ReadonlySet<string>
  readonly vocabulary: Suggestion.Vocabulary
}

/** Texts that look like a reference to no node and are compared with the names of nodes, at most, in one definition. */
export const lookAlikeMax = 1000

/** The keys by which a map says what kind of binding it is. */
const kinds: ReadonlyArray<string> = ["ref", "reference", "template", "value"]

const longKeys = MapReader.keys("node input", [...kinds, "default"])

/** What is known of a binding before it is one. */
export interface Parts {
  ref?: string
  template?: string
  value?: Schema.Json
  default?: Schema.Json
}

/**
 * Reads an input of a node in its short form: a text that reads as a reference is one, a text that asks for variables
 * is a template, a map that says what it is is that, and anything else is a value.
 */
export const read = (
  at: Cursor.Cursor,
  scope: Scope,
  origins: Origins.Origins
): Binding.Binding | undefined => {
  if (isMap(at.node) && saysItsKind(at)) return readLong(at, origins)
  const value = Json.of(at)
  if (value === undefined) return undefined
  if (typeof value !== "string") {
    if (asksInside(value)) refuseInside(at)
    return { value }
  }
  switch (kindOf(value, scope)) {
    case "template":
      Variables.note(at, value)
      return { template: value }
    case "reference":
      return { ref: value }
    case "look-alike":
      warnOfLookAlike(at, value, scope)
      return { value }
    case "text":
      return { value }
  }
}

/** What a text in the short form means; a look-alike is a text that would be a reference if there were such a node. */
export const kindOf = (text: string, scope: Scope): "template" | "reference" | "look-alike" | "text" => {
  if (Variables.asks(text)) return "template"
  const reference = Reference.parse(text)
  if (reference._tag === "MalformedReference") return "text"
  const name = reference._tag === "Input" ? reference.name : reference.output
  const isPlain = [name, ...reference.path].every((step) => typeof step === "number" || plainStep.test(step))
  if (!isPlain) return "text"
  if (reference._tag === "Input" || scope.ids.has(reference.nodeId)) return "reference"
  return plainStep.test(reference.nodeId) && /^\p{L}/u.test(name) ? "look-alike" : "text"
}

/** Whether a value in the short form is read as that value. */
export const isPlainValue = (value: Schema.Json, scope: Scope): boolean => {
  if (typeof value === "string") {
    const kind = kindOf(value, scope)
    return kind === "text" || (kind === "look-alike" && likelyMeant(value, scope) === undefined)
  }
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value)
  return !asksInside(value) && !(isMap && kinds.some((kind) => Object.hasOwn(value, kind)))
}

/** Reads one of the keys that say what an input is. */
export const readPart = (parts: Parts, name: string, at: Cursor.Cursor, origins: Origins.Origins): void => {
  switch (name) {
    case "ref":
    case "reference":
      Origins.add(origins, "ref", Cursor.place(at))
      return Leaf.set(parts, "ref", Leaf.text(at, name))
    case "template": {
      const text = Leaf.text(at, name)
      if (text !== undefined) Variables.note(at, text)
      return Leaf.set(parts, "template", text)
    }
    case "value":
      return Leaf.set(parts, "value", Json.of(at))
    case "default":
      return Leaf.set(parts, "default", Json.of(at))
  }
}

/** Makes a binding of the parts, of which exactly one has to say what it is. */
export const ofParts = (
  at: Cursor.Cursor,
  parts: Parts,
  given: ReadonlyMap<string, Place>
): Binding.Binding | undefined => {
  const named = kinds.filter((kind) => given.has(kind))
  if (named.length !== 1) {
    const message =
      named.length === 0
        ? "an input needs one of reference, value and template"
        : `an input is one thing: "${named.join('" and "')}" exclude each other`
    Cursor.report(at, { code: named.length === 0 ? "MissingKey" : "InvalidValue", message })
    return undefined
  }
  const fallback = given.get("default")
  if (fallback !== undefined && parts.ref === undefined && named[0] !== "ref" && named[0] !== "reference") {
    const message = `"default" stands in for a reference whose value does not exist, and this is a ${named[0]}`
    Findings.report(at.reading.findings, fallback, { code: "InvalidValue", message })
  }
  if (parts.ref !== undefined) {
    return parts.default === undefined ? { ref: parts.ref } : { ref: parts.ref, default: parts.default }
  }
  if (parts.template !== undefined) return { template: parts.template }
  return parts.value === undefined ? undefined : { value: parts.value }
}

// -- internal -------------------------------------------------------------------------------------------------------

const saysItsKind = (at: Cursor.Cursor): boolean =>
  (Cursor.entries({ ...at, isAliased: false }) ?? []).some(({ name }) => kinds.includes(name))

const readLong = (at: Cursor.Cursor, origins: Origins.Origins): Binding.Binding | undefined => {
  const parts: Parts = {}
  const given = MapReader.read(at, longKeys, (name, value) => readPart(parts, name, value, origins))
  return given === undefined ? undefined : ofParts(at, parts, given)
}

/** What the steps of a short reference may look like; a name with other characters has to be written with `ref`. */
const plainStep = /^[\p{L}\p{N}_$-]+$/u

/** Says so when a text would be a reference if it were not for a typing mistake. */
const warnOfLookAlike = (at: Cursor.Cursor, text: string, scope: Scope): void => {
  const { reading } = at
  if (reading.lookAlikes >= lookAlikeMax) return
  reading.lookAlikes++
  const suggestion = likelyMeant(text, scope)
  if (suggestion === undefined) return
  const message = `"${text}" is taken as a text, since there is no node "${headOf(text)}"; write { value: … } if that is meant`
  Cursor.report(at, { code: "UnknownReference", severity: "warning", message, suggestion })
}

const headOf = (text: string): string => text.split(".", 1)[0] ?? ""

/** The reference that a look-alike was probably meant to be. */
const likelyMeant = (text: string, scope: Scope): string | undefined => {
  const head = headOf(text)
  const nearest = Suggestion.nearest(head, scope.vocabulary) ?? Suggestion.nearest(head, runData)
  return nearest === undefined ? undefined : nearest + text.slice(head.length)
}

const runData = Suggestion.vocabulary(["inputs"])

const asksInside = (value: Schema.Json): boolean => {
  if (typeof value === "string") return Variables.asks(value)
  return typeof value === "object" && value !== null && Object.values(value).some(asksInside)
}

const refuseInside = (at: Cursor.Cursor): void => {
  const message =
    "variables of the environment are filled into the text of an input, and not into texts inside of a list or map; write { value: … } if the text is meant as it stands"
  Cursor.report(at, { code: "InvalidValue", message })
}
