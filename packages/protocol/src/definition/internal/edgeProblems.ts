import type { Problem } from "../../error/DefinitionError.ts"
import * as Dependency from "../Dependency.ts"
import type { FlowGraph } from "../FlowGraph.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import * as Suggestion from "../Suggestion.ts"

/** Problems of single dependencies: to the node itself, to an unknown node, listed twice. */
export const find = (
  flow: FlowSpec,
  graph: FlowGraph,
  known: Suggestion.Vocabulary
): ReadonlyArray<Problem> =>
  flow.nodes.flatMap((node, index) => {
    const seen = new Set<string>()
    const conditional = new Set(
      node.dependencies?.flatMap((one) => (typeof one === "string" ? [] : [one.node]))
    )
    return (node.dependencies ?? []).flatMap((given, position): ReadonlyArray<Problem> => {
      const dependency = Dependency.nodeOf(given)
      const common = { path: ["nodes", index, "dependencies", position], nodeId: node.id }
      const repeated = seen.has(dependency)
      seen.add(dependency)
      if (repeated && conditional.has(dependency)) {
        const message = `node "${node.id}" lists the dependency "${dependency}" twice: join their conditions with "||"`
        return [{ ...common, code: "DuplicateEdge", severity: "error", message }]
      }
      if (repeated) {
        const message = `node "${node.id}" lists the dependency "${dependency}" twice`
        return [{ ...common, code: "DuplicateEdge", severity: "warning", message }]
      }
      if (dependency === node.id) {
        const message = `node "${node.id}" depends on itself`
        return [{ ...common, code: "SelfDependency", severity: "error", message }]
      }
      if (graph.indexOf.has(dependency)) return []
      const message = `node "${node.id}" depends on "${dependency}", which does not exist`
      const suggestion = Suggestion.nearest(dependency, known)
      const hint = suggestion === undefined || suggestion === node.id ? {} : { suggestion }
      return [{ ...common, ...hint, code: "UnknownDependency", severity: "error", message }]
    })
  })
