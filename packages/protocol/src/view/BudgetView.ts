/** What a run and its branches may use up, have used up, and have set aside for attempts that go on. */
import * as Schema from "effect/Schema"
import * as Budget from "../definition/Budget.ts"
import type { BudgetAccount } from "../state/BudgetState.ts"
import type { RunState } from "../state/RunState.ts"
import { present } from "./internal/present.ts"

/** One limit of a budget. */
export const BudgetLine = Schema.Struct({
  resource: Budget.BudgetResource,
  limit: Schema.Finite,
  spent: Schema.Finite,
  /** What is set aside for attempts that go on. */
  reserved: Schema.Finite
})
/** One limit of a budget. */
export type BudgetLine = typeof BudgetLine.Type

/** The budget of a run, or of a branch of it. */
export const BudgetView = Schema.Struct({
  /** The branch; absent for the run. */
  branch: Schema.optionalKey(Schema.String),
  onExhausted: Budget.OnExhausted,
  lines: Schema.Array(BudgetLine),
  /** Why nothing starts any more, until somebody raises the budget. */
  shortage: Schema.optionalKey(Budget.Shortage)
})
/** The budget of a run, or of a branch of it. */
export type BudgetView = typeof BudgetView.Type

/** The budgets of a run: its own first, then those of its branches; `undefined` when it has none. */
export const ofRun = ({ budget }: RunState): ReadonlyArray<BudgetView> | undefined =>
  budget === undefined
    ? undefined
    : [...(budget.run === undefined ? [] : [budget.run]), ...budget.branches.values()].map(ofAccount)

const ofAccount = ({ branch, limits, reserved, shortage, spent }: BudgetAccount): BudgetView =>
  present({
    branch,
    onExhausted: limits.onExhausted ?? "pause",
    lines: Budget.resources.flatMap((resource) => {
      const limit = limits[resource]
      return limit === undefined
        ? []
        : [{ resource, limit, spent: spent[resource], reserved: reserved[resource] }]
    }),
    shortage
  })
