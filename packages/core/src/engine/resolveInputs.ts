/** The inputs of a node, put together from the state of its run. */
import { type Binding, type NodeState, Payload, Reference, type RunState } from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { sharedJson } from "../action/frozenJson.ts"
import { type ArtifactStub, isStub } from "../action/artifactStub.ts"
import { visitSeenBy } from "../decide/visitSeenBy.ts"

/** Where a value belongs: among the inputs by name, or in the list that an input is, by position. */
interface Slot {
  readonly place: readonly [name: string, index?: number]
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
    }
  >
}

/** Walks into a value; `undefined` when there is nothing. */
export const valueAt = (
  value: Schema.Json | undefined,
  path: ReadonlyArray<Reference.PathStep>
): Schema.Json | undefined => {
  let at: Schema.Json | undefined = value
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, Schema.Json>)[step]
  }
  return at
}

/** A value, or what stands in when there is none; `null` is a value. */
export const valueOr = (
  value: Schema.Json | undefined,
  standIn: Schema.Json | undefined
): Schema.Json | undefined => (value === undefined ? standIn : value)

/** What a reference that leads nowhere is told. */
export const missing = (binding: Binding.ReferenceBinding): string =>
  `"${binding.ref}" has no value: give the reference a default, or see why it is missing`

type Mutable<A> = { -readonly [K in keyof A]: A[K] extends ReadonlyArray<infer E> ? Array<E> : A[K] }

/** What the first part of a reference names. */
const rootOf = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  reference: Reference.Reference
): Schema.Json | undefined => {
  switch (reference._tag) {
    case "Input":
      return state.inputs[reference.name]
    case "Channel":
      return state.channels.get(reference.name)?.value
    case "Output":
      return visitSeenBy(state, node, reference.nodeId)?.outputs?.[reference.output]
  }
}

const bindReference = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  binding: Binding.ReferenceBinding,
  slot: Slot,
  into: Mutable<ResolvedInputs>
): string | undefined => {
  const reference = Reference.parse(binding.ref)
  if (reference._tag === "MalformedReference") return reference.message
  if (reference._tag === "Input" && state.flow?.inputs?.[reference.name]?.secret === true) {
    const text = valueAt(state.inputs[reference.name], reference.path)
    if (typeof text !== "string") return missing(binding)
    into.templates.push({ ...slot, text })
    return undefined
  }
  const root = rootOf(state, node, reference)
  // Only what a node gives can be a stub; an input of the run that looks like one is the user's own value.
  if (reference._tag === "Output" && isStub(root)) {
    into.artifacts.push({ ...slot, stub: root, path: reference.path, binding })
    return undefined
  }
  const value = valueOr(valueAt(root, reference.path), binding.default)
  if (value === undefined) return missing(binding)
  slot.put(sharedJson(value))
  return undefined
}

const bindItem = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  binding: Binding.ItemBinding,
  slot: Slot,
  into: Mutable<ResolvedInputs>
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
  into: Mutable<ResolvedInputs>
): Result.Result<ReadonlyArray<Schema.Json>, string> => {
  const items: Array<Schema.Json> = Array.from(list, () => null)
  for (const [index, item] of list.entries()) {
    const slot: Slot = { place: [name, index], put: (value) => (items[index] = value) }
    const problem = bindItem(state, node, item, slot, into)
    if (problem !== undefined) return Result.fail(problem)
  }
  return Result.succeed(items)
}

const none: ResolvedInputs = { values: {}, templates: [], artifacts: [] }

/** Puts the inputs of a node together, or says which reference leads nowhere. */
export const resolveInputs = (
  state: RunState.RunState,
  node: NodeState.NodeState
): Result.Result<ResolvedInputs, string> => {
  const { inputs, intent } = node.spec
  if (inputs === undefined && intent === undefined) return Result.succeed({ ...none, values: {} })
  const into: Mutable<ResolvedInputs> = { values: {}, templates: [], artifacts: [] }
  if (intent !== undefined && inputs?.["payload"] === undefined) {
    const slot: Slot = { place: ["payload"], put: (value) => (into.values["payload"] = value) }
    const problem = bindReference(
      state,
      node,
      { ref: `${Payload.sourceOf(node) ?? "inputs"}.payload` },
      slot,
      into
    )
    if (problem !== undefined) return Result.fail(problem)
  }
  for (const name in inputs) {
    const binding = inputs[name]
    if (binding === undefined) continue
    if ("list" in binding) {
      const list = bindList(state, node, name, binding, into)
      if (Result.isFailure(list)) return Result.fail(list.failure)
      into.values[name] = list.success
      continue
    }
    const slot: Slot = { place: [name], put: (value) => (into.values[name] = value) }
    const problem = bindItem(state, node, binding, slot, into)
    if (problem !== undefined) return Result.fail(problem)
  }
  return Result.succeed(into)
}

/** The outputs of the completed dependencies of a node, by node id; large ones as their stubs. */
export const dependencyOutputs = (
  node: NodeState.NodeState
): Readonly<Record<string, Readonly<Record<string, Schema.Json>>>> =>
  Object.fromEntries(
    node.dependencies.flatMap((one) =>
      one.outputs === undefined ? [] : [[one.spec.id, sharedJson(one.outputs)]]
    )
  )
