/** What the inputs of a node are bound to, worked out from what its dependencies gave and what it saw when it began. */
import type { Binding } from "@dagflow/protocol"
import type { Model, ModelNode } from "./Model.ts"
import { visitMeant } from "./ModelVisits.ts"

/** What a node gave by a name, or the list of what its items gave: of the visit that the reader means. */
const givenBy = (model: Model, reader: ModelNode, name: string, output: string): unknown => {
  const node = visitMeant(model, reader, name)
  if (node === undefined) return undefined
  if (node.items === undefined) return node.outputs?.[output]
  return node.status === "completed"
    ? node.items.map((id) => model.node(id).outputs?.[output] ?? null)
    : undefined
}

/** The value of its list that an item stands for, or its place. */
const ofItem = (model: Model, { list = "", place }: ModelNode, name: string): unknown =>
  name === "index" ? place : model.nodes.get(list)?.values[place]

/** What a reference of a node leads to; `undefined` when there is nothing. */
export const boundTo = (model: Model, node: ModelNode, ref: string): unknown => {
  const at = ref.lastIndexOf(".")
  const [source, name] = [ref.slice(0, at), ref.slice(at + 1)]
  switch (source) {
    case "channels":
      return node.seen.get(name)
    case "each":
      return ofItem(model, node, name)
    case "inputs":
      return model.inputs[name]
    default:
      return givenBy(model, node, source, name)
  }
}

/** What an input of a node comes to; `undefined` when it is missing. What an item did not give is `null`, and that is a value. */
export const inputOf = (model: Model, node: ModelNode, binding: Binding.Binding): unknown => {
  if ("value" in binding) return binding.value
  if (!("ref" in binding)) return undefined
  const bound = boundTo(model, node, binding.ref)
  return bound === undefined ? binding.default : bound
}
