import { FailurePolicy, ForEach } from "@dagflow/protocol"
import { isMap } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import * as ReadBinding from "./readBinding.ts"
import type { Scope } from "./shortForm.ts"
import type { Writable } from "./writable.ts"

const fields = ForEach.ForEach.fields
const keys = MapReader.keys("forEach", Object.keys(fields))

/** Reads the value of `forEach`: the list that a node is mapped over, alone or with what is said of its items. */
export const read = (
  at: Cursor.Cursor,
  scope: Scope,
  origins: Origins.Origins
): ForEach.ForEach | undefined => {
  if (Cursor.isNull(at)) return undefined
  const readItems = (value: Cursor.Cursor) =>
    ReadBinding.read(value, scope, Origins.add(origins, "items", Cursor.place(value)))
  const isBinding = isMap(at.node) && ReadBinding.saysKind(at)
  if (!isMap(at.node) || isBinding) {
    const items = readItems(at)
    return items && { items }
  }
  const forEach: Partial<Writable<ForEach.ForEach>> = {}
  const given = MapReader.read(at, keys, (name, value) => {
    if (name === "items") Leaf.set(forEach, "items", readItems(value))
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
