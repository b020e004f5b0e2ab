/**
 * The cases as tests of a test runner. The runner's own functions are parameters, so that the kit works with Vitest, Bun,
 * Jest and `node:test`, and needs none of them.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { StoreCaseFailed } from "./StoreCase.ts"
import * as StoreCases from "./StoreCases.ts"
import { abilitiesOf, type CheckOptions, runCase } from "./StoreCheck.ts"
import type { StoreUnderTest } from "./StoreUnderTest.ts"

/** The functions of a test runner. */
export interface TestRunner {
  readonly describe: (name: string, tests: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>, timeoutMillis: number) => unknown
}

/**
 * Makes a test of each case that is for a store, in one group of tests for each group of cases. The store is opened once
 * before, to ask for its abilities: await it at the top of a test file.
 *
 * **Example** (A test file for Vitest)
 *
 * ```ts
 * import { StoreTests } from "@dagflow/store-testkit"
 * import { describe, it } from "vitest"
 * import myStore from "./myStore.ts"
 *
 * await StoreTests.describeStore(myStore, { describe, it })
 * ```
 */
export const describeStore = async (
  store: StoreUnderTest,
  { describe, it }: TestRunner,
  options: CheckOptions = {}
): Promise<void> => {
  const cases = StoreCases.of(await Effect.runPromise(abilitiesOf(store)))
  // The case itself is to end first, so that its own words are what is shown.
  const timeoutMillis = Duration.toMillis(options.timeout ?? "2 minutes") + 10_000
  for (const group of new Set(cases.map((one) => one.group))) {
    describe(`${store.name}: ${group}`, () => {
      for (const one of cases.filter((other) => other.group === group)) {
        const test = async () => {
          const { message, passed } = await Effect.runPromise(runCase(store, one, options))
          if (!passed) throw new StoreCaseFailed({ message: `${message}\notherwise ${one.goal}` })
        }
        it(one.name, test, timeoutMillis)
      }
    })
  }
}
