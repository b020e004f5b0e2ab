/*
 * Goal: a store that does not hold between processes is found, and a process that cannot do its work does not hang a check.
 * Method: stores in memory that say that processes share them, and modules that cannot be loaded or opened.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { StoreCases, StoreCheck, StoreModel, type StoreUnderTest } from "../src/index.ts"
import modelStore, { dataOf } from "./modelStore.ts"

const result = (store: StoreUnderTest.StoreUnderTest, name: string) => {
  const found = StoreCases.all.find((one) => one.name.startsWith(name))
  if (found === undefined) throw new Error(`there is no case "${name}"`)
  return Effect.runPromise(StoreCheck.runCase(store, found))
}

/** A store whose data is in the memory of one process, whatever it declares. */
const boastful: StoreUnderTest.StoreUnderTest = {
  ...modelStore,
  open: ({ name }) =>
    Effect.sync(() => ({
      ...StoreModel.make(dataOf(name)),
      abilities: { ...StoreModel.abilities, sharedProcesses: true, deadOwners: true }
    }))
}

describe("a store in the memory of one process that says that others share it", { timeout: 60_000 }, () => {
  it.each([
    ["another process sees what is written", "the store fails: read of run"],
    ["of two processes that claim, append or create at once", "who created each run: it is [\n  2, 2, 2"],
    [
      "what a process was answered is there after it was killed",
      'read of run "r0": there is no run of this id'
    ],
    ["the run of a process that is dead is taken at once", "there is no run of this id"]
  ])("fails this case: %s", async (name, reason) => {
    const { message, passed } = await result(boastful, name)
    expect(passed).toBe(false)
    expect(message).toContain(reason)
  })
})

describe("a process that cannot do its work", { timeout: 60_000 }, () => {
  it("fails its case with what it has printed", async () => {
    const lost = { ...boastful, module: new URL("./gone.ts", import.meta.url) }
    const { message, passed } = await result(lost, "another process sees what is written")
    expect(passed).toBe(false)
    expect(message).toMatch(/^the other process is gone: it ended with 1\n.*gone\.ts/s)
  })

  it("fails its case when the module it loads exports no store", async () => {
    const other = { ...boastful, module: new URL("./finders.ts", import.meta.url) }
    const { message, passed } = await result(other, "another process sees what is written")
    expect(passed).toBe(false)
    expect(message).toContain("the other process is gone: it ended with 1")
  })
})
