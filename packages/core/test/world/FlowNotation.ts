/** Flows as tests write them: short, and in the form that the log records. */
import type { Binding, Dependency, FlowConfig, FlowSpec, ForEach, NodeSpec } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"

type Options = Omit<NodeSpec.NodeSpec, "id" | "action" | "dependencies" | "inputs">

/** Inputs as literals; a text that starts with `=` is a reference, one with `${env.` names the environment. */
export type Given = Readonly<Record<string, Schema.Json>>

const bind = (value: Schema.Json): Binding.Binding => {
  if (typeof value !== "string") return { value }
  if (value.startsWith("=")) return { ref: value.slice(1) }
  return value.includes("${env.") ? { template: value } : { value }
}

/** The bindings of inputs. */
export const bindings = (given: Given): Readonly<Record<string, Binding.Binding>> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, bind(value)]))

/** An edge from a node that counts on a condition. */
export const edge = (id: string, when: string): Dependency.Dependency => ({ node: id, when })

/** A node: `node("b ok", ["a"], { x: "=a.value" })` has the id `b` and the action `ok`. */
export const node = (
  name: string,
  dependencies: ReadonlyArray<Dependency.Dependency> = [],
  given: Given = {},
  options: Options = {}
): NodeSpec.NodeSpec => {
  const [id = "", action = "ok"] = name.split(" ")
  return {
    id,
    action,
    ...(dependencies.length > 0 && { dependencies }),
    ...(Object.keys(given).length > 0 && { inputs: bindings(given) }),
    ...options
  }
}

/** A flow of these nodes. */
export const flow = (
  nodes: ReadonlyArray<NodeSpec.NodeSpec>,
  config: FlowConfig.FlowConfig = {},
  rest: Partial<Omit<FlowSpec.FlowSpec, "nodes" | "config">> = {}
): FlowSpec.FlowSpec => ({ name: "test", ...rest, config, nodes })

/** As many nodes as said, named `<name>0`, `<name>1` … */
export const many = (
  count: number,
  name: string,
  dependencies: (index: number) => ReadonlyArray<string> = () => []
): ReadonlyArray<NodeSpec.NodeSpec> =>
  Array.from({ length: count }, (_, index) => node(name.replace("*", String(index)), dependencies(index)))

/** Nodes in a row, each depending on the one before. */
export const chain = (count: number, name = "n* ok"): ReadonlyArray<NodeSpec.NodeSpec> =>
  many(count, name, (index) =>
    index === 0 ? [] : [(name.split(" ")[0] ?? "").replace("*", String(index - 1))]
  )

/** A node that is mapped over a list: `mapped("a ok", { value: [1, 2] }, { value: "=each.item" })`. */
export const mapped = (
  name: string,
  items: ForEach.ForEach["items"],
  given: Given = { value: "=each.item", place: "=each.index" },
  more: Partial<ForEach.ForEach> & Partial<NodeSpec.NodeSpec> = {}
): NodeSpec.NodeSpec => {
  const { maxParallel, onItemFailure, ...rest } = more
  return {
    ...node(name),
    inputs: bindings(given),
    forEach: {
      items,
      ...(maxParallel !== undefined && { maxParallel }),
      ...(onItemFailure !== undefined && { onItemFailure })
    },
    ...rest
  }
}

/** A node that runs a flow: `subFlow("a", inner, { value: 1 })`. */
export const subFlow = (
  id: string,
  inner: FlowSpec.FlowSpec,
  given: Given = {},
  { after = [], ...options }: Options & { readonly after?: ReadonlyArray<string> } = {}
): NodeSpec.NodeSpec => ({ ...node(`${id} -`, after, given), action: inner.name, flow: inner, ...options })
