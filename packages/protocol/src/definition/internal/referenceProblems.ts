import * as Result from "effect/Result"
import type { Problem } from "../../error/DefinitionError.ts"
import * as NodeId from "../../id/NodeId.ts"
import type { FlowGraph } from "../FlowGraph.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import * as NodeBindings from "../NodeBindings.ts"
import * as Reference from "../Reference.ts"
import * as SubFlow from "../SubFlow.ts"
import * as Suggestion from "../Suggestion.ts"
import * as Expression from "../Expression.ts"
import * as NodeExpressions from "../NodeExpressions.ts"
import * as Ancestry from "./ancestry.ts"
import type { Components } from "./components.ts"

/** A reference of an input or an expression, and where it stands. */
interface Use {
  readonly node: number
  readonly nodeId: string
  readonly text: string
  /** The steps from the node to the text. */
  readonly path: ReadonlyArray<string | number>
  /** The part of the text that is the reference, when that is not all of it. */
  readonly span?: Expression.Span
}

/** An output as an expression reads it: it may look at all outputs of a node. */
type ReadOutput = Omit<Reference.OutputReference, "output" | "_tag"> & { readonly output: string | undefined }

/** A use whose target is none of the node's own dependencies, so that the whole graph has to be asked. */
interface Distant {
  readonly use: Use
  readonly question: Ancestry.Question
}

/** Problems of the references that the nodes of a flow make. */
export const find = (
  flow: FlowSpec,
  graph: FlowGraph,
  components: Components,
  known: Suggestion.Vocabulary
): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const distant: Array<Distant> = []
  const inputs = namedCheck(flow.inputs, "input")
  const channels = namedCheck(flow.channels ?? {}, "channel")
  const outputs = outputCheck(flow)
  const isDependency = dependencyCheck(graph)
  const checkOutput = (use: Use, reference: ReadOutput): void => {
    const target = graph.indexOf.get(reference.nodeId)
    if (target === undefined) {
      problems.push(unknownNode(use, reference, known))
      return
    }
    problems.push(...outputs(use, reference, target))
    if (!isDependency(use.node, target)) distant.push({ use, question: { node: use.node, target } })
  }
  for (const use of usesOf(flow)) {
    const reference = Reference.parse(use.text)
    if (reference._tag === "MalformedReference") {
      problems.push(problem(use, "MalformedReference", reference.message))
    } else if (reference._tag === "Input") problems.push(...inputs(use, reference.name))
    else if (reference._tag === "Channel") problems.push(...channels(use, reference.name))
    else if (reference._tag === "Each") problems.push(...eachProblems(flow, use))
    else checkOutput(use, reference)
  }
  for (const { expression: placed, use } of expressionsOf(flow)) {
    const expression = Expression.compile(placed.text)
    if (Result.isFailure(expression)) {
      problems.push(mistaken(use, placed, expression.failure))
      continue
    }
    const { kind, uses } = expression.success
    const never = NodeExpressions.neverGives(placed, kind)
    if (never !== undefined)
      problems.push(problem(use, "InvalidExpression", `${named(placed)} is never ${never}`))
    for (const one of uses) {
      const part: Use = { ...use, text: one.text, span: { start: one.start, end: one.end } }
      if (one._tag === "Output") checkOutput(part, one)
      else if (one._tag === "Channel") {
        if (one.name !== undefined) problems.push(...channels(part, one.name))
        else if (flow.channels === undefined) problems.push(unknownChannel(part))
      } else
        problems.push(
          ...(one.name === undefined ? [] : inputs(part, one.name)),
          ...secretInput(flow, part, one)
        )
    }
  }
  const answers = Ancestry.answer(
    graph,
    components,
    distant.map(({ question }) => question)
  )
  distant.forEach(({ question, use }, index) => {
    if (answers[index] === true) return
    const name = graph.ids[question.target] ?? ""
    const message =
      name === use.nodeId
        ? `node "${name}" refers to its own output "${use.text}"`
        : `node "${use.nodeId}" refers to "${use.text}", but does not depend on "${name}", directly or through others`
    problems.push(problem(use, "NotAnAncestor", message))
  })
  return problems
}

const usesOf = (flow: FlowSpec): ReadonlyArray<Use> =>
  flow.nodes.flatMap((node, index) =>
    NodeBindings.references(node).map(({ path, ref }) => ({ node: index, nodeId: node.id, text: ref, path }))
  )

const expressionsOf = (
  flow: FlowSpec
): ReadonlyArray<{ readonly expression: NodeExpressions.PlacedExpression; readonly use: Use }> =>
  flow.nodes.flatMap((node, index) =>
    NodeExpressions.ofNode(node).map((expression) => ({
      expression,
      use: { node: index, nodeId: node.id, text: expression.text, path: expression.path }
    }))
  )

const named = ({ text, use }: NodeExpressions.PlacedExpression): string => `the ${use} ${quoted(text)}`

const mistaken = (
  use: Use,
  expression: NodeExpressions.PlacedExpression,
  { end, message, start }: Expression.Mistake
): Problem =>
  problem({ ...use, span: { start, end } }, "InvalidExpression", `${named(expression)}: ${message}`)

