import { NodeId } from "@dagflow/protocol"
import { isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import type { Place } from "./place.ts"

/** A file that another one asks for. */
export interface Include {
  /** Its path as it is written, from the folder of the file that asks for it. */
  readonly file: string
  readonly prefix: string
  readonly place: Place
}

const keys = MapReader.keys("include", ["file", "prefix"])

/** Reads the `include` of a file: a list of paths, or of entries with a path and a prefix. */
export const read = (root: Cursor.Cursor): ReadonlyArray<Include> => {
  const entry = Cursor.entries(root)?.find(({ name }) => name === "include")
  if (entry?.value === undefined) return []
  return (Leaf.listed(entry.value, "include") ?? []).flatMap((item) => readOne(item) ?? [])
}

const readOne = (at: Cursor.Cursor): Include | undefined => {
  let place = Cursor.place(at)
  if (isScalar(at.node)) {
    const file = Leaf.item(at, "include")
    return file === undefined ? undefined : { file, prefix: "", place }
  }
  let file: string | undefined
  let prefix = ""
  const given = MapReader.read(at, keys, (name, value) => {
    if (name === "prefix") prefix = readPrefix(value, name)
    if (name !== "file") return
    file = Leaf.text(value, name)
    place = Cursor.place(value)
  })
  if (given === undefined) return undefined
  if (!given.has("file")) Cursor.report(at, { code: "MissingKey", message: `an include needs a "file"` })
  return file === undefined ? undefined : { file, prefix, place }
}

/** A prefix has to leave the ids that it is put before valid. */
const readPrefix = (at: Cursor.Cursor, name: string): string => {
  const prefix = Leaf.text(at, name) ?? ""
  const problem = prefix === "" ? undefined : NodeId.problem(`${prefix}x`)
  if (problem === undefined) return prefix
  Cursor.report(at, { code: "InvalidValue", message: `no id can begin with "${prefix}": ${problem}` })
  return ""
}
