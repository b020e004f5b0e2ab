import {
  type Binding,
  ChannelSpec,
  type FlowSpec,
  type NodeSpec,
  type Problem,
  type ProblemCode,
  Reference,
  Suggestion
} from "@dagflow/protocol"
import * as SchemaAST from "effect/SchemaAST"
import type * as Action from "../../action/Action.ts"
import * as Misfits from "./misfits.ts"
import * as SchemaShape from "./schemaShape.ts"

/** Finds an action by its name. */
export type Lookup = (name: string) => Action.Any | undefined

/**
 * Problems of how the nodes of a flow use their actions: inputs that are missing, unknown or of a wrong kind, and
 * references to outputs that an action does not give.
 *
 * What an action without schemas takes and gives is not known, so nothing is refused there.
 */
export const find = (flow: FlowSpec.FlowSpec, lookup: Lookup): ReadonlyArray<Problem> => {
  const checks = make(flow, lookup)
  return flow.nodes.flatMap((node, index) => nodeProblems(checks, node, index))
}

// -- internal -------------------------------------------------------------------------------------------------------

type Side = "input" | "output"

/** What the checks of one flow share: each schema is looked into once, however many nodes use it. */
interface Checks {
  readonly flow: FlowSpec.FlowSpec
  readonly lookup: Lookup
  readonly nodes: ReadonlyMap<string, NodeSpec.NodeSpec>
  readonly shapeOf: (action: string, side: Side) => SchemaShape.ObjectShape | undefined
  readonly misfitsOf: (ast: SchemaAST.AST) => Misfits.Finder
  readonly inputMisfits: (action: string) => Misfits.Finder | undefined
}

const memoized = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, V>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined || made.has(key)) return known as V
    const value = make(key)
    made.set(key, value)
    return value
  }
}

const make = (flow: FlowSpec.FlowSpec, lookup: Lookup): Checks => {
  const shapes = {
    input: memoized((name: string) => shapeOf(lookup(name)?.input)),
    output: memoized((name: string) => shapeOf(lookup(name)?.output))
  }
  return {
    flow,
    lookup,
    // Of nodes with one id the first is the one that others refer to, as everywhere.
    nodes: new Map(flow.nodes.toReversed().map((node) => [node.id, node])),
    shapeOf: (action, side) => shapes[side](action),
    misfitsOf: memoized(Misfits.finderOf),
    inputMisfits: memoized((name) => {
      const schema = lookup(name)?.input
      return schema === undefined ? undefined : Misfits.finder(schema)
    })
  }
}

const shapeOf = (schema: Action.JsonSchema<never> | undefined): SchemaShape.ObjectShape | undefined =>
  schema === undefined ? undefined : SchemaShape.objectShape(schema.ast)

type Report = (code: ProblemCode, input: string, message: string, suggestion?: string) => void

const nodeProblems = (checks: Checks, node: NodeSpec.NodeSpec, index: number): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const report: Report = (code, input, message, suggestion) =>
    void problems.push({
      code,
      severity: "error",
      message,
      path: ["nodes", index, "inputs", input],
      nodeId: node.id,
      ...(suggestion === undefined ? {} : { suggestion })
    })
  const inputs = node.inputs ?? {}
  const shape = checks.shapeOf(node.action, "input")
  if (shape !== undefined) nameProblems(node, shape, report)
  for (const [name, binding] of Object.entries(inputs)) {
    const use = { node, name, label: name, property: shape?.properties.get(name) }
    if ("list" in binding) listProblems(checks, use, binding, report)
    else itemProblems(checks, use, binding, report)
  }
  cacheProblems(node, report)
  problems.push(...listProblem(checks, node, index))
  if (problems.length === 0 && node.intent === undefined) wholeProblems(checks, node, report)
  return problems
}

/** What a node is mapped over has to be a list, as far as that is known before the run. */
const listProblem = (checks: Checks, node: NodeSpec.NodeSpec, index: number): ReadonlyArray<Problem> => {
  const items = node.forEach?.items
  const reference = items !== undefined && "ref" in items ? Reference.parse(items.ref) : undefined
  if (reference === undefined || reference._tag === "MalformedReference" || reference._tag === "Each")
    return []
  const target = targetOf(checks, node, reference)
  const text = Reference.format(reference)
  const common = { severity: "error", path: ["nodes", index, "forEach", "items"], nodeId: node.id } as const
  if (target._tag === "Absent") {
    const { suggestion, why } = target
    const message = `node "${node.id}" is mapped over "${text}", but ${why}`
    return [{ ...common, code: "UnknownReference", message, ...(suggestion !== undefined && { suggestion }) }]
  }
  if (SchemaShape.kindsMeet(target.kind, "array")) return []
  const message = `node "${node.id}" is mapped over "${text}", which is ${SchemaShape.articled(target.kind)} and no list`
  return [{ ...common, code: "BindingMismatch", message }]
}

