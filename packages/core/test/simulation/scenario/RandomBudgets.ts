/** Random budgets, and what nodes are estimated to use. */
import type { Budget } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"

/** What one attempt is estimated to use, or nothing of that. */
export const estimate = (dice: Dice): { readonly estimate?: Budget.Estimate } => {
  if (dice.chance(0.1)) return {}
  return {
    estimate: {
      ...(dice.chance(0.95) && { tokens: dice.between(0, 9) }),
      ...(dice.chance(0.95) && { cost: dice.pick([0, 0.1, 0.2, 1, 3]) }),
      ...(dice.chance(0.5) && { timeMillis: dice.between(0, 30) })
    }
  }
}

/** Limits of a run or a branch, of one thing or of several. */
export const limits = (dice: Dice): Budget.BudgetLimits => ({
  ...(dice.chance(0.6) && { tokens: dice.between(0, 30) }),
  ...(dice.chance(0.25) && { cost: dice.pick([0.3, 1, 2.5, 20]) }),
  ...(dice.chance(0.15) && { timeMillis: dice.between(0, 200) }),
  ...(dice.chance(0.2) && { nodes: dice.between(0, 12) }),
  ...(dice.chance(0.2) && { rounds: dice.between(0, 2) }),
  ...(dice.chance(0.4) && { onExhausted: dice.pick(["pause", "stop"] as const) })
})

/** The budget of a flow. */
export const budget = (dice: Dice): Budget.Budget => ({
  ...(dice.chance(0.8) && limits(dice)),
  ...(dice.chance(0.4) && {
    branches: { left: limits(dice), ...(dice.chance(0.5) && { right: limits(dice) }) }
  })
})
