import type { Binding } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import { isMap, isSeq } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import * as Json from "./json.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import type { Place } from "./place.ts"
import * as ShortForm from "./shortForm.ts"
import * as Variables from "./variables.ts"

/** Texts that look like a reference to no node and are compared with the names of nodes, at most, in one definition. */
export const lookAlikeMax = 1000

const longKeys = MapReader.keys("node input", [...ShortForm.kinds, "default"])

/** What is known of a binding before it is one. */
export interface Parts {
  ref?: string
  list?: ReadonlyArray<Binding.ItemBinding>
  template?: string
  value?: Schema.Json
  default?: Schema.Json
}

/**
 * Reads an input of a node in its short form: a text that reads as a reference is one, a text that asks for variables
 * is a template, a map that says what it is is that, a list with any of those in it is put together item by item, and
 * anything else is a value.
 */
export const read = (
  at: Cursor.Cursor,
  scope: ShortForm.Scope,
  origins: Origins.Origins
): Binding.Binding | undefined => {
  if (isMap(at.node) && saysKind(at)) return readLong(at, origins)
  if (!isSeq(at.node)) return readItem(at, scope, origins)
  const isOpen = peek(at).some((item) => isOpenItem(item, scope))
  if (isOpen) return { list: readList(at, origins, (item, own) => readItem(item, scope, own)) }
  for (const item of peek(at)) warnOfLookAlike(item, scope)
  return readValue(at)
}

/** Reads one of the keys that say what an input is. */
export const readPart = (parts: Parts, name: string, at: Cursor.Cursor, origins: Origins.Origins): void => {
  switch (name) {
    case "ref":
    case "reference":
      if (isSeq(at.node)) {
        parts.list = readList(at, origins, readReference)
        return
      }
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
  const named = ShortForm.kinds.filter((kind) => given.has(kind))
  if (named.length !== 1) {
    const message =
      named.length === 0
        ? "an input needs one of reference, value and template"
        : `an input is one thing: "${named.join('" and "')}" exclude each other`
    Cursor.report(at, { code: named.length === 0 ? "MissingKey" : "InvalidValue", message })
    return undefined
  }
  const fallback = given.get("default")
  const isReference = named[0] === "ref" || named[0] === "reference"
  if (fallback !== undefined && (parts.list !== undefined || !isReference)) {
    const what = isReference ? "list: give one to each item that needs it" : String(named[0])
    const message = `"default" stands in for a reference whose value does not exist, and this is a ${what}`
    Findings.report(at.reading.findings, fallback, { code: "InvalidValue", message })
  }
  if (parts.list !== undefined) return { list: parts.list }
  if (parts.ref !== undefined) {
    return parts.default === undefined ? { ref: parts.ref } : { ref: parts.ref, default: parts.default }
  }
  if (parts.template !== undefined) return { template: parts.template }
  return parts.value === undefined ? undefined : { value: parts.value }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Reads what is one value, or one item of a list, in its short form. */
const readItem = (
  at: Cursor.Cursor,
  scope: ShortForm.Scope,
  origins: Origins.Origins
): Binding.ItemBinding | undefined => {
  if (isMap(at.node) && saysKind(at)) return readLongItem(at, origins)
  const text = Cursor.scalar(at)
  if (typeof text !== "string") return readValue(at)
  switch (ShortForm.kindOf(text, scope)) {
    case "template":
      Variables.note(at, text)
      return { template: text }
    case "reference":
      return { ref: text }
    case "look-alike":
    case "text":
      warnOfLookAlike(at, scope)
      return { value: text }
  }
}

/** Reads an item of a list of references: a text is a reference, whatever it looks like. */
const readReference = (at: Cursor.Cursor, origins: Origins.Origins): Binding.ItemBinding | undefined => {
  if (isMap(at.node)) return readLongItem(at, origins)
  const text = Cursor.scalar(at)
  if (typeof text === "string") return { ref: text }
  Leaf.refuse(at, "ref", "expected a reference, or a map such as { value: … }")
  return undefined
}

/** Reads the items of a list, and notes where each one stands. */
const readList = (
  at: Cursor.Cursor,
  origins: Origins.Origins,
  readOne: (at: Cursor.Cursor, origins: Origins.Origins) => Binding.ItemBinding | undefined
): ReadonlyArray<Binding.ItemBinding> => {
  const places = Origins.add(origins, "list", Cursor.place(at))
  return (Cursor.items(at) ?? []).flatMap(
    (item, index) => readOne(item, Origins.add(places, index, Cursor.place(item))) ?? []
  )
}

const readValue = (at: Cursor.Cursor): Binding.ValueBinding | undefined => {
  const value = Json.of(at)
  if (value === undefined) return undefined
  if (ShortForm.asksInside(value)) refuseInside(at)
  return { value }
}

const readLong = (at: Cursor.Cursor, origins: Origins.Origins): Binding.Binding | undefined => {
  const parts: Parts = {}
  const given = MapReader.read(at, longKeys, (name, value) => readPart(parts, name, value, origins))
  return given === undefined ? undefined : ofParts(at, parts, given)
}

const readLongItem = (at: Cursor.Cursor, origins: Origins.Origins): Binding.ItemBinding | undefined => {
  const binding = readLong(at, origins)
  if (binding === undefined || !("list" in binding)) return binding
  Cursor.report(at, { code: "InvalidValue", message: "a list that is put together cannot hold another one" })
  return undefined
}

/** Whether an item says that its list is not known before the run. */
const isOpenItem = (at: Cursor.Cursor, scope: ShortForm.Scope): boolean => {
  if (isMap(at.node)) return saysKind(at, ShortForm.openKinds)
  const text = Cursor.scalar(at)
  return typeof text === "string" && ["template", "reference"].includes(ShortForm.kindOf(text, scope))
}

/** Whether a map says outright what kind of binding it is. */
export const saysKind = (at: Cursor.Cursor, kinds: ReadonlyArray<string> = ShortForm.kinds): boolean =>
  (Cursor.entries({ ...at, isAliased: false }) ?? []).some(({ name }) => kinds.includes(name))

/** The items of a list, without counting those that an alias adds: they are counted when they are read. */
const peek = (at: Cursor.Cursor): ReadonlyArray<Cursor.Cursor> =>
  Cursor.items({ ...at, isAliased: false }) ?? []

/** Says so when a text would be a reference if it were not for a typing mistake. */
const warnOfLookAlike = (at: Cursor.Cursor, scope: ShortForm.Scope): void => {
  const text = Cursor.scalar(at)
  if (typeof text !== "string" || ShortForm.kindOf(text, scope) !== "look-alike") return
  const { reading } = at
  if (reading.lookAlikes >= lookAlikeMax) return
  reading.lookAlikes++
  const suggestion = ShortForm.likelyMeant(text, scope)
  if (suggestion === undefined) return
  const message = `"${text}" is taken as a text, since there is no node "${ShortForm.headOf(text)}"; write { value: … } if that is meant`
  Cursor.report(at, { code: "UnknownReference", severity: "warning", message, suggestion })
}

const refuseInside = (at: Cursor.Cursor): void => {
  const message =
    "variables of the environment are filled into the text of an input or of an item of a list, and not deeper inside; write { value: … } if the text is meant as it stands"
  Cursor.report(at, { code: "InvalidValue", message })
}
