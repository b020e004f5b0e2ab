import type { Dependency } from "@dagflow/protocol"
import { isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import * as ReadExpression from "./readExpression.ts"

const conditionalKeys = MapReader.keys("dependency", ["node", "when"])

/** Reads the `dependencies` of a node: the id of one, or a list of ids and of edges with conditions. */
export const read = (
  at: Cursor.Cursor,
  name: string,
  origins: Origins.Origins
): ReadonlyArray<Dependency.Dependency> | undefined => {
  const list = isScalar(at.node) && typeof at.node.value === "string" ? [at] : Leaf.listed(at, name)
  if (list === undefined) return undefined
  const dependencies: Array<Dependency.Dependency> = []
  for (const item of list) {
    const own = Origins.make(Cursor.place(item))
    const dependency = isScalar(item.node) ? Leaf.item(item, name) : readConditional(item, own)
    if (dependency === undefined) continue
    origins.parts.set(dependencies.length, own)
    dependencies.push(dependency)
  }
  return dependencies
}

/** A dependency that is a map may have a condition; without one it is the same as the id alone. */
const readConditional = (at: Cursor.Cursor, origins: Origins.Origins): Dependency.Dependency | undefined => {
  let node: string | undefined
  let when: string | undefined
  const given = MapReader.read(at, conditionalKeys, (key, value) => {
    Origins.add(origins, key, Cursor.place(value))
    if (key === "node") node = Leaf.text(value, key)
    else when = ReadExpression.read(value, key)
  })
  if (given !== undefined && !given.has("node")) {
    Cursor.report(at, { code: "MissingKey", message: `a dependency with a condition needs a "node"` })
  }
  if (node === undefined) return undefined
  return when === undefined ? node : { node, when }
}
