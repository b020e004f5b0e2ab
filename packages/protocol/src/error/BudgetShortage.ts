/** Why a budget lets nothing start any more, and what was spent where. */
import * as Schema from "effect/Schema"

/** What a budget can limit. */
export const BudgetResource = Schema.Literals(["tokens", "cost", "timeMillis", "nodes", "rounds"])
/** What a budget can limit. */
export type BudgetResource = typeof BudgetResource.Type

/** What attempts of one node, or of nodes of one label, used up. */
const nodeSpent = Schema.Struct({ nodeId: Schema.String, spent: Schema.Finite })

/** Most nodes and labels that a shortage names. */
export const spentMax = 20

/** A budget that is used up: nothing is in flight that could give back what it has reserved, and the next node does not fit. */
export const Shortage = Schema.Struct({
  /** The branch whose budget it is; absent for that of the run. */
  branch: Schema.optionalKey(Schema.String),
  resource: BudgetResource,
  limit: Schema.Finite,
  /** What had been charged before the node. */
  spent: Schema.Finite,
  /** What the node would have reserved; absent when nobody has estimated it. */
  needed: Schema.optionalKey(Schema.Finite),
  /** The node that could not start. */
  nodeId: Schema.String,
  /** The nodes that used up most, the greatest first. */
  nodes: Schema.Array(nodeSpent),
  /** Nodes that are not listed, and what they used up together. */
  others: Schema.optionalKey(Schema.Struct({ nodeCount: Schema.Int, spent: Schema.Finite })),
  /** What was used up by label of branch, the greatest first. */
  branches: Schema.Array(Schema.Struct({ branch: Schema.String, spent: Schema.Finite }))
})
/** A budget that is used up. */
export type Shortage = typeof Shortage.Type

const words: Readonly<Record<BudgetResource, string>> = {
  tokens: "tokens",
  cost: "cost",
  timeMillis: "ms of attempts",
  nodes: "nodes",
  rounds: "rounds of growth"
}

/** An amount as people read it, without the noise of adding up fractions. */
const figure = (value: number): string => String(Number(value.toPrecision(12)))

/** An amount of something that a budget limits, for people. */
const describeAmount = (resource: BudgetResource, value: number): string =>
  `${figure(value)} ${words[resource]}`

/** Says in a sentence what is used up, and by whom. */
export const describe = (shortage: Shortage): string => {
  const { branch, limit, needed, nodeId, nodes, resource, spent } = shortage
  const whose = branch === undefined ? "the budget" : `the budget of branch "${branch}"`
  const need =
    needed === undefined ? `and "${nodeId}" has no estimate` : `and "${nodeId}" needs ${figure(needed)}`
  const most = nodes.slice(0, 3).map((one) => `${one.nodeId} ${figure(one.spent)}`)
  const where = most.length === 0 ? "" : ` (most by ${most.join(", ")})`
  return `${whose} of ${describeAmount(resource, limit)} is used up: ${figure(spent)} spent${where}, ${need}`
}
