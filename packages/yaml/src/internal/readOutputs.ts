import type { NodeSpec } from "@dagflow/protocol"
import { isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"

const keys = MapReader.keys("output", ["name", "description"])

/** Reads the `outputs` of a node: a list of names, or of entries with a name and a description. */
export const read = (
  at: Cursor.Cursor,
  origins: Origins.Origins
): ReadonlyArray<NodeSpec.OutputSpec> | undefined => {
  const list = Leaf.listed(at, "outputs")
  if (list === undefined) return undefined
  const outputs: Array<NodeSpec.OutputSpec> = []
  for (const item of list) {
    const own = Origins.make(Cursor.place(item))
    const output = isScalar(item.node) ? named(item) : described(item, own)
    if (output === undefined) continue
    origins.parts.set(outputs.length, own)
    outputs.push(output)
  }
  return outputs
}

const named = (at: Cursor.Cursor): NodeSpec.OutputSpec | undefined => {
  const name = Leaf.item(at, "outputs")
  return name === undefined ? undefined : { name }
}

const described = (at: Cursor.Cursor, origins: Origins.Origins): NodeSpec.OutputSpec | undefined => {
  let name: string | undefined
  let description: string | undefined
  const given = MapReader.read(at, keys, (key, value) => {
    if (key === "description") description = Leaf.text(value, key)
    if (key !== "name") return
    name = Leaf.text(value, key)
    Origins.add(origins, "name", Cursor.place(value))
  })
  if (given === undefined) return undefined
  if (!given.has("name")) Cursor.report(at, { code: "MissingKey", message: "an output needs a name" })
  if (name === undefined) return undefined
  return description === undefined ? { name } : { name, description }
}
