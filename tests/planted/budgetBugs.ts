/** Bugs about budgets that somebody could make, each with the test that finds it. */
import { fiveOfTen, overtaken, schedules } from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about budgets. */
export const budgets: ReadonlyArray<PlantedBug> = [
  bug(
    "nodes start without a look at what others have reserved",
    fiveOfTen,
    edit(
      "core/src/decide/budgetLedger.ts",
      "const used = account.spent[resource] + account.reserved[resource]",
      "const used = account.spent[resource]"
    )
  ),
  bug(
    "an attempt that reports nothing costs nothing",
    schedules,
    edit(
      "protocol/src/state/BudgetState.ts",
      "return isCached ? 0 : (attempt.usage?.[resource] ?? reserved)",
      "return isCached ? 0 : (attempt.usage?.[resource] ?? 0)"
    )
  ),
  bug(
    "a node without an estimate runs beside others",
    schedules,
    edit(
      "core/src/decide/budgetLedger.ts",
      "(lack !== undefined || mustBeAlone || account.unestimated > 0)",
      "lack !== undefined"
    )
  ),
  bug(
    "the reservation of an attempt is not recorded",
    schedules,
    edit("core/src/store/RunStore.ts", "&& event.reserved === undefined", "")
  ),
  bug(
    "a node that waits for its budget is overtaken",
    overtaken,
    edit(
      "core/src/decide/BudgetLines.ts",
      "return first !== undefined && this.#isBefore(first, node)",
      "return first !== undefined && first.index < 0"
    )
  )
]
