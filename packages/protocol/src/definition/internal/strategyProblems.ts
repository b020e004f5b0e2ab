import type { Problem } from "../../error/DefinitionError.ts"
import * as FlowConfig from "../FlowConfig.ts"
import type { FlowGraph } from "../FlowGraph.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import * as Suggestion from "../Suggestion.ts"

/** Problems of what only one strategy can do: to pause between two steps, there have to be steps, and nodes of that name. */
export const find = (
  { config }: FlowSpec,
  graph: FlowGraph,
  known: Suggestion.Vocabulary
): ReadonlyArray<Problem> => {
  const { interrupts, strategy = FlowConfig.defaults.strategy } = config ?? {}
  if (interrupts === undefined) return []
  const path = ["config", "interrupts"]
  if (strategy !== "superstep") {
    const message = `interrupts pause between two steps, which only the strategy superstep has: this flow runs by ${strategy}`
    return [{ code: "InvalidValue", severity: "error", message, path }]
  }
  return (["before", "after"] as const).flatMap((when) =>
    (interrupts[when] ?? []).flatMap((nodeId, index): ReadonlyArray<Problem> => {
      if (graph.indexOf.has(nodeId)) return []
      const suggestion = Suggestion.nearest(nodeId, known)
      return [
        {
          code: "UnknownReference",
          severity: "error",
          message: `the flow is to pause ${when} node "${nodeId}", which does not exist`,
          path: [...path, when, index],
          ...(suggestion !== undefined && { suggestion })
        }
      ]
    })
  )
}
