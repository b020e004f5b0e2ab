/** The inputs of a node, put together from the state of its run. */
import { type Binding, type NodeState, Reference, type RunState } from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { sharedJson } from "../action/frozenJson.ts"
import { isStub, type ArtifactStub } from "./artifact.ts"

/** The inputs of a node, and what has to be fetched before they are whole. */
export interface ResolvedInputs {
  readonly values: Record<string, Schema.Json>
  /** Inputs whose text names variables of the environment. */
  readonly templates: ReadonlyArray<{ readonly name: string; readonly text: string }>
  /** Inputs whose value, or a part of it, is kept outside the log. */
  readonly artifacts: ReadonlyArray<{
    readonly name: string
    readonly stub: ArtifactStub
    readonly path: ReadonlyArray<Reference.PathStep>
    readonly binding: Binding.ReferenceBinding
  }>
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

const bindReference = (
  state: RunState.RunState,
  name: string,
  binding: Binding.ReferenceBinding,
  into: Mutable<ResolvedInputs>
): string | undefined => {
  const reference = Reference.parse(binding.ref)
  if (reference._tag === "MalformedReference") return reference.message
  if (reference._tag === "Input" && state.flow?.inputs?.[reference.name]?.secret === true) {
    const text = valueAt(state.inputs[reference.name], reference.path)
    if (typeof text !== "string") return missing(binding)
    into.templates.push({ name, text })
    return undefined
  }
  const root =
    reference._tag === "Input"
      ? state.inputs[reference.name]
      : state.byId.get(reference.nodeId)?.outputs?.[reference.output]
  // Only what a node gives can be a stub; an input of the run that looks like one is the user's own value.
  if (reference._tag === "Output" && isStub(root)) {
    into.artifacts.push({ name, stub: root, path: reference.path, binding })
    return undefined
  }
  const value = valueOr(valueAt(root, reference.path), binding.default)
  if (value === undefined) return missing(binding)
  into.values[name] = sharedJson(value)
  return undefined
}

const none: ResolvedInputs = { values: {}, templates: [], artifacts: [] }

/** Puts the inputs of a node together, or says which reference leads nowhere. */
export const resolveInputs = (
  state: RunState.RunState,
  node: NodeState.NodeState
): Result.Result<ResolvedInputs, string> => {
  const { inputs } = node.spec
  if (inputs === undefined) return Result.succeed({ ...none, values: {} })
  const into: Mutable<ResolvedInputs> = { values: {}, templates: [], artifacts: [] }
  for (const name in inputs) {
    const binding = inputs[name]
    if (binding === undefined) continue
    if ("value" in binding) into.values[name] = sharedJson(binding.value)
    else if ("template" in binding) into.templates.push({ name, text: binding.template })
    else {
      const problem = bindReference(state, name, binding, into)
      if (problem !== undefined) return Result.fail(problem)
    }
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
