/** All mutations, and the areas of the checklist that they are spread over. */
import { branches } from "./branchRows.ts"
import { coordinator } from "./coordinatorRows.ts"
import { data } from "./dataRows.ts"
import { definitions } from "./definitionRows.ts"
import { failures } from "./failureRows.ts"
import { hooks } from "./hookRows.ts"
import { log } from "./logRows.ts"
import type { Mutation } from "./Mutation.ts"
import { nodes } from "./nodeRows.ts"
import { planners } from "./plannerRows.ts"
import { recovery } from "./recoveryRows.ts"
import { strategies } from "./strategyRows.ts"
import { views } from "./viewRows.ts"

/** The first and the last row of each area. */
export const areas: Readonly<Record<string, readonly [from: number, to: number]>> = {
  "protocol and event log": [1, 17],
  "nodes, actions, registry": [18, 32],
  hooks: [33, 45],
  "the coordinator": [46, 60],
  "failure, retry, time-outs, budgets": [61, 78],
  "branches, pause, people": [79, 90],
  data: [91, 112],
  strategies: [113, 124],
  definition: [125, 137],
  "persistence and recovery": [138, 148],
  "observability and tools": [149, 160],
  agents: [161, 166]
}

/** All mutations. */
export const mutations: ReadonlyArray<Mutation> = [
  ...log,
  ...nodes,
  ...hooks,
  ...coordinator,
  ...failures,
  ...branches,
  ...data,
  ...strategies,
  ...definitions,
  ...recovery,
  ...views,
  ...planners
]
