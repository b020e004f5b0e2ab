/*
 * Goal: the table of abilities and cases in the README of each store is true.
 * Method: `conformance.test.ts` holds the stores to all of their cases, so the table has to be the one of a store of its
 * abilities that passes them all.
 */
import { describe, expect, it } from "vitest"
import { readText } from "../repository/SourceFile.ts"
import { storeAdapters } from "./storeAdapters.ts"
import { found, tableOf } from "./writeTables.ts"

describe("the README of a store", () => {
  it.each(storeAdapters)("shows what $name offers and passes", async (adapter) => {
    const shown = found(readText(`packages/${adapter.name}/README.md`))
    expect(shown, "run: node tests/stores/writeTables.ts").toBe(await tableOf(adapter))
  })
})
