import type { Problem } from "../../error/DefinitionError.ts"
import * as NodeId from "../../id/NodeId.ts"
import type { FlowGraph } from "../FlowGraph.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import * as Suggestion from "../Suggestion.ts"
import * as ReferableName from "./referableName.ts"

/** Problems of single nodes: their ids, the names of their outputs, their actions. */
export const find = (
  flow: FlowSpec,
  graph: FlowGraph,
  actions: Iterable<string> | undefined
): ReadonlyArray<Problem> => [
  ...flow.nodes.flatMap((node, index) => idProblems(node.id, index, graph)),
  ...outputProblems(flow),
  ...(actions === undefined ? [] : actionProblems(flow, [...actions]))
]

const idProblems = (id: string, index: number, graph: FlowGraph): ReadonlyArray<Problem> => {
  const common = { severity: "error", path: ["nodes", index, "id"], nodeId: id } as const
  const reason = NodeId.problem(id)
  if (reason !== undefined) return [{ ...common, code: "InvalidValue", message: reason }]
  if (graph.indexOf.get(id) === index) return []
  return [{ ...common, code: "DuplicateNode", message: `there is more than one node "${id}"` }]
}

const outputProblems = (flow: FlowSpec): ReadonlyArray<Problem> =>
  flow.nodes.flatMap((node, index) => {
    const seen = new Set<string>()
    return (node.outputs ?? []).flatMap(({ name }, position): ReadonlyArray<Problem> => {
      const repeated = seen.has(name)
      seen.add(name)
      const reason = repeated ? `node "${node.id}" lists output "${name}" twice` : ReferableName.problem(name)
      if (reason === undefined) return []
      const path = ["nodes", index, "outputs", position, "name"]
      return [{ code: "InvalidValue", severity: "error", message: reason, path, nodeId: node.id }]
    })
  })

const actionProblems = (flow: FlowSpec, actions: ReadonlyArray<string>): ReadonlyArray<Problem> => {
  const names = new Set(actions)
  const known = Suggestion.vocabulary(names)
  return flow.nodes.flatMap((node, index) =>
    (["action", "failure"] as const).flatMap((key): ReadonlyArray<Problem> => {
      // A node with a flow has no action; its key names the flow.
      const name = key === "action" && node.flow !== undefined ? undefined : node[key]
      if (name === undefined || names.has(name)) return []
      const suggestion = Suggestion.nearest(name, known)
      const role = key === "action" ? "action" : "failure handler"
      return [
        {
          code: "UnknownAction",
          severity: "error",
          message: `node "${node.id}" asks for ${role} "${name}", which is not registered`,
          path: ["nodes", index, key],
          nodeId: node.id,
          ...(suggestion === undefined ? {} : { suggestion })
        }
      ]
    })
  )
}
