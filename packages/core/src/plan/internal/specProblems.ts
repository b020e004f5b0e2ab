import { Binding, FlowSpec, ForEach, NodeSpec, type Problem } from "@dagflow/protocol"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ValueRef from "../ValueRef.ts"
import * as Misfits from "./misfits.ts"
import { isPlainNode } from "./plainNode.ts"

/** What is wrong with the single values of a definition, and what of it can be checked as a whole all the same. */
export interface CheckedSpec {
  readonly problems: ReadonlyArray<Problem>
  /** The definition, or what is left of it without the values that do not fit; `undefined` when that is too little. */
  readonly spec: FlowSpec.FlowSpec | undefined
}

const find = Misfits.finder(FlowSpec.FlowSpec, { onExcessProperty: "error" })

/** Checks the single values of a definition. */
export const check = (spec: unknown): CheckedSpec => {
  const misfits = findInSpec(spec)
  if (misfits.length === 0) return { problems: [], spec: spec as FlowSpec.FlowSpec }
  return { problems: misfits.map((misfit) => problemOf(spec, misfit)), spec: skeleton(spec) }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Shows the schema only the nodes that are not plain. */
const findInSpec = (spec: unknown): ReadonlyArray<Misfits.Misfit> => {
  const nodes = valueAt(spec, ["nodes"])
  if (!Array.isArray(nodes) || Object.getPrototypeOf(spec) !== Object.prototype) return find(spec)
  const indexes = nodes.flatMap((node, index) => (isPlainNode(node) ? [] : [index]))
  const misfits = find({ ...(spec as FlowSpec.FlowSpec), nodes: indexes.map((index) => nodes[index]) })
  return misfits.map((misfit) => {
    const [first, shown, ...rest] = misfit.path
    const index = first === "nodes" && typeof shown === "number" ? indexes[shown] : undefined
    return index === undefined ? misfit : { ...misfit, path: [first ?? "nodes", index, ...rest] }
  })
}

const InputBindings = Schema.Record(Schema.String, Schema.Unknown)

/** What connects nodes: with this much the flow can be checked as a whole, whatever its other values are. */
const Skeleton = Schema.Struct({
  inputs: FlowSpec.FlowSpec.fields.inputs,
  channels: FlowSpec.FlowSpec.fields.channels,
  nodes: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      action: Schema.String,
      dependencies: NodeSpec.NodeSpec.fields.dependencies,
      when: NodeSpec.NodeSpec.fields.when,
      inputs: Schema.optionalKey(InputBindings),
      forEach: Schema.optionalKey(Schema.Struct({ items: Schema.Unknown })),
      outputs: NodeSpec.NodeSpec.fields.outputs,
      failure: NodeSpec.NodeSpec.fields.failure,
      flow: Schema.optionalKey(Schema.Unknown),
      returns: NodeSpec.NodeSpec.fields.returns
    })
  )
})

const readSkeleton = Schema.decodeUnknownOption(Skeleton)

const isFlow = Schema.is(FlowSpec.FlowSpec)

const isBinding = Schema.is(Binding.Binding)
const isList = Schema.is(ForEach.Items)

const skeleton = (spec: unknown): FlowSpec.FlowSpec | undefined => {
  const read = readSkeleton(spec)
  if (Option.isNone(read)) return undefined
  const nodes = read.value.nodes.map(({ flow, forEach, inputs, ...node }) => ({
    ...node,
    // Of a flow that does not fit nothing is known but that it is there.
    ...(flow !== undefined && { flow: isFlow(flow) ? flow : { name: node.action, nodes: [] } }),
    ...(inputs !== undefined && {
      inputs: Object.fromEntries(Object.entries(inputs).filter(isNamedBinding))
    }),
    ...(forEach !== undefined && {
      forEach: { items: isList(forEach.items) ? forEach.items : { value: [] } }
    })
  }))
  return { ...read.value, name: "", nodes }
}

const isNamedBinding = (entry: readonly [string, unknown]): entry is [string, Binding.Binding] =>
  isBinding(entry[1])

const problemOf = (spec: unknown, { code, message, path, suggestion }: Misfits.Misfit): Problem => {
  const id = path[0] === "nodes" ? valueAt(spec, [...path.slice(0, 2), "id"]) : undefined
  const key = path.slice(2).join(".")
  const reason = bindingMessage(spec, path) ?? message
  return {
    code,
    severity: "error",
    message: typeof id === "string" && key !== "" ? `${key} of node "${id}": ${reason}` : reason,
    path: [...path],
    ...(typeof id === "string" ? { nodeId: id } : {}),
    ...(suggestion === undefined ? {} : { suggestion })
  }
}

/** What is wrong with an input of a node, which the schema can only say once for each form that an input may have. */
const bindingMessage = (spec: unknown, path: Misfits.Misfit["path"]): string | undefined => {
  if (path[0] !== "nodes" || path[2] !== "inputs") return undefined
  const isItem = path.length === 6 && path[4] === "list"
  if (path.length !== 4 && !isItem) return undefined
  const binding = valueAt(spec, path)
  if (typeof binding !== "object" || binding === null || !("value" in binding)) {
    return isItem
      ? "an item of a list is given as { value }, { ref } or { template }"
      : "an input is given as { value }, { ref }, { template } or a { list } of those"
  }
  return holdsSource(binding.value, new Set())
    ? "a reference has to be the input itself or an item of it, it cannot be deeper inside of a literal"
    : "a literal input has to be JSON"
}

const holdsSource = (value: unknown, seen: Set<unknown>): boolean => {
  if (typeof value !== "object" || value === null || seen.has(value)) return false
  seen.add(value)
  return ValueRef.isValueSource(value) || Object.values(value).some((member) => holdsSource(member, seen))
}

const valueAt = (value: unknown, path: Misfits.Misfit["path"]): unknown => {
  let at = value
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined
    at = (at as Readonly<Record<string | number, unknown>>)[key]
  }
  return at
}
