/** What a file may say of budgets, for editors. */
import { Budget } from "@dagflow/protocol"
import * as Schema from "effect/Schema"

const duration = (description: string) =>
  Schema.Union([Schema.String, Schema.Finite]).annotate({ description })

const limits = Budget.limits

const own = {
  tokens: Schema.optionalKey(
    limits.tokens.schema.annotate({ description: "Tokens that attempts report as usage.tokens." })
  ),
  cost: Schema.optionalKey(
    limits.cost.schema.annotate({ description: "Cost that attempts report as usage.cost, in any unit." })
  ),
  time: Schema.optionalKey(
    duration("Time that attempts take, added up over those that run side by side, such as 10m.")
  ),
  nodes: Schema.optionalKey(
    limits.nodes.schema.annotate({ description: "Nodes that start; retries do not count." })
  ),
  rounds: Schema.optionalKey(
    limits.rounds.schema.annotate({ description: "Rounds of growth of which nodes start." })
  ),
  onExhausted: Schema.optionalKey(
    limits.onExhausted.schema.annotate({
      description:
        "Once the budget is used up: pause (the default) until somebody raises it, or stop, which fails the run."
    })
  )
}

/** What a branch may use up. */
export const BranchBudget = Schema.Struct(own)

/** What a run may use up before nothing more of it starts. */
export const RunBudget = Schema.Struct({
  ...own,
  branches: Schema.optionalKey(
    Schema.Record(Schema.String, BranchBudget).annotate({
      description: "Budgets of branches, by the id of their root or the label of their nodes."
    })
  )
}).annotate({ description: "What a run, and branches of it, may use up before nothing more starts." })

/** What one attempt of a node uses up at most. */
export const NodeEstimate = Schema.Struct({
  tokens: Schema.optionalKey(Budget.Estimate.fields.tokens.schema.annotate({ description: "Tokens." })),
  cost: Schema.optionalKey(Budget.Estimate.fields.cost.schema.annotate({ description: "Cost." })),
  time: Schema.optionalKey(duration("Time of one attempt; default: its time-out."))
}).annotate({
  description:
    "What one attempt uses up at most: a budget reserves it before the attempt starts. A node without an estimate runs alone."
})
