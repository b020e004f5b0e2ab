/** Where the list of a node is, and what is in it. */
import { type Binding, type NodeState, Reference, type RunState } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import { itemsBehind } from "../decide/decideItems.ts"
import { visitSeenBy } from "../decide/visitSeenBy.ts"
import { type ArtifactStub, isStub } from "../action/artifactStub.ts"

type Path = ReadonlyArray<Reference.PathStep>

/** A list as it was found. */
export type FoundList =
  | { readonly _tag: "Values"; readonly values: ReadonlyArray<Schema.Json> }
  /** A list that is put together item by item. */
  | { readonly _tag: "Bindings"; readonly bindings: ReadonlyArray<Binding.ItemBinding> }
  /** What the items of another node gave under one name. */
  | { readonly _tag: "Items"; readonly nodes: ReadonlyArray<NodeState.NodeState>; readonly output: string }
  /** Somewhere in a value that is kept outside the log. */
  | {
      readonly _tag: "Stored"
      readonly stub: ArtifactStub
      readonly path: Path
      readonly standIn: Schema.Json | undefined
    }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "NoList"; readonly value: Schema.Json }

/** Walks into a value; `undefined` when there is nothing. */
export const valueAt = (value: Schema.Json | undefined, path: Path): Schema.Json | undefined => {
  let at: Schema.Json | undefined = value
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, Schema.Json>)[step]
  }
  return at
}

/** What a channel held when a node began, or holds now for one that has not. */
export const channelSeenBy = (
  state: RunState.RunState,
  { seen }: NodeState.NodeState,
  name: string
): Schema.Json | undefined => (seen?.channels ?? state.channels).get(name)?.value

/** Finds the list that a node is mapped over. */
export const findList = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  items: Binding.Binding
): FoundList => {
  if ("list" in items) return { _tag: "Bindings", bindings: items.list }
  if ("template" in items) return { _tag: "NoList", value: items.template }
  if ("value" in items) return ofValue(items.value)
  const reference = Reference.parse(items.ref)
  switch (reference._tag) {
    case "MalformedReference":
    case "Each":
      return { _tag: "Missing" }
    case "Input":
      return inside(state.inputs[reference.name], reference.path, items.default)
    case "Channel":
      return inside(channelSeenBy(state, node, reference.name), reference.path, items.default)
    case "Output":
      return ofOutput(visitSeenBy(state, node, reference.nodeId), reference, items.default)
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const ofValue = (value: Schema.Json | undefined): FoundList => {
  if (value === undefined) return { _tag: "Missing" }
  return Array.isArray(value) ? { _tag: "Values", values: value } : { _tag: "NoList", value }
}

const inside = (root: Schema.Json | undefined, path: Path, standIn: Schema.Json | undefined): FoundList => {
  const value = valueAt(root, path)
  return ofValue(value === undefined ? standIn : value)
}

const ofOutput = (
  node: NodeState.NodeState | undefined,
  { output, path }: Reference.OutputReference,
  standIn: Schema.Json | undefined
): FoundList => {
  const nodes = itemsBehind(node, output)
  const [first, ...rest] = path
  if (nodes !== undefined && first === undefined) return { _tag: "Items", nodes, output }
  const isItem = nodes !== undefined && typeof first === "number"
  const root = isItem
    ? nodes[first]?.outputs?.[output]
    : nodes === undefined
      ? node?.outputs?.[output]
      : undefined
  const below = isItem ? rest : path
  return isStub(root) ? { _tag: "Stored", stub: root, path: below, standIn } : inside(root, below, standIn)
}
