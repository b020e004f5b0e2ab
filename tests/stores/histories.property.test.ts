import * as Effect from "effect/Effect"
import fc from "fast-check"
import { expect, it } from "vitest"
import { storeAdapters } from "./storeAdapters.ts"
import { replay, requestNames, storeHistory } from "./StoreHistory.ts"

const answersOf = (history: Parameters<typeof replay>[1]) =>
  Promise.all(
    storeAdapters.map(({ world }) =>
      Effect.runPromise(Effect.scoped(Effect.flatMap(world, (made) => replay(made, history))))
    )
  )

it("all stores answer every request of any history alike", async () => {
  await fc.assert(
    fc.asyncProperty(storeHistory, async (history) => {
      const [first, ...others] = await answersOf(history)
      for (const other of others) expect(other).toEqual(first)
    }),
    { numRuns: 200 }
  )
}, 120_000)

it("histories get somewhere: every request succeeds in some of them and most are refused in some", async () => {
  const succeeded = new Set<unknown>()
  const refused = new Set<unknown>()
  for (const history of fc.sample(storeHistory, { numRuns: 100, seed: 1 })) {
    const [answers = []] = await answersOf(history)
    for (const answer of answers as ReadonlyArray<{ name: string; reason?: { _tag: string } }>) {
      if (answer.reason === undefined) succeeded.add(answer.name)
      else refused.add(answer.reason._tag)
    }
  }
  expect(succeeded).toEqual(new Set(requestNames))
  expect(refused).toEqual(new Set(["OwnershipLost", "RunExists", "RunNotFound", "SequenceConflict"]))
}, 120_000)