/** What a cache goes by has to be there, or a mistyped name would let different questions have one answer. */
const cacheProblems = (node: NodeSpec.NodeSpec, report: Report): void => {
  if (node.cache === undefined || node.cache === false) return
  const names = Object.keys(node.inputs ?? {})
  for (const name of node.cache.key ?? []) {
    if (names.includes(name)) continue
    const message = `node "${node.id}" caches by the input "${name}", which it does not give`
    report("UnknownInput", name, message, Suggestion.nearest(name, Suggestion.vocabulary(names)))
  }
}

const nameProblems = (node: NodeSpec.NodeSpec, shape: SchemaShape.ObjectShape, report: Report): void => {
  const inputs = node.inputs ?? {}
  for (const name of shape.required) {
    if (Object.hasOwn(inputs, name) || (name === "payload" && node.intent !== undefined)) continue
    report(
      "MissingInput",
      name,
      `node "${node.id}" does not give the input "${name}" that action "${node.action}" requires`
    )
  }
  if (shape.isOpen) return
  if (node.intent !== undefined && !shape.properties.has("payload")) {
    const message = `node "${node.id}" has an intent, and action "${node.action}" takes no input "payload"`
    report("UnknownInput", "payload", message)
  }
  const known = Suggestion.vocabulary(shape.properties.keys())
  for (const name of Object.keys(inputs)) {
    if (shape.properties.has(name)) continue
    const message = `node "${node.id}" gives the input "${name}", which action "${node.action}" does not take`
    report("UnknownInput", name, message, Suggestion.nearest(name, known))
  }
}

/** An input, or an item of one, and the schema of what may be there as far as it is known. */
interface Use {
  readonly node: NodeSpec.NodeSpec
  /** The name of the input. */
  readonly name: string
  /** What messages call it: the name, and for an item its position. */
  readonly label: string
  readonly property: SchemaAST.AST | undefined
}

const listProblems = (checks: Checks, use: Use, { list }: Binding.ListBinding, report: Report): void => {
  const { name, node, property } = use
  const wanted = property === undefined ? "any" : SchemaShape.kindOf(property)
  if (!SchemaShape.kindsMeet("array", wanted)) {
    const message = `input "${name}" of node "${node.id}" is a list, and action "${node.action}" takes ${SchemaShape.articled(wanted)}`
    return report("BindingMismatch", name, message)
  }
  for (const [index, item] of list.entries()) {
    const below = property === undefined ? undefined : SchemaShape.below(property, index)
    const of = below?._tag === "Found" ? below.ast : undefined
    itemProblems(checks, { ...use, label: `${name}[${index}]`, property: of }, item, report)
  }
}

const itemProblems = (checks: Checks, use: Use, binding: Binding.ItemBinding, report: Report): void => {
  if ("ref" in binding) referenceProblems(checks, use, binding, report)
  else if (use.property !== undefined) givenProblems(checks, use, binding, use.property, report)
}

/** Checks a value that the definition itself holds. */
const givenProblems = (
  checks: Checks,
  { label, name, node }: Use,
  binding: Binding.ValueBinding | Binding.TemplateBinding,
  property: SchemaAST.AST,
  report: Report
): void => {
  const does = `input "${label}" of node "${node.id}"`
  if ("template" in binding) {
    const kind = SchemaShape.kindOf(property)
    if (!SchemaShape.kindsMeet("string", kind)) {
      report(
        "BindingMismatch",
        name,
        `${does} is a text, and action "${node.action}" takes ${SchemaShape.articled(kind)}`
      )
    }
    return
  }
  // An optional input that is null counts as left out where its schema has no place for null.
  if (binding.value === null && SchemaAST.isOptional(property)) return
  for (const { message, path } of checks.misfitsOf(property)(binding.value)) {
    const place = path.length === 0 ? does : `${does}, at ${path.join(".")}`
    report("BindingMismatch", name, `${place}: ${message}`)
  }
}

/** Checks all inputs together, when all of them are known: what one demands of another is seen only so. */
const wholeProblems = (checks: Checks, node: NodeSpec.NodeSpec, report: Report): void => {
  const values: Array<readonly [string, unknown]> = []
  for (const [name, binding] of Object.entries(node.inputs ?? {})) {
    if (!("value" in binding)) return
    if (binding.value !== null) values.push([name, binding.value])
  }
  const misfits = checks.inputMisfits(node.action)?.(Object.fromEntries(values)) ?? []
  for (const { message, path } of misfits) {
    const [name = ""] = path
    const place = path.length === 0 ? "its inputs" : path.join(".")
    report(
      "BindingMismatch",
      String(name),
      `node "${node.id}" does not fit action "${node.action}", at ${place}: ${message}`
    )
  }
}

