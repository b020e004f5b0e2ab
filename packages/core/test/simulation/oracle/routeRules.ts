/** What holds of conditions: R8 for inactive edges, and that a condition is evaluated once, rightly, and never taken for false. */
import type { Event } from "@dagflow/protocol"
import type { Model, ModelNode } from "./Model.ts"
import { isRouted } from "./ModelVisits.ts"
import { on, type Rule } from "./Rule.ts"

const route = on(["NodeRouted"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  const { inactive, isBroken } = model.conditions(node)
  if (node.status !== "pending") complain("conditions", `"${node.id}" is routed while ${node.status}`)
  if (node.route !== undefined) complain("conditions", `the conditions of "${node.id}" are evaluated twice`)
  if (!model.isDue(node)) complain("conditions", `"${node.id}" is routed before its dependencies count`)
  if (model.isUndecided(node))
    complain("conditions", `the conditions of "${node.id}" are decided inside of step ${model.step.number}`)
  if ((event.error !== undefined) !== isBroken)
    complain(
      "conditions",
      `a condition of "${node.id}" ${isBroken ? "fails, and nobody says so" : "does not fail"}`
    )
  // Where a condition fails, what follows it is not evaluated.
  if (isBroken) return
  const given = [...(event.inactive ?? [])].sort().join(" ")
  if (given !== [...inactive].sort().join(" "))
    complain("conditions", `"${node.id}" has the inactive edges ${given}, not ${[...inactive].join(" ")}`)
})

const start = on(["NodeStarted", "SubFlowStarted"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (node.status !== "pending" || !model.isConditional(node) || isRouted(node)) return
  if (node.route === undefined)
    complain("conditions", `"${node.id}" starts before its conditions are evaluated`)
  const { isBroken, isWanted } = model.conditions(node)
  if (!isBroken && !isWanted) complain("conditions", `"${node.id}" starts against its condition`)
})

const endsRight = (node: ModelNode, event: Event.Event): boolean => {
  if (node.route?.error === undefined || node.isHandling) return true
  // What became of a lost attempt is somebody's word, whatever it would have come to.
  if ("waitEnd" in event && event.waitEnd !== undefined) return true
  return event._tag === "NodeFailed" && ["InvalidExpression", "OwnerLost"].includes(event.error.cause)
}

const end = on(["NodeCompleted", "NodeFailed"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (!endsRight(node, event))
    complain("conditions", `"${node.id}" ends as if its conditions could be evaluated`)
  if (
    event._tag === "NodeFailed" &&
    event.error.cause === "InvalidExpression" &&
    // An expression that makes no list is judged with the lists.
    node.spec.forEach === undefined &&
    node.route?.error === undefined
  )
    complain("conditions", `"${node.id}" fails by a condition that does not fail`)
})

/** Rules for conditions. */
export const routeRules: ReadonlyArray<Rule> = [route, start, end]

/** What holds after an append: a node that starts by its conditions knows what they came to. */
export const judgeRoutes = (model: Model, complain: (rule: string, message: string) => void): void => {
  if (model.interrupted !== undefined) return
  for (const node of model.nodes.values()) {
    if (node.status !== "pending" || node.route !== undefined || !model.isConditional(node)) continue
    if (isRouted(node) || model.isUnseen(node) || !model.isDue(node) || model.isUndecided(node)) continue
    const { isBroken, isWanted } = model.conditions(node)
    if (isBroken || (isWanted && model.isTriggered(node)))
      complain("conditions", `the conditions of "${node.id}" let it start, and nobody says so`)
  }
}
