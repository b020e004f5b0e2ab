/** The inputs of a node, put together from the state of its run. */
import { type Binding, ForEach, type NodeState, Payload, Reference, type RunState } from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { sharedJson } from "../action/frozenJson.ts"
import { type ArtifactStub, isStub } from "../action/artifactStub.ts"
import { givenOutputs, itemsBehind } from "../decide/decideItems.ts"
import { visitSeenBy } from "../decide/visitSeenBy.ts"
import { channelSeenBy, findList, type FoundList, valueAt } from "./findList.ts"

/** Where a value belongs: among the inputs by name, or in a list that an input is or holds, by position. */
interface Slot {
  readonly place: readonly [name: string, ...indexes: ReadonlyArray<number>]
  readonly put: (value: Schema.Json) => void
}

/** The inputs of a node, and what has to be fetched before they are whole. */
export interface ResolvedInputs {
  readonly values: Record<string, Schema.Json>
  /** Texts that name variables of the environment. */
  readonly templates: ReadonlyArray<Slot & { readonly text: string }>
  /** Values that are kept outside the log, as a whole or in part. */
  readonly artifacts: ReadonlyArray<
    Slot & {
      readonly stub: ArtifactStub
      readonly path: ReadonlyArray<Reference.PathStep>
      readonly binding: Binding.ReferenceBinding
      /** The value is in a list at this depth of the path, for which something stands in when it is not there. */
      readonly list?: { readonly depth: number; readonly standIn: Schema.Json }
    }
  >
}

/** A value, or what stands in when there is none; `null` is a value. */
export const valueOr = (
  value: Schema.Json | undefined,
  standIn: Schema.Json | undefined
): Schema.Json | undefined => (value === undefined ? standIn : value)

/** Picks an input out of the value that is kept outside the log. */
export const storedValue = (
  whole: Schema.Json,
  { binding, list, path }: ResolvedInputs["artifacts"][number]
): Schema.Json | undefined => {
  const isThere = list === undefined || valueAt(whole, path.slice(0, list.depth)) !== undefined
  const value = isThere ? valueAt(whole, path) : valueAt(list.standIn, path.slice(list.depth))
  const found = valueOr(value, binding.default)
  return found === undefined ? undefined : sharedJson(found)
}

/** What a reference that leads nowhere is told. */
export const missing = (binding: Binding.ReferenceBinding): string =>
  `"${binding.ref}" has no value: give the reference a default, or see why it is missing`

/** The inputs of a node while they are put together; `made` is the list that an expression made for it. */
type Into = Mutable<ResolvedInputs> & { readonly made?: ReadonlyArray<Schema.Json> | undefined }

type Mutable<A> = { -readonly [K in keyof A]: A[K] extends ReadonlyArray<infer E> ? Array<E> : A[K] }

/** What an output is bound to, which may be kept outside the log. */
const bindOutput = (
  root: Schema.Json | undefined,
  path: ReadonlyArray<Reference.PathStep>,
  binding: Binding.ReferenceBinding,
  slot: Slot,
  into: Into
): string | undefined => {
  if (isStub(root)) {
    into.artifacts.push({ ...slot, stub: root, path, binding })
    return undefined
  }
  return bindValue(root, path, binding, slot)
}

const bindValue = (
  root: Schema.Json | undefined,
  path: ReadonlyArray<Reference.PathStep>,
  binding: Binding.ReferenceBinding,
  slot: Slot
): string | undefined => {
  const value = valueOr(valueAt(root, path), binding.default)
  if (value === undefined) return missing(binding)
  slot.put(sharedJson(value))
  return undefined
}

/** Puts the list together that the items of a node gave; `null` is in the place of one that gave nothing. */
const bindItems = (
  nodes: ReadonlyArray<NodeState.NodeState>,
  { output, path }: Reference.OutputReference,
  binding: Binding.ReferenceBinding,
  slot: Slot,
  into: Into
): string | undefined => {
  const [first, ...rest] = path
  const given = (node: NodeState.NodeState) => valueOr(node.outputs?.[output], null)
  if (first !== undefined) {
    const node = typeof first === "number" ? nodes[first] : undefined
    return bindOutput(node && given(node), rest, binding, slot, into)
  }
  const list: Array<Schema.Json> = Array.from(nodes, () => null)
  for (const [index, node] of nodes.entries()) {
    const own: Slot = { place: [...slot.place, index], put: (value) => (list[index] = value) }
    bindOutput(given(node), [], binding, own, into)
  }
  slot.put(list)
  return undefined
}

/** Binds the value of the list that an item stands for, or its place. */
const bindEach = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  { name, path }: Reference.EachReference,
  binding: Binding.ReferenceBinding,
  slot: Slot,
  into: Into
): string | undefined => {
  const { list, place } = node
  if (list?.spec.forEach === undefined) return missing(binding)
  if (name === "index") {
    slot.put(place)
    return undefined
  }
  const { items } = list.spec.forEach
  const found: FoundList = ForEach.isMade(items)
    ? { _tag: "Values", values: into.made ?? [] }
    : findList(state, list, items)
  switch (found._tag) {
    case "Values":
      return bindValue(found.values[place], path, binding, slot)
    case "Items":
      return bindOutput(valueOr(found.nodes[place]?.outputs?.[found.output], null), path, binding, slot, into)
    case "Stored": {
      const { standIn, stub } = found
      const depth = found.path.length
      const whole = { ...slot, stub, path: [...found.path, place, ...path], binding }
      into.artifacts.push(standIn === undefined ? whole : { ...whole, list: { depth, standIn } })
      return undefined
    }
    case "Bindings":
      return bindMember(state, node, found.bindings[place], path, binding, slot, into)
    case "Missing":
    case "NoList":
      return missing(binding)
  }
}

