/** Random budgets, and what nodes are estimated to use. */
import type { Budget } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"
import type { Temper } from "./Scripts.ts"

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

/**
 * What lost attempts are charged with depends on crashes. A calm run is only paused when a budget is used up, so that it ends
 * as it would have once somebody has raised the limit.
 */
const paused = (dice: Dice, temper: Temper): Budget.BudgetLimits => ({
  ...limits(dice),
  ...(temper === "calm" && { onExhausted: "pause" })
})

/** The budget of a flow. */
export const budget = (dice: Dice, temper: Temper): Budget.Budget => ({
  ...(dice.chance(0.8) && paused(dice, temper)),
  ...(dice.chance(0.4) && {
    branches: { left: paused(dice, temper), ...(dice.chance(0.5) && { right: paused(dice, temper) }) }
  })
})
