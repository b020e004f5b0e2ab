import type { Problem } from "../../error/DefinitionError.ts"
import * as NodeId from "../../id/NodeId.ts"
import * as Binding from "../Binding.ts"
import type { FlowGraph } from "../FlowGraph.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import * as Reference from "../Reference.ts"
import * as Suggestion from "../Suggestion.ts"
import * as Ancestry from "./ancestry.ts"
import type { Components } from "./components.ts"

/** A reference of a node's input, and where it stands. */
interface Use {
  readonly node: number
  readonly nodeId: string
  readonly input: string
  readonly text: string
  /** The steps from the input to the text. */
  readonly path: ReadonlyArray<string | number>
}

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
  const inputs = inputCheck(flow)
  const outputs = outputCheck(flow)
  const isDependency = dependencyCheck(graph)
  for (const use of usesOf(flow)) {
    const reference = Reference.parse(use.text)
    if (reference._tag === "MalformedReference") {
      problems.push(problem(use, "MalformedReference", reference.message))
    } else if (reference._tag === "Input") {
      problems.push(...inputs(use, reference))
    } else {
      const target = graph.indexOf.get(reference.nodeId)
      if (target === undefined) {
        problems.push(unknownNode(use, reference, known))
        continue
      }
      problems.push(...outputs(use, reference, target))
      if (!isDependency(use.node, target)) distant.push({ use, question: { node: use.node, target } })
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
    Object.entries(node.inputs ?? {}).flatMap(([input, binding]) =>
      Binding.references(binding).map(({ binding: { ref }, path }) => ({
        node: index,
        nodeId: node.id,
        input,
        text: ref,
        path
      }))
    )
  )

const problem = (use: Use, code: Problem["code"], message: string, suggestion?: string): Problem => ({
  code,
  severity: "error",
  message,
  path: ["nodes", use.node, "inputs", use.input, ...use.path],
  nodeId: use.nodeId,
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

const unknownNode = (
  use: Use,
  reference: Reference.OutputReference,
  known: Suggestion.Vocabulary
): Problem => {
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
const runData = Suggestion.vocabulary(["inputs"])

/** Checks references to inputs of the run against those that the flow declares; without a declaration any is right. */
const inputCheck = (flow: FlowSpec) => {
  const declared = flow.inputs === undefined ? undefined : new Set(Object.keys(flow.inputs))
  const known = Suggestion.vocabulary(declared ?? [])
  return (use: Use, reference: Reference.InputReference): ReadonlyArray<Problem> => {
    if (declared === undefined || declared.has(reference.name)) return []
    const message = `node "${use.nodeId}" refers to "${use.text}", but the flow declares no input "${reference.name}"`
    const nearest = Suggestion.nearest(reference.name, known)
    const suggestion = nearest === undefined ? undefined : Reference.format({ ...reference, name: nearest })
    return [problem(use, "UnknownReference", message, suggestion)]
  }
}

/** Checks references to outputs against those that the node declares; without a declaration any may come. */
const outputCheck = (flow: FlowSpec) => {
  const vocabularies = new Map<number, Suggestion.Vocabulary & { readonly names: ReadonlySet<string> }>()
  const declaredBy = (target: number) => {
    const outputs = flow.nodes[target]?.outputs
    const found = vocabularies.get(target)
    if (outputs === undefined || found !== undefined) return found
    const names = new Set(outputs.map(({ name }) => name))
    const declared = { names, ...Suggestion.vocabulary(names) }
    vocabularies.set(target, declared)
    return declared
  }
  return (use: Use, reference: Reference.OutputReference, target: number): ReadonlyArray<Problem> => {
    const declared = declaredBy(target)
    if (declared === undefined || declared.names.has(reference.output)) return []
    const message = `node "${use.nodeId}" refers to "${use.text}", but node "${reference.nodeId}" declares no output "${reference.output}"`
    const nearest = Suggestion.nearest(reference.output, declared)
    const suggestion = nearest === undefined ? undefined : Reference.format({ ...reference, output: nearest })
    return [problem(use, "UnknownReference", message, suggestion)]
  }
}
