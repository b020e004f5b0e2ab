import { FlowSpec, Suggestion } from "@dagflow/protocol"
import type * as FlowFile from "../FlowFile.ts"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import * as ReadChannels from "./readChannels.ts"
import * as ReadConfig from "./readConfig.ts"
import * as ReadDagwood from "./readDagwood.ts"
import * as ReadFlowInputs from "./readFlowInputs.ts"
import * as ReadNode from "./readNode.ts"
import * as ReadSubFlow from "./readSubFlow.ts"
import type { Writable } from "./writable.ts"

/** What a file says, before its nodes are put together with those of the files that it includes. */
export interface ReadFlow {
  readonly header: Header
  readonly nodes: ReadonlyArray<ReadNode.ReadNode>
  readonly origins: Origins.Origins
}

/** Everything about a flow but its nodes. Without a name it is not the definition of a whole flow. */
export type Header = Writable<Partial<Omit<FlowSpec.FlowSpec, "nodes">>>

type Read = (header: Header, at: Cursor.Cursor, name: string, origins: Origins.Origins) => void

const into =
  <Key extends keyof Header>(key: Key, leaf: Leaf.Leaf<NonNullable<Header[Key]>>): Read =>
  (header, at, name) =>
    Leaf.set(header, key, leaf(at, name))

const readers: Readonly<Record<keyof typeof FlowFile.FlowFile.fields, Read>> = {
  name: into("name", Leaf.of(FlowSpec.FlowSpec.fields.name)),
  version: into("version", Leaf.version),
  description: into("description", Leaf.text),
  author: into("author", Leaf.text),
  signature: into("signature", Leaf.text),
  tags: into("tags", Leaf.texts),
  instructions: into("instructions", Leaf.lines),
  config: (header, at, _, origins) => Leaf.set(header, "config", ReadConfig.read(at, origins)),
  inputs: (header, at, _, origins) => Leaf.set(header, "inputs", ReadFlowInputs.read(at, origins)),
  channels: (header, at, _, origins) => Leaf.set(header, "channels", ReadChannels.read(at, origins)),
  metadata: into("metadata", Leaf.record),
  // Read before the files it names are, and read once they are known.
  include: () => undefined,
  nodes: () => undefined
}

const keys = MapReader.keys("flow", Object.keys(readers))

/**
 * Reads a file whose includes are known: `included` holds the ids that they give to this file. Only the file that
 * nobody includes has to have a name, and only it may have a configuration. `isInner`: it is the flow of a node, which need
 * not have a name of its own.
 */
export const read = (
  root: Cursor.Cursor,
  isIncluded: boolean,
  included: ReadonlyArray<string>,
  isInner = false
): ReadFlow => {
  if (ReadDagwood.isDagwood(root)) return ReadDagwood.read(root)
  const origins = Origins.make(Cursor.place(root))
  const header: Header = {}
  let nodes: ReadonlyArray<ReadNode.ReadNode> = []
  let isNameEmpty = false
  const given = MapReader.read(root, keys, (name, value) => {
    const own = Origins.add(origins, name, Cursor.place(value))
    if (name === "name") isNameEmpty = Cursor.isNull(value)
    if (name === "nodes") nodes = readNodes(value, included)
    else readers[name as keyof typeof readers](header, value, name, own)
  })
  if (given === undefined) return { header, nodes, origins }
  for (const key of isIncluded ? ["config", "channels"] : []) {
    const place = given.get(key)
    if (place === undefined) continue
    const message = `a file that is included has no "${key}": the flow that includes it sets it for all nodes`
    Findings.report(root.reading.findings, place, { code: "UnsupportedKey", message })
  }
  const include = isInner ? given.get("include") : undefined
  if (include !== undefined) {
    const message = `a flow inside of a node includes no files: give the path of a file that does`
    Findings.report(root.reading.findings, include, { code: "UnsupportedKey", message })
  }
  if (!isIncluded && !isInner && (!given.has("name") || isNameEmpty)) report(root, "a flow needs a name")
  if (!given.has("nodes") && !given.has("include")) {
    report(root, `a flow needs nodes: write "nodes: []" for one that only grows while it runs`)
  }
  return { header, nodes, origins }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** What a whole file lacks is reported at its first line. */
const report = (root: Cursor.Cursor, message: string): void => {
  const place = Cursor.place(root)
  const end = root.file.source.text.indexOf("\n", place.from)
  const line = { ...place, to: end === -1 ? place.to : Math.min(place.to, end) }
  Findings.report(root.reading.findings, line, { code: "MissingKey", message })
}

const readNodes = (at: Cursor.Cursor, included: ReadonlyArray<string>): ReadonlyArray<ReadNode.ReadNode> => {
  if (Cursor.isNull(at)) return []
  const list = Cursor.items(at)
  if (list !== undefined) {
    const scope = scopeOf([...included, ...list.flatMap((item) => idOf(item) ?? [])])
    return list.flatMap((item) => ReadNode.readListed(item, scope) ?? [])
  }
  const entries = Cursor.entries(at)
  if (entries === undefined) {
    Leaf.refuse(at, "nodes", "expected a map from ids to nodes, or a list of nodes")
    return []
  }
  const scope = scopeOf([...included, ...entries.map(({ name }) => name)])
  return entries.flatMap(({ key, name, value }) =>
    value === undefined ? [] : ReadNode.readMapped(name, key, value, scope)
  )
}

const idOf = (at: Cursor.Cursor): string | undefined => {
  const id = Cursor.entries(at)?.find(({ name }) => name === "id")?.value
  const value = id === undefined ? undefined : Cursor.scalar(id)
  return typeof value === "string" ? value : undefined
}

const scopeOf = (ids: ReadonlyArray<string>): ReadNode.NodeScope => ({
  ids: new Set(ids),
  vocabulary: Suggestion.vocabulary(ids),
  readFlow: (at: Cursor.Cursor, id: string, origins: Origins.Origins) =>
    ReadSubFlow.read(at, id, origins, (inner) => read(inner, false, [], true))
})
