/** Every value that a node takes from elsewhere, wherever in its definition it is bound. */
import * as Binding from "./Binding.ts"
import { isMade } from "./ForEach.ts"
import type { NodeSpec } from "./NodeSpec.ts"
import * as Reference from "./Reference.ts"

/** A reference of a node, and the steps that lead to its text inside of the node. */
export interface NodeReference {
  readonly ref: string
  readonly binding: Binding.ReferenceBinding
  readonly path: ReadonlyArray<string | number>
}

/** The parts of a node that bind values. */
export type Bound = Pick<NodeSpec, "inputs" | "forEach">

/**
 * The references that a node is made of: those of its inputs in their order, then those of the list that it is mapped over.
 *
 * **Example**
 * ```ts
 * NodeBindings.references({ inputs: { limit: { ref: "inputs.limit" } }, forEach: { items: { ref: "load.rows" } } })
 * // => [{ ref: "inputs.limit", path: ["inputs", "limit", "ref"], … }, { ref: "load.rows", path: ["forEach", "items", "ref"], … }]
 * ```
 */
export const references = (node: Bound): ReadonlyArray<NodeReference> => {
  const found: Array<NodeReference> = []
  for (const name in node.inputs) {
    const binding = node.inputs[name]
    if (binding !== undefined) collect(found, binding, ["inputs", name])
  }
  const items = node.forEach?.items
  if (items !== undefined && !isMade(items)) collect(found, items, ["forEach", "items"])
  return found
}

/** The ids of the nodes that a node refers to, each once, with the path of the first reference to it. */
export const referencedNodes = (node: Bound): ReadonlyMap<string, ReadonlyArray<string | number>> => {
  const found = new Map<string, ReadonlyArray<string | number>>()
  for (const { path, ref } of references(node)) {
    const reference = Reference.parse(ref)
    if (reference._tag === "Output" && !found.has(reference.nodeId)) found.set(reference.nodeId, path)
  }
  return found
}

/** The same node with other references. */
export const mapReferences = <N extends Bound>(
  node: N,
  change: (reference: Binding.ReferenceBinding) => Binding.ReferenceBinding
): N => {
  const { forEach, inputs } = node
  return {
    ...node,
    ...(inputs !== undefined && {
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, one]) => [name, Binding.mapReferences(one, change)])
      )
    }),
    ...(forEach !== undefined &&
      !isMade(forEach.items) && {
        forEach: { ...forEach, items: Binding.mapReferences(forEach.items, change) }
      })
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const collect = (
  found: Array<NodeReference>,
  binding: Binding.Binding,
  at: ReadonlyArray<string | number>
): void => {
  for (const { binding: one, path } of Binding.references(binding)) {
    found.push({ ref: one.ref, binding: one, path: [...at, ...path] })
  }
}
