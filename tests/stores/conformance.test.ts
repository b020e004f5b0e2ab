import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe, expect, it } from "vitest"
import { publicPackages } from "../repository/Package.ts"
import { storeAdapters } from "./storeAdapters.ts"
import { storeCases } from "./storeCases.ts"

describe.each(storeAdapters)("$name", ({ world }) => {
  it.each(storeCases)("$name", async ({ run }) => {
    const exit = await Effect.runPromiseExit(Effect.scoped(Effect.flatMap(world, run)))
    expect(Exit.isSuccess(exit) ? "as it ought to be" : Cause.pretty(exit.cause)).toBe("as it ought to be")
  })
})

it("every package that is a store is held to the cases", () => {
  const packages = publicPackages().map(({ folder }) => folder.split("/").at(-1) ?? "")
  expect(storeAdapters.map(({ name }) => name)).toEqual(packages.filter((name) => name.startsWith("store-")))
})
