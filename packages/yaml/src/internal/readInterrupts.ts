import type { Interrupts } from "@dagflow/protocol"
import * as Cursor from "./cursor.ts"
import { interruptKeys } from "./interruptKeys.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import type { Writable } from "./writable.ts"

const keys = MapReader.keys("interrupts", Object.keys(interruptKeys.fields))

/** Reads where a run pauses between two steps. */
export const read = (at: Cursor.Cursor, origins: Origins.Origins): Interrupts.Interrupts | undefined => {
  if (Cursor.isNull(at)) return undefined
  const interrupts: Writable<Interrupts.Interrupts> = {}
  const given = MapReader.read(at, keys, (name, value) => {
    const part = Origins.add(origins, name, Cursor.place(value))
    switch (name) {
      case "atStart":
        return Leaf.set(interrupts, "atStart", Leaf.boolean(value, name))
      case "before":
        return Leaf.set(interrupts, "before", nodeIds(value, name, part))
      case "after":
        return Leaf.set(interrupts, "after", nodeIds(value, name, part))
      case "eachStep":
        return Leaf.set(interrupts, "eachStep", Leaf.boolean(value, name))
    }
  })
  return given === undefined ? undefined : interrupts
}

const nodeIds = (
  at: Cursor.Cursor,
  name: string,
  origins: Origins.Origins
): ReadonlyArray<string> | undefined => {
  const ids: Array<string> = []
  const list = Leaf.listed(at, name)
  for (const one of list ?? []) {
    const id = Leaf.item(one, name)
    if (id === undefined) continue
    Origins.add(origins, ids.length, Cursor.place(one))
    ids.push(id)
  }
  return list && ids
}
