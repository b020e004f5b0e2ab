import { Reference, Suggestion } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import * as Variables from "./variables.ts"

/** The nodes that a text in a file may refer to. */
export interface Scope {
  readonly ids: ReadonlySet<string>
  readonly vocabulary: Suggestion.Vocabulary
}

/** The keys by which a map says what kind of binding it is. */
export const kinds: ReadonlyArray<string> = ["ref", "reference", "template", "value"]

/** The kinds that are not known before the run. A list is put together item by item if one of its items is of them. */
export const openKinds: ReadonlyArray<string> = kinds.filter((kind) => kind !== "value")

/** What a text in the short form means; a look-alike is a text that would be a reference if there were such a node. */
export const kindOf = (text: string, scope: Scope): "template" | "reference" | "look-alike" | "text" => {
  if (Variables.asks(text)) return "template"
  const reference = Reference.parse(text)
  if (reference._tag === "MalformedReference") return "text"
  const name = reference._tag === "Output" ? reference.output : reference.name
  const isPlain = [name, ...reference.path].every((step) => typeof step === "number" || plainStep.test(step))
  if (!isPlain) return "text"
  if (reference._tag !== "Output" || scope.ids.has(reference.nodeId)) return "reference"
  return plainStep.test(reference.nodeId) && /^\p{L}/u.test(name) ? "look-alike" : "text"
}

/** Whether a value in the short form is read as that value. */
export const isPlainValue = (value: Schema.Json, scope: Scope): boolean => {
  if (!Array.isArray(value)) return isPlainItem(value, scope)
  return value.every((item: Schema.Json) =>
    typeof item === "string"
      ? isPlainItem(item, scope)
      : !asksInside(item) && !(isRecord(item) && openKinds.some((kind) => Object.hasOwn(item, kind)))
  )
}

/** Whether an item of a list that is put together item by item is read as that value. */
export const isPlainItem = (value: Schema.Json, scope: Scope): boolean => {
  if (typeof value === "string") {
    const kind = kindOf(value, scope)
    return kind === "text" || (kind === "look-alike" && likelyMeant(value, scope) === undefined)
  }
  return !asksInside(value) && !(isRecord(value) && kinds.some((kind) => Object.hasOwn(value, kind)))
}

/** The node that the first part of a text names. */
export const headOf = (text: string): string => text.split(".", 1)[0] ?? ""

/** The reference that a look-alike was probably meant to be. */
export const likelyMeant = (text: string, scope: Scope): string | undefined => {
  const head = headOf(text)
  const nearest = Suggestion.nearest(head, scope.vocabulary) ?? Suggestion.nearest(head, runData)
  return nearest === undefined ? undefined : nearest + text.slice(head.length)
}

/** Whether a text anywhere in a value asks for variables of the environment. */
export const asksInside = (value: Schema.Json): boolean => {
  if (typeof value === "string") return Variables.asks(value)
  return typeof value === "object" && value !== null && Object.values(value).some(asksInside)
}

// -- internal -------------------------------------------------------------------------------------------------------

const runData = Suggestion.vocabulary(["inputs", "channels", "each"])

/** What the steps of a short reference may look like; a name with other characters has to be written with `ref`. */
const plainStep = /^[\p{L}\p{N}_$-]+$/u

const isRecord = (value: Schema.Json): value is Schema.JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