/** Binds a value of a list that is put together item by item. */
const bindMember = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  member: Binding.ItemBinding | undefined,
  path: ReadonlyArray<Reference.PathStep>,
  binding: Binding.ReferenceBinding,
  slot: Slot,
  into: Into
): string | undefined => {
  if (member === undefined) return missing(binding)
  if ("value" in member) return bindValue(member.value, path, binding, slot)
  if ("template" in member) {
    if (path.length > 0) return missing(binding)
    into.templates.push({ ...slot, text: member.template })
    return undefined
  }
  const ref = member.ref + Reference.formatPath(path)
  const standIn = valueOr(valueAt(member.default, path), binding.default)
  return bindReference(state, node, standIn === undefined ? { ref } : { ref, default: standIn }, slot, into)
}

const bindReference = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  binding: Binding.ReferenceBinding,
  slot: Slot,
  into: Into
): string | undefined => {
  const reference = Reference.parse(binding.ref)
  switch (reference._tag) {
    case "MalformedReference":
      return reference.message
    case "Each":
      return bindEach(state, node, reference, binding, slot, into)
    case "Output": {
      const { nodeId, output, path } = reference
      const source = visitSeenBy(state, node, nodeId)
      const nodes = itemsBehind(source, output)
      return nodes === undefined
        ? bindOutput(source?.outputs?.[output], path, binding, slot, into)
        : bindItems(nodes, reference, binding, slot, into)
    }
    case "Channel":
      return bindValue(channelSeenBy(state, node, reference.name), reference.path, binding, slot)
    case "Input": {
      const { name, path } = reference
      // An input of the run that looks like a stub is the user's own value.
      if (state.flow?.inputs?.[name]?.secret !== true)
        return bindValue(state.inputs[name], path, binding, slot)
      const text = valueAt(state.inputs[name], path)
      if (typeof text !== "string") return missing(binding)
      into.templates.push({ ...slot, text })
      return undefined
    }
  }
}

const bindItem = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  binding: Binding.ItemBinding,
  slot: Slot,
  into: Into
): string | undefined => {
  if ("ref" in binding) return bindReference(state, node, binding, slot, into)
  if ("value" in binding) slot.put(sharedJson(binding.value))
  else into.templates.push({ ...slot, text: binding.template })
  return undefined
}

/** Puts a list together. Each attempt gets a list of its own, so that only what is in it is shared. */
const bindList = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  name: string,
  { list }: Binding.ListBinding,
  into: Into
): Result.Result<ReadonlyArray<Schema.Json>, string> => {
  const items: Array<Schema.Json> = Array.from(list, () => null)
  for (const [index, item] of list.entries()) {
    const slot: Slot = { place: [name, index], put: (value) => (items[index] = value) }
    const problem = bindItem(state, node, item, slot, into)
    if (problem !== undefined) return Result.fail(problem)
  }
  return Result.succeed(items)
}

/** Binds one input. Most are values, which need nothing made for them. */
const bindInput = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  name: string,
  binding: Binding.Binding | undefined,
  into: Into
): string | undefined => {
  if (binding === undefined) return undefined
  if ("value" in binding) {
    into.values[name] = sharedJson(binding.value)
    return undefined
  }
  return bindMade(state, node, name, binding, into)
}

/** Binds an input that is looked up or put together. */
const bindMade = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  name: string,
  binding: Binding.Binding,
  into: Into
): string | undefined => {
  if ("list" in binding) {
    const list = bindList(state, node, name, binding, into)
    if (Result.isFailure(list)) return list.failure
    into.values[name] = list.success
    return undefined
  }
  const slot: Slot = { place: [name], put: (value) => (into.values[name] = value) }
  return bindItem(state, node, binding, slot, into)
}

const none: ResolvedInputs = { values: {}, templates: [], artifacts: [] }

/** Puts the inputs of a node together, or says which reference leads nowhere. */
export const resolveInputs = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  made?: ReadonlyArray<Schema.Json>
): Result.Result<ResolvedInputs, string> => {
  const { inputs, intent } = node.spec
  if (inputs === undefined && intent === undefined) return Result.succeed({ ...none, values: {} })
  const into: Into = { values: {}, templates: [], artifacts: [], made }
  if (intent !== undefined && inputs?.["payload"] === undefined) {
    // An item reads what its node reads.
    const source = Payload.sourceOf(node.list ?? node) ?? "inputs"
    const problem = bindMade(state, node, "payload", { ref: `${source}.payload` }, into)
    if (problem !== undefined) return Result.fail(problem)
  }
  for (const name in inputs) {
    const problem = bindInput(state, node, name, inputs[name], into)
    if (problem !== undefined) return Result.fail(problem)
  }
  return Result.succeed(into)
}

/**
 * The outputs of the completed dependencies of a node, by node id; large ones as their stubs. Those of an item are those of
 * its node.
 */
export const dependencyOutputs = (
  state: RunState.RunState,
  node: NodeState.NodeState
): Readonly<Record<string, Readonly<Record<string, Schema.Json>>>> =>
  Object.fromEntries(
    (node.list ?? node).dependencies.flatMap(({ spec: { id } }) => {
      const outputs = givenOutputs(visitSeenBy(state, node, id))
      return outputs === undefined ? [] : [[id, sharedJson(outputs)]]
    })
  )
