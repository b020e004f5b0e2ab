/** What holds of nodes that are mapped over lists, and of their items: R12. */
import { isDeepStrictEqual } from "node:util"
import type { Event } from "@dagflow/protocol"
import type { Model, ModelNode } from "./Model.ts"
import { listOfNode, mayBeAwaited } from "./ModelLists.ts"
import { isRouted } from "./ModelVisits.ts"
import { type Judged, on, type Rule } from "./Rule.ts"

const checkTurn = (
  { complain, envelope, event, model }: Judged<Event.EventOf<"NodeExpanded" | "NodeFailed">>,
  node: ModelNode
): void => {
  if (node.status !== "pending") complain("legal transitions", `"${node.id}" expands while ${node.status}`)
  if (event.attempt !== node.attempt + 1)
    complain("recorded once", `attempt ${event.attempt} of "${node.id}" follows ${node.attempt}`)
  const isAsked = model.conditions(node).isBroken || model.isTriggered(node)
  if (!isRouted(node) && (!model.isDue(node) || !isAsked))
    complain("trigger rules", `"${node.id}" expands before its turn`)
  if (model.isHeld) complain("paused run", `"${node.id}" expands while nothing may start`)
  if (model.step.isOpen) complain("steps", `"${node.id}" expands inside of step ${model.step.number}`)
  if (model.isOverdue(envelope.at))
    complain("time-outs", `"${node.id}" expands after the time of the run is over`)
  if (model.isIn(node, "paused") || model.isIn(node, "cancelled"))
    complain("paused branches", `"${node.id}" expands while its branch is held`)
}

/** Whether a node fails by its condition; one that was led to is not asked for it any more. */
const isBroken = (model: Model, node: ModelNode): boolean =>
  isRouted(node) ? node.route?.error !== undefined : model.conditions(node).isBroken

const expanding = on(["NodeExpanded"], (judged) => {
  const { complain, event, model } = judged
  const node = model.node(event.nodeId)
  checkTurn(judged, node)
  if (node.items !== undefined) complain("lists", `"${node.id}" expands a second time`)
  if (isBroken(model, node)) complain("lists", `"${node.id}" expands against its condition`)
  const list = listOfNode(model, node)
  if (event.count !== list.length || typeof list === "string")
    complain("lists", `"${node.id}" expands to ${event.count}, its list is ${JSON.stringify(list)}`)
})

const failing = on(["NodeFailed"], (judged) => {
  const { complain, event, model } = judged
  const node = model.node(event.nodeId)
  if (node.spec.forEach === undefined) return
  checkTurn(judged, node)
  if (node.items !== undefined) complain("lists", `"${node.id}" fails although it has its items`)
  if (event.retryAtMillis !== undefined || event.handling === true)
    complain("lists", `"${node.id}" is tried again, and another list it will not find`)
  if (isBroken(model, node)) {
    if (event.error.cause !== "InvalidExpression")
      complain("lists", `"${node.id}" fails by ${event.error.cause}, and its condition cannot be evaluated`)
    return
  }
  const list = listOfNode(model, node)
  const isTooLong = model.nodes.size + list.length > (model.config?.nodesMax ?? Infinity)
  const cause = typeof list === "string" ? list : isTooLong ? "TooManyNodes" : "none"
  if (event.error.cause !== cause)
    complain("lists", `"${node.id}" fails by ${event.error.cause}, and its list is ${JSON.stringify(list)}`)
})

const starting = on(["NodeStarted", "SubFlowStarted"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (node.spec.forEach !== undefined) complain("lists", `"${node.id}" starts instead of its items`)
  if (!model.hasPlace(node)) complain("bounds of lists", `"${node.id}" starts beyond the bound of its list`)
})

const completing = on(["NodeCompleted"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (node.items === undefined) return
  if (!model.isListDone(node)) complain("lists", `"${node.id}" completes before its items`)
  for (const [name, value] of Object.entries(event.outputs)) {
    const expected = { $items: `${node.id}[*].${name}`, count: node.items.length }
    if (!isDeepStrictEqual(value, expected))
      complain("lists", `"${node.id}" gives ${JSON.stringify(value)} as its ${name}`)
  }
})

const retrying = on(["NodeRetryRequested"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  const { list } = node
  // What is cancelled with its branch only comes to another end by it.
  if (list !== undefined && model.node(list).status !== "running" && !model.isIn(node, "cancelled"))
    complain("retry by hand", `"${event.nodeId}" is retried although its list has ended`)
})

/** Rules for lists. */
export const listRules: ReadonlyArray<Rule> = [expanding, failing, starting, completing, retrying]

/** What holds after an append: a list that may expand has, and one whose items have all ended is complete. */
export const judgeLists = (
  model: Model,
  complain: (rule: string, message: string) => void,
  isClosing: boolean
): void => {
  // Like an attempt, no list begins once nothing may start any more: the engine is being closed, or the run's time is over.
  const startsNothing = isClosing || model.isHeld || model.isOverdue(model.nowMillis) || model.step.isOpen
  for (const node of model.nodes.values()) {
    if (!startsNothing && model.mayExpand(node) && !mayBeAwaited(node))
      complain("lists", `"${node.id}" may become its items, and does not`)
    if (node.status === "running" && node.items !== undefined && model.isListDone(node))
      complain("lists", `the items of "${node.id}" have all ended, and it goes on`)
  }
}
