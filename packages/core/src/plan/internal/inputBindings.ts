import type { Binding, ProblemCode } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import * as ValueRef from "../ValueRef.ts"
import * as ValueRefs from "./valueRef.ts"

/** What the inputs of a node are bound to, and the nodes that they refer to. */
export interface InputBindings {
  readonly bindings: Readonly<Record<string, Binding.Binding>>
  readonly dependencies: Set<string>
}

/** Reports what is wrong with a node, at a path inside of it. */
export type Refuse = (code: ProblemCode, path: ReadonlyArray<string | number>, message: string) => void

/** Reads what a node of a flow is given, and notes the nodes that it refers to. */
export interface Binder {
  /** Reads one value; what cannot be one is reported. `label` is what messages call it. */
  readonly bind: (
    value: unknown,
    label: string,
    path: ReadonlyArray<string | number>
  ) => Binding.Binding | undefined
  readonly dependencies: Set<string>
}

/** Makes the reader of what a node of a flow is given. `list`: the node is mapped over a list, and may use its values. */
export const binder = (flow: Named, id: string, refuse: Refuse, list: object | undefined): Binder => {
  const dependencies = new Set<string>()
  const bindItem = (
    value: unknown,
    label: string,
    path: ReadonlyArray<string | number>
  ): Binding.ItemBinding | undefined => {
    if (!ValueRef.isValueSource(value)) return { value: value as Schema.Json }
    const { binding, flow: origin, list: within, nodeId, problem } = value[ValueRef.TypeId]
    if (within !== undefined && within !== list) {
      refuse("UnknownReference", path, `input "${label}" of node "${id}" is a value of another node's list`)
    } else if (origin !== undefined && origin !== flow) {
      refuse("UnknownReference", path, foreign(flow, id, `takes its input "${label}" from a value`))
    } else if (problem !== undefined) {
      refuse("MalformedReference", path, `input "${label}" of node "${id}": ${problem}`)
    } else {
      if (nodeId !== undefined) dependencies.add(nodeId)
      return binding
    }
    return undefined
  }
  const bind: Binder["bind"] = (value, label, path) => {
    if (value === ValueRefs.payload) return undefined
    if (!isListOfSources(value)) return bindItem(value, label, path)
    const items = value.flatMap(
      (item, index) => bindItem(item, `${label}[${index}]`, [...path, "list", index]) ?? []
    )
    return { list: items }
  }
  return { bind, dependencies }
}

/** Reads the inputs that a node of a flow is given. What cannot be one is reported and left out. */
export const make = (
  { bind, dependencies }: Binder,
  inputs: Readonly<Record<string, unknown>>
): InputBindings => {
  const bindings = Object.entries(inputs).flatMap(([name, value]) => {
    const binding = value === undefined ? undefined : bind(value, name, ["inputs", name])
    return binding === undefined ? [] : [[name, binding] as const]
  })
  return { bindings: Object.fromEntries(bindings), dependencies }
}

/** Says that something does not belong to the flow of a node. */
export const foreign = (flow: Named, id: string, does: string): string =>
  `node "${id}" ${does} of another flow than "${flow.name}"; only nodes and values of the same flow can be connected`

// -- internal -------------------------------------------------------------------------------------------------------

interface Named {
  readonly name: string
}

/** Whether a list has to be put together item by item; one of literals alone is a literal. */
const isListOfSources = (value: unknown): value is ReadonlyArray<unknown> =>
  Array.isArray(value) && value.some(ValueRef.isValueSource)
