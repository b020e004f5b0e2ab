import type { Binding } from "@dagflow/protocol"
import * as FlowFile from "../FlowFile.ts"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import * as ReadBinding from "./readBinding.ts"
import type { Scope } from "./shortForm.ts"

type Bindings = Record<string, Binding.Binding>

const keys = MapReader.keys("node input", Object.keys(FlowFile.NodeInput.fields))

/** Reads the `inputs` of a node: a map from names to values, or a list of entries with a name each. */
export const read = (
  at: Cursor.Cursor,
  scope: Scope,
  origins: Origins.Origins
): Readonly<Bindings> | undefined => {
  if (Cursor.isNull(at)) return undefined
  const entries = Cursor.entries(at)
  const bindings: Bindings = {}
  if (entries === undefined) {
    // The format of Dagger has a list, and only whoever brings a list means that format.
    const list = Cursor.items(at)
    if (list === undefined) Leaf.refuse(at, "inputs", "expected a map from names to values")
    for (const item of list ?? []) readListed(item, bindings, origins)
    return list === undefined ? undefined : bindings
  }
  for (const { name, value } of entries) {
    if (value === undefined) continue
    const binding = ReadBinding.read(value, scope, Origins.add(origins, name, Cursor.place(value)))
    Leaf.set(bindings, name, binding)
  }
  return bindings
}

/** Reads an input as the format of Dagger has it. Its description is for readers of the file, and goes no further. */
const readListed = (at: Cursor.Cursor, bindings: Bindings, origins: Origins.Origins): void => {
  const parts: ReadBinding.Parts = {}
  const own = Origins.make(Cursor.place(at))
  let name: string | undefined
  const given = MapReader.read(at, keys, (key, value) => {
    if (key === "name") name = Leaf.text(value, key)
    else if (key === "description") Leaf.text(value, key)
    else ReadBinding.readPart(parts, key, value, own)
  })
  if (given === undefined) return
  if (!given.has("name")) Cursor.report(at, { code: "MissingKey", message: "an input needs a name" })
  const binding = ReadBinding.ofParts(at, parts, given)
  if (name === undefined || binding === undefined) return
  if (Object.hasOwn(bindings, name)) {
    Cursor.report(at, { code: "InvalidValue", message: `the input "${name}" is given twice` })
    return
  }
  origins.parts.set(name, own)
  bindings[name] = binding
}
