import { isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"

const conditionalKeys = MapReader.keys("dependency", ["node"])

/** Reads the `dependencies` of a node: the id of one, or a list of ids. */
export const read = (
  at: Cursor.Cursor,
  name: string,
  origins: Origins.Origins
): ReadonlyArray<string> | undefined => {
  const list = isScalar(at.node) && typeof at.node.value === "string" ? [at] : Leaf.listed(at, name)
  if (list === undefined) return undefined
  const ids: Array<string> = []
  for (const item of list) {
    const id = isScalar(item.node) ? Leaf.item(item, name) : readConditional(item)
    if (id === undefined) continue
    Origins.add(origins, ids.length, Cursor.place(item))
    ids.push(id)
  }
  return ids
}

/** A dependency that is a map has a condition, which is refused by its name. */
const readConditional = (at: Cursor.Cursor): string | undefined => {
  let id: string | undefined
  MapReader.read(at, conditionalKeys, (key, value) => {
    id = Leaf.text(value, key)
  })
  return id
}
