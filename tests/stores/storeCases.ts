/** All cases that every store has to pass. */
import { appendCases } from "./cases/appendCases.ts"
import { cacheCases } from "./cases/cacheCases.ts"
import { changeCases } from "./cases/changeCases.ts"
import { contentCases } from "./cases/contentCases.ts"
import { listCases } from "./cases/listCases.ts"
import { mailCases } from "./cases/mailCases.ts"
import { ownershipCases } from "./cases/ownershipCases.ts"
import { pruneCases } from "./cases/pruneCases.ts"
import type { StoreCase } from "./StoreCase.ts"

export const storeCases: ReadonlyArray<StoreCase> = [
  ...appendCases,
  ...ownershipCases,
  ...mailCases,
  ...listCases,
  ...contentCases,
  ...cacheCases,
  ...pruneCases,
  ...changeCases
]