const unknownChannel = (use: Use): Problem =>
  problem(
    use,
    "UnknownReference",
    `node "${use.nodeId}" reads "${use.text}", but the flow declares no channels`
  )

const quoted = (text: string): string => (text.length > 80 ? `"${text.slice(0, 77)}…"` : `"${text}"`)

/** Of a secret only the name of its variable is stored, so an expression would read that name and not the secret. */
const secretInput = (
  flow: FlowSpec,
  use: Use,
  { name }: Expression.Use & { readonly _tag: "Input" }
): ReadonlyArray<Problem> =>
  name === undefined || flow.inputs?.[name]?.secret !== true
    ? []
    : [problem(use, "UnknownReference", `"${use.text}" is secret: no expression can read it`)]

const problem = (use: Use, code: Problem["code"], message: string, suggestion?: string): Problem => ({
  code,
  severity: "error",
  message,
  path: ["nodes", use.node, ...use.path],
  nodeId: use.nodeId,
  ...(use.span === undefined ? {} : { span: use.span }),
  ...(suggestion === undefined ? {} : { suggestion })
})

/** Tells whether a node itself lists another; uses come node by node, so that one set at a time is enough. */
const dependencyCheck = (graph: FlowGraph) => {
  let current = -1
  let dependencies: ReadonlySet<number> = new Set()
  return (node: number, target: number): boolean => {
    if (node !== current) dependencies = new Set(graph.dependencies[node])
    current = node
    return dependencies.has(target)
  }
}

const unknownNode = (use: Use, reference: ReadOutput, known: Suggestion.Vocabulary): Problem => {
  if (NodeId.reserved.includes(reference.nodeId)) {
    const message = `node "${use.nodeId}" refers to "${use.text}", but a flow has no "${reference.nodeId}" to refer to`
    return problem(use, "UnknownReference", message)
  }
  const message = `node "${use.nodeId}" refers to "${use.text}", but there is no node "${reference.nodeId}"`
  const nearest = Suggestion.nearest(reference.nodeId, known) ?? Suggestion.nearest(reference.nodeId, runData)
  const suggestion = nearest === undefined ? undefined : use.text.replace(reference.nodeId, () => nearest)
  return problem(use, "UnknownReference", message, suggestion)
}

/** What opens a reference that names no node. */
const runData = Suggestion.vocabulary(["inputs", "channels"])

/** Only the inputs of a node that is mapped over a list know values of it. */
const eachProblems = (flow: FlowSpec, use: Use): ReadonlyArray<Problem> => {
  if (use.path[0] === "forEach") {
    const message = `the list of node "${use.nodeId}" refers to "${use.text}", which is a value of that very list`
    return [problem(use, "UnknownReference", message)]
  }
  if (flow.nodes[use.node]?.forEach !== undefined) return []
  const message = `node "${use.nodeId}" refers to "${use.text}", but it is not mapped over a list: that takes "forEach"`
  return [problem(use, "UnknownReference", message)]
}

/** Checks references to inputs or channels against those that the flow declares; without a declaration any is right. */
const namedCheck = (declarations: FlowSpec["inputs"] | FlowSpec["channels"], what: "input" | "channel") => {
  const declared = declarations === undefined ? undefined : new Set(Object.keys(declarations))
  const known = Suggestion.vocabulary(declared ?? [])
  return (use: Use, name: string): ReadonlyArray<Problem> => {
    if (declared === undefined || declared.has(name)) return []
    const message = `node "${use.nodeId}" refers to "${use.text}", but the flow declares no ${what} "${name}"`
    const nearest = Suggestion.nearest(name, known)
    const suggestion = nearest === undefined ? undefined : use.text.replace(name, () => nearest)
    return [problem(use, "UnknownReference", message, suggestion)]
  }
}

/** Checks references to outputs against those that the node declares; without a declaration any may come. */
const outputCheck = (flow: FlowSpec) => {
  const vocabularies = new Map<number, Suggestion.Vocabulary & { readonly names: ReadonlySet<string> }>()
  const declaredBy = (target: number) => {
    const found = vocabularies.get(target)
    const node = flow.nodes[target]
    if (found !== undefined || node === undefined) return found
    const given = node.outputs?.map(({ name }) => name) ?? SubFlow.outputNames(node)
    if (given === undefined) return undefined
    const names = new Set(given)
    const declared = { names, ...Suggestion.vocabulary(names) }
    vocabularies.set(target, declared)
    return declared
  }
  return (use: Use, { nodeId, output }: ReadOutput, target: number): ReadonlyArray<Problem> => {
    const declared = declaredBy(target)
    if (declared === undefined || output === undefined || declared.names.has(output)) return []
    const message = `node "${use.nodeId}" refers to "${use.text}", but node "${nodeId}" declares no output "${output}"`
    const nearest = Suggestion.nearest(output, declared)
    const suggestion = nearest === undefined ? undefined : replaceOutput(use.text, nodeId, output, nearest)
    return [problem(use, "UnknownReference", message, suggestion)]
  }
}

/** The text with another output; the name of the node may hold that of the output, so it is left alone. */
const replaceOutput = (text: string, nodeId: string, output: string, nearest: string): string => {
  const from = text.indexOf(nodeId) + nodeId.length
  return text.slice(0, from) + text.slice(from).replace(output, () => nearest)
}
