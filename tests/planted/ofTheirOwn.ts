/** The planted bugs that have files of their own, each about one concept. */
import { budgets } from "./budgetBugs.ts"
import { commands } from "./commandBugs.ts"
import { conditions } from "./conditionBugs.ts"
import { lists } from "./listBugs.ts"
import { subFlows } from "./subFlowBugs.ts"
import { live } from "./liveBugs.ts"
import { routes } from "./routeBugs.ts"
import { sessions } from "./sessionBugs.ts"
import { strategies } from "./strategyBugs.ts"
import { waits } from "./waitBugs.ts"
import type { PlantedBug } from "./PlantedBug.ts"

/** Bugs about single concepts. */
export const ofTheirOwn: ReadonlyArray<PlantedBug> = [
  ...commands,
  ...budgets,
  ...strategies,
  ...conditions,
  ...waits,
  ...lists,
  ...subFlows,
  ...live,
  ...routes,
  ...sessions
]
