import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { StoreAbility, type StoreError } from "../../src/index.ts"

const { refusals } = StoreAbility

it.effect(
  "a store that offers nothing more refuses every optional operation, and says which ability it lacks",
  () =>
    Effect.gen(function* () {
      const output = { key: "k", content: "{}", atMillis: 0, expiresAtMillis: undefined }
      const operations = [
        ["artifacts", "putArtifact", refusals.putArtifact("r", "h", "content")],
        ["artifacts", "getArtifact", refusals.getArtifact("h")],
        ["cache", "putCached", refusals.putCached(output)],
        ["cache", "getCached", refusals.getCached("k", 0)],
        ["prune", "prune", refusals.prune({ endedBeforeMillis: 0, nowMillis: 0, limit: 1, isDryRun: true })],
        ["parking", "park", refusals.park({ runId: "r", epoch: 1, wakeAtMillis: 0 })],
        ["parking", "nextWake", refusals.nextWake(0)],
        ["notify", "changes", Stream.runDrain(refusals.changes)],
        ["notify", "arrivals", Stream.runDrain(refusals.arrivals)]
      ] as const
      for (const [ability, operation, asked] of operations) {
        expect(yield* Effect.flip(asked as Effect.Effect<unknown, StoreError>)).toMatchObject({
          operation,
          reason: { _tag: "Unsupported", ability },
          isRetryable: false
        })
      }
      // Whoever adds an optional operation adds its refusal here, or this list is no longer whole.
      expect(Object.keys(refusals).toSorted()).toEqual(
        ["abilities", ...operations.map(([, operation]) => operation)].toSorted()
      )
    })
)

it("every ability has a meaning, and a store that offers none says so of each", () => {
  expect(StoreAbility.names).toEqual(Object.keys(StoreAbility.none))
  expect(Object.values(StoreAbility.none)).toEqual(StoreAbility.names.map(() => false))
  expect(refusals.abilities).toBe(StoreAbility.none)
})
