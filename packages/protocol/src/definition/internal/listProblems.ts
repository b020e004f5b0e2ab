import type { Problem } from "../../error/DefinitionError.ts"
import type { FlowSpec } from "../FlowSpec.ts"

/** Problems of nodes that are mapped over what can be seen to be no list. */
export const find = (flow: FlowSpec): ReadonlyArray<Problem> =>
  flow.nodes.flatMap(({ forEach, id }, index): ReadonlyArray<Problem> => {
    const items = forEach?.items
    const isNone =
      items !== undefined && ("template" in items || ("value" in items && !Array.isArray(items.value)))
    if (!isNone) return []
    const message = `node "${id}" is mapped over a value that is no list: give a list, or a reference to one`
    return [
      {
        code: "InvalidValue",
        severity: "error",
        message,
        path: ["nodes", index, "forEach", "items"],
        nodeId: id
      }
    ]
  })