const referenceProblems = (
  checks: Checks,
  { label, name, node, property }: Use,
  binding: Binding.ReferenceBinding,
  report: Report
): void => {
  const reference = Reference.parse(binding.ref)
  if (reference._tag === "MalformedReference") return
  const target = targetOf(checks, node, reference)
  if (target._tag === "Absent") {
    const message = `node "${node.id}" refers to "${binding.ref}", but ${target.why}`
    return report("UnknownReference", name, message, target.suggestion)
  }
  const wanted = property === undefined ? "any" : SchemaShape.kindOf(property)
  if (SchemaShape.kindsMeet(target.kind, wanted)) return
  const message = `input "${label}" of node "${node.id}" takes ${SchemaShape.articled(wanted)}, and "${binding.ref}" is ${SchemaShape.articled(target.kind)}`
  report("BindingMismatch", name, message)
}

/** What a reference leads to, as far as that is known before the run. */
type Target =
  | { readonly _tag: "Kind"; readonly kind: FlowSpec.InputType }
  | { readonly _tag: "Absent"; readonly why: string; readonly suggestion: string | undefined }

const unknown: Target = { _tag: "Kind", kind: "any" }

const targetOf = (checks: Checks, node: NodeSpec.NodeSpec, reference: Reference.Reference): Target => {
  switch (reference._tag) {
    case "Input":
      return inputKind(checks.flow, reference)
    case "Channel":
      return channelKind(checks.flow, reference)
    case "Output":
      return outputKind(checks, reference)
    case "Each":
      return eachKind(checks, node, reference)
  }
}

const reducedKind: Readonly<Partial<Record<string, FlowSpec.InputType>>> = {
  append: "array",
  union: "array",
  sum: "number"
}

const channelKind = (flow: FlowSpec.FlowSpec, { name, path }: Reference.ChannelReference): Target => {
  const declared =
    flow.channels !== undefined && Object.hasOwn(flow.channels, name) ? flow.channels[name] : undefined
  if (declared === undefined || path.length > 0) return unknown
  return { _tag: "Kind", kind: reducedKind[ChannelSpec.reducerOf(declared)] ?? "any" }
}

/** A value of a list is known by that list, when a reference names it. */
const eachKind = (
  checks: Checks,
  node: NodeSpec.NodeSpec,
  { name, path }: Reference.EachReference
): Target => {
  if (name === "index") return { _tag: "Kind", kind: "integer" }
  const items = node.forEach?.items
  if (items === undefined || !("ref" in items)) return unknown
  const list = Reference.parse(items.ref)
  return list._tag === "Output" ? outputKind(checks, { ...list, path: [...list.path, 0, ...path] }) : unknown
}

const inputKind = (flow: FlowSpec.FlowSpec, { name, path }: Reference.InputReference): Target => {
  const declared =
    flow.inputs !== undefined && Object.hasOwn(flow.inputs, name) ? flow.inputs[name] : undefined
  if (declared === undefined || path.length > 0) return unknown
  return { _tag: "Kind", kind: declared.secret === true ? "string" : (declared.type ?? "any") }
}

const outputKind = (checks: Checks, reference: Reference.OutputReference): Target => {
  const producer = checks.nodes.get(reference.nodeId)
  const shape = producer === undefined ? undefined : checks.shapeOf(producer.action, "output")
  if (producer === undefined || shape === undefined) return unknown
  const output = shape.properties.get(reference.output)
  if (output === undefined) {
    if (shape.isOpen) return unknown
    const nearest = Suggestion.nearest(reference.output, Suggestion.vocabulary(shape.properties.keys()))
    return {
      _tag: "Absent",
      why: `action "${producer.action}" of node "${producer.id}" gives no output "${reference.output}"`,
      suggestion: nearest === undefined ? undefined : Reference.format({ ...reference, output: nearest })
    }
  }
  const first = reference.path[0]
  if (producer.forEach !== undefined) {
    if (first === undefined) return { _tag: "Kind", kind: "array" }
    if (typeof first === "string") {
      const why = `node "${producer.id}" is mapped over a list, and its output "${reference.output}" is one too`
      return { _tag: "Absent", why, suggestion: undefined }
    }
  }
  let ast = output
  for (const [depth, step] of reference.path.entries()) {
    // The place of an item in the list of a node; what follows is inside of what that item gives.
    if (depth === 0 && producer.forEach !== undefined) continue
    const next = SchemaShape.below(ast, step)
    if (next._tag === "Unknown") return unknown
    if (next._tag === "Absent") {
      const there = Reference.format({ ...reference, path: reference.path.slice(0, depth) })
      return { _tag: "Absent", why: `"${there}" holds no ${JSON.stringify(step)}`, suggestion: undefined }
    }
    ast = next.ast
  }
  return { _tag: "Kind", kind: SchemaShape.kindOf(ast) }
}
