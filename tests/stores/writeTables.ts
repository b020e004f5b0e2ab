/** Writes the tables of abilities and cases into the READMEs of all stores: `node tests/stores/writeTables.ts`. */
import { StoreCheck, StoreReport, type StoreUnderTest } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { storeAdapters } from "./storeAdapters.ts"

const marks = /(?<=^<!-- what `@dagflow\/store-testkit` finds -->\n\n).*?(?=\n*<!-- end -->$)/ms

/** The table of a store that passes all of its cases. */
export const tableOf = async (adapter: StoreUnderTest.StoreUnderTest): Promise<string> => {
  const abilities = await Effect.runPromise(StoreCheck.abilitiesOf(adapter))
  return StoreReport.markdown(StoreReport.allPassed(adapter.name, abilities))
}

/** What stands between the marks of a README. */
export const found = (readme: string): string | undefined => marks.exec(readme)?.[0]

if (import.meta.main) {
  for (const adapter of storeAdapters) {
    const file = path.join(import.meta.dirname, `../../packages/${adapter.name}/README.md`)
    const table = await tableOf(adapter)
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(marks, () => table)
    )
  }
}
