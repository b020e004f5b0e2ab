import type { FlowSpec, NodeSpec, Problem } from "@dagflow/protocol"
import type { Lookup } from "./actionProblems.ts"
import * as SchemaShape from "./schemaShape.ts"

/**
 * Problems of failure handlers whose outputs cannot stand in for those of their nodes. Only what no run could mend is
 * refused: whether values fit is seen when there are some.
 */
export const find = (flow: FlowSpec.FlowSpec, lookup: Lookup): ReadonlyArray<Problem> =>
  flow.nodes.flatMap((node, index) =>
    misfits(node, lookup).map((message) => ({
      code: "BindingMismatch",
      severity: "error",
      message: `failure handler "${String(node.failure)}" of node "${node.id}" ${message}`,
      path: ["nodes", index, "failure"],
      nodeId: node.id
    }))
  )

// -- internal -------------------------------------------------------------------------------------------------------

const misfits = (node: NodeSpec.NodeSpec, lookup: Lookup): ReadonlyArray<string> => {
  if (node.failure === undefined) return []
  const own = shapeOf(node.action, lookup)
  const handler = shapeOf(node.failure, lookup)
  if (own === undefined || handler === undefined) return []
  return [...own.properties].flatMap(([name, wanted]) => {
    const given = handler.properties.get(name)
    if (given === undefined) {
      const isMissed = own.required.includes(name) && !handler.isOpen
      return isMissed ? [`gives no output "${name}", which action "${node.action}" gives`] : []
    }
    const kinds = [SchemaShape.kindOf(given), SchemaShape.kindOf(wanted)] as const
    if (SchemaShape.kindsMeet(...kinds)) return []
    const [gives, takes] = kinds.map(SchemaShape.articled)
    return [`gives ${gives} as output "${name}", which is ${takes} of action "${node.action}"`]
  })
}

const shapeOf = (action: string, lookup: Lookup): SchemaShape.ObjectShape | undefined => {
  const schema = lookup(action)?.output
  return schema === undefined ? undefined : SchemaShape.objectShape(schema.ast)
}
