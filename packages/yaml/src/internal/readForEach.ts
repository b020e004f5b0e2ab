import { FailurePolicy, ForEach } from "@dagflow/protocol"
import { isMap, isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import * as ReadBinding from "./readBinding.ts"
import * as ReadExpression from "./readExpression.ts"
import * as ShortForm from "./shortForm.ts"
import type { Writable } from "./writable.ts"

const fields = ForEach.ForEach.fields
const keys = MapReader.keys("forEach", Object.keys(fields))
const madeKeys = MapReader.keys("forEach", ["expression"])

/** The keys by which a map says where a list comes from. */
const sources = [...ShortForm.kinds, "expression"]

/** Reads the value of `forEach`: the list that a node is mapped over, alone or with what is said of its items. */
export const read = (
  at: Cursor.Cursor,
  scope: ShortForm.Scope,
  origins: Origins.Origins
): ForEach.ForEach | undefined => {
  if (Cursor.isNull(at)) return undefined
  const itemsOf = (value: Cursor.Cursor) =>
    readItems(value, scope, Origins.add(origins, "items", Cursor.place(value)))
  const isBinding = isMap(at.node) && ReadBinding.saysKind(at, sources)
  if (!isMap(at.node) || isBinding) {
    const items = itemsOf(at)
    return items && { items }
  }
  const forEach: Partial<Writable<ForEach.ForEach>> = {}
  const given = MapReader.read(at, keys, (name, value) => {
    if (name === "items") Leaf.set(forEach, "items", itemsOf(value))
    if (name === "maxParallel") {
      Leaf.set(forEach, "maxParallel", Leaf.of(fields.maxParallel.schema)(value, name))
    }
    if (name === "onItemFailure") {
      Leaf.set(forEach, "onItemFailure", Leaf.of(FailurePolicy.FailurePolicy)(value, name))
    }
  })
  if (given === undefined) return undefined
  if (!given.has("items")) {
    Cursor.report(at, {
      code: "MissingKey",
      message: `"forEach" needs the "items" that the node is mapped over`
    })
  }
  return forEach.items === undefined ? undefined : { ...forEach, items: forEach.items }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Reads where a list comes from. A text that is no reference is no list either, so it is an expression that makes one. */
const readItems = (
  at: Cursor.Cursor,
  scope: ShortForm.Scope,
  origins: Origins.Origins
): ForEach.Items | undefined => {
  if (isMap(at.node) && ReadBinding.saysKind(at, ["expression"])) {
    const made: Partial<Writable<ForEach.MadeList>> = {}
    MapReader.read(at, madeKeys, (name, value) => {
      Origins.add(origins, "expression", Cursor.place(value))
      Leaf.set(made, "expression", ReadExpression.read(value, name))
    })
    return made.expression === undefined ? undefined : { expression: made.expression }
  }
  const text = isScalar(at.node) ? at.node.value : undefined
  const kind = typeof text === "string" ? ShortForm.kindOf(text, scope) : undefined
  if (kind !== "text" && kind !== "look-alike") return ReadBinding.read(at, scope, origins)
  Origins.add(origins, "expression", Cursor.place(at))
  const expression = ReadExpression.read(at, "forEach")
  return expression === undefined ? undefined : { expression }
}
