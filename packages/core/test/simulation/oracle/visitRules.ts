/** What holds of routes, visits and the limits of loops: R9. */
import { isDeepStrictEqual } from "node:util"
import type { Model } from "./Model.ts"
import { isRouted } from "./ModelVisits.ts"
import { on, type Rule } from "./Rule.ts"
import { isAtRest } from "./strategyRules.ts"

/** The limit that so many visits would go beyond. */
const limitOf = (
  { config, nodes, round }: Model,
  count: number
): { readonly limit: string; readonly maximum: number } | undefined => {
  const { maxIterations = Infinity, nodesMax = Infinity } = config ?? {}
  if (round + 1 > maxIterations) return { limit: "maxIterations", maximum: maxIterations }
  return nodes.size + count > nodesMax ? { limit: "nodesMax", maximum: nodesMax } : undefined
}

/** Where a step leads to nodes that were visited already, the next thing is that they are visited again, or the end. */
const following: Rule = ({ complain, event, model }) => {
  const visits = event._tag === "NodesAdded" ? (event.visits ?? []) : []
  const { wantedVisits: wanted } = model
  const limit = wanted.length === 0 ? undefined : limitOf(model, wanted.length)
  const isEnd = event._tag === "RunInterrupted" && event.cause === "limit_reached"
  if (limit === undefined) {
    if (isEnd) complain("loops", "a limit is told, and none is reached")
    if (!isDeepStrictEqual(visits, wanted))
      complain("routes", `${JSON.stringify(visits)} are visited, not ${JSON.stringify(wanted)}`)
    return
  }
  const failure = {
    _tag: "LimitReached",
    ...limit,
    step: model.step.number,
    frontier: wanted.map(({ id }) => id)
  }
  if (!isEnd || !isDeepStrictEqual(event.failure, failure))
    complain("loops", `${event._tag} comes, and ${limit.limit} is reached: ${JSON.stringify(failure)}`)
}

const choosing = on(["NodeCompleted"], ({ complain, event, model }) => {
  if (event.routes === undefined) return
  if (model.config?.strategy !== "superstep") complain("routes", `"${event.nodeId}" leads on without steps`)
  for (const id of event.routes.to) {
    const target = model.nodes.get(id)
    if (target === undefined || target.of !== undefined || target.list !== undefined)
      complain("routes", `"${event.nodeId}" leads to "${id}", where nobody can go`)
  }
})

/** Rules for routes and loops. */
export const visitRules: ReadonlyArray<Rule> = [following, choosing]

const mayLead = (model: Model): boolean =>
  [...model.nodes.values()].some(
    (node) =>
      ["running", "retrying", "waiting"].includes(node.status) ||
      (node.status === "pending" && model.isIn(node, "paused"))
  )

/** Whether nothing is left that could lead to a node that was led past, so that it is skipped. */
export const isOutOfReach = (model: Model): boolean => isAtRest(model) && !mayLead(model)

/** What holds after an append: what nothing can lead to any more is skipped. */
export const judgeVisits = (model: Model, complain: (rule: string, message: string) => void): void => {
  const left = [...model.nodes.values()].find((node) => model.isPassedOver(node))
  if (left !== undefined && isOutOfReach(model))
    complain("routes", `nothing leads to "${left.id}" any more, and it is not skipped`)
  for (const node of model.nodes.values()) {
    if (node.of !== undefined && !isRouted(node)) complain("routes", `nobody led to "${node.id}"`)
  }
}
