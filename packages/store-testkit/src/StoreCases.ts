/** All cases, in groups, and which of them are for a store. */
import type { StoreAbility, StoreAbilities } from "@dagflow/protocol"
import { appendCases } from "./case/appendCases.ts"
import { artifactCases } from "./case/artifactCases.ts"
import { cacheCases } from "./case/cacheCases.ts"
import { changeCases } from "./case/changeCases.ts"
import { concurrencyCases } from "./case/concurrencyCases.ts"
import { contentCases } from "./case/contentCases.ts"
import { historyCases } from "./case/historyCases.ts"
import { listCases } from "./case/listCases.ts"
import { mailCases } from "./case/mailCases.ts"
import { ownershipCases } from "./case/ownershipCases.ts"
import { parkingCases } from "./case/parkingCases.ts"
import { processCases } from "./case/processCases.ts"
import { pruneCases } from "./case/pruneCases.ts"
import { refusalCases } from "./case/refusalCases.ts"
import type { StoreCase } from "./StoreCase.ts"

/** A case and the group that it stands in. */
export interface GroupedCase extends StoreCase {
  readonly group: string
  readonly needs: ReadonlyArray<StoreAbility.StoreAbility>
}

const group = (
  name: string,
  cases: ReadonlyArray<StoreCase>,
  ...needs: ReadonlyArray<StoreAbility.StoreAbility>
): ReadonlyArray<GroupedCase> =>
  cases.map((one) => ({ ...one, group: name, needs: [...needs, ...(one.needs ?? [])] }))

/** All cases, those of one group next to each other. The plainest ones come first. */
export const all: ReadonlyArray<GroupedCase> = [
  ...group("append", appendCases),
  ...group("ownership", ownershipCases),
  ...group("mail", mailCases),
  ...group("list", listCases),
  ...group("content", contentCases),
  ...group("concurrency", concurrencyCases),
  ...group("artifacts", artifactCases, "artifacts"),
  ...group("cache", cacheCases, "cache"),
  ...group("prune", pruneCases, "prune"),
  ...group("parking", parkingCases, "parking"),
  ...group("changes", changeCases, "notify"),
  ...group("processes", processCases),
  ...group("refusals", refusalCases),
  ...group("histories", historyCases)
]

/** The cases for a store of these abilities: what needs none of the others, and the refusals of the others. */
export const of = (abilities: StoreAbilities): ReadonlyArray<GroupedCase> =>
  all.filter(
    ({ needs, without }) =>
      needs.every((ability) => abilities[ability]) && (without === undefined || !abilities[without])
  )
