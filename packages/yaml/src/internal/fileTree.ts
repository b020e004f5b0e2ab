import {
  type Binding,
  ContentHash,
  Dependency,
  type FlowSpec,
  NodeBindings,
  NodeExpressions,
  type NodeSpec,
  Reference
} from "@dagflow/protocol"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import * as Origins from "./origins.ts"
import * as ReadFlow from "./readFlow.ts"
import type { ReadNode } from "./readNode.ts"
import type { YamlFile } from "./yamlFile.ts"

/** A file and the files that it includes. */
export interface FileTree {
  readonly file: YamlFile
  readonly included: ReadonlyArray<Included>
  /** The files that its nodes run as their flows. */
  readonly flows: ReadonlyArray<FileTree>
}

/** A file where another one includes it. */
export interface Included {
  readonly prefix: string
  readonly tree: FileTree
}

/** A node as the definition has it, which may be under another id than in its file. */
export interface PlacedNode extends ReadNode {
  /** What its id and the ids in it begin with that they do not begin with in the file. */
  readonly prefix: string
}

/** What the files of a definition say together. */
export interface Whole {
  readonly header: ReadFlow.Header
  readonly nodes: ReadonlyArray<PlacedNode>
  readonly origins: Origins.Origins
}

/**
 * Reads the files of a definition and puts their nodes together: first the file's own, then those of each include, in
 * their order. A file that is broken gives nothing.
 */
export const read = (reading: Cursor.Reading, tree: FileTree, isIncluded = false): Whole | undefined => {
  const root = Cursor.root(reading, tree.file)
  const parts = tree.included.map(({ prefix, tree }) => prefixed(read(reading, tree, true), prefix))
  if (root === undefined) reading.isPartial = true
  if (root === undefined) return undefined
  const included = parts.flatMap((part) => part?.nodes ?? [])
  const own = ReadFlow.read(
    root,
    isIncluded,
    included.map(({ node }) => node.id)
  )
  const nodes = [...own.nodes.map((one) => ({ ...one, prefix: "" })), ...included]
  const header = { ...own.header }
  for (const part of parts) if (part !== undefined) mergeInputs(reading, header, own.origins, part)
  return { header, nodes, origins: own.origins }
}

// -- internal -------------------------------------------------------------------------------------------------------

const prefixed = (whole: Whole | undefined, prefix: string): Whole | undefined => {
  if (whole === undefined || prefix === "") return whole
  const ids = new Set(whole.nodes.map(({ node }) => node.id))
  const nodes = whole.nodes.map((one) => ({
    ...one,
    node: renamed(one.node, prefix, ids),
    prefix: prefix + one.prefix
  }))
  return { ...whole, nodes }
}

/** A file knows its own nodes only, so that every id in it is one of them. A branch may also be a label of the flow. */
const renamed = (given: NodeSpec.NodeSpec, prefix: string, ids: ReadonlySet<string>): NodeSpec.NodeSpec => {
  const node = NodeExpressions.isIn(given) ? NodeExpressions.renameNodes(given, (id) => prefix + id) : given
  const { branch, dependencies } = node
  const renameNode = (one: Dependency.Dependency) => Dependency.withNode(one, prefix + Dependency.nodeOf(one))
  return {
    ...NodeBindings.mapReferences(node, renaming(prefix)),
    id: prefix + node.id,
    ...(dependencies === undefined ? {} : { dependencies: dependencies.map(renameNode) }),
    ...(branch !== undefined && ids.has(branch) ? { branch: prefix + branch } : {})
  }
}

const renaming =
  (prefix: string) =>
  (binding: Binding.ReferenceBinding): Binding.ReferenceBinding => {
    const reference = Reference.parse(binding.ref)
    if (reference._tag !== "Output") return binding
    return { ...binding, ref: Reference.format({ ...reference, nodeId: prefix + reference.nodeId }) }
  }

/** Inputs are those of the run, so that files that declare the same one have to agree about it. */
const mergeInputs = (
  reading: Cursor.Reading,
  header: ReadFlow.Header,
  origins: Origins.Origins,
  part: Whole
): void => {
  const declared = part.header.inputs
  if (declared === undefined) return
  const known = header.inputs ?? {}
  const places = origins.parts.get("inputs") ?? Origins.add(origins, "inputs", origins.place)
  const theirs = part.origins.parts.get("inputs")
  for (const [name, spec] of Object.entries(declared)) {
    const place = theirs?.parts.get(name)
    const first = Object.hasOwn(known, name) ? known[name] : undefined
    if (first === undefined && place !== undefined) places.parts.set(name, place)
    if (first === undefined || isSame(first, spec) || place === undefined) continue
    const message = `the input "${name}" is declared in another way by the file that includes this one, or by one before it`
    Findings.report(reading.findings, place.place, { code: "InvalidValue", message })
  }
  header.inputs = { ...declared, ...known }
}

const isSame = (a: FlowSpec.InputSpec, b: FlowSpec.InputSpec): boolean =>
  ContentHash.ofJson({ ...a }) === ContentHash.ofJson({ ...b })
