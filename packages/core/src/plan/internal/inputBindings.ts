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

/** Reads the inputs that a node of a flow is given. What cannot be one is reported and left out. */
export const make = (
  flow: Named,
  id: string,
  inputs: Readonly<Record<string, unknown>>,
  refuse: Refuse
): InputBindings => {
  const dependencies = new Set<string>()
  const bindItem = (
    value: unknown,
    label: string,
    path: ReadonlyArray<string | number>
  ): Binding.ItemBinding | undefined => {
    if (!ValueRef.isValueSource(value)) return { value: value as Schema.Json }
    const { binding, flow: origin, nodeId, problem } = value[ValueRef.TypeId]
    if (origin !== undefined && origin !== flow) {
      refuse("UnknownReference", path, foreign(flow, id, `takes its input "${label}" from a value`))
    } else if (problem !== undefined) {
      refuse("MalformedReference", path, `input "${label}" of node "${id}": ${problem}`)
    } else {
      if (nodeId !== undefined) dependencies.add(nodeId)
      return binding
    }
    return undefined
  }
  const bind = (name: string, value: unknown): Binding.Binding | undefined => {
    const path = ["inputs", name]
    if (value === ValueRefs.payload) return undefined
    if (!isListOfSources(value)) return bindItem(value, name, path)
    const list = value.flatMap(
      (item, index) => bindItem(item, `${name}[${index}]`, [...path, "list", index]) ?? []
    )
    return { list }
  }
  const bindings = Object.entries(inputs).flatMap(([name, value]) => {
    const binding = value === undefined ? undefined : bind(name, value)
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
