import { expect, it } from "@effect/vitest"
import { StoreAbility } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { GoldenRuns, StoreModel } from "../src/index.ts"

it.effect("a store that was given the golden runs holds them, with all abilities or with none", () =>
  Effect.gen(function* () {
    for (const abilities of [StoreModel.abilities, StoreAbility.none]) {
      const store = StoreModel.make(undefined, abilities)
      yield* GoldenRuns.write(store)
      yield* GoldenRuns.check(store)
    }
  })
)

it.effect("a file of an earlier version is held to what that version kept", () =>
  Effect.gen(function* () {
    const then = { ...StoreModel.abilities, cache: false }
    const [store, other] = [StoreModel.make(), StoreModel.make()]
    for (const one of [store, other]) yield* GoldenRuns.write(one, then)
    yield* GoldenRuns.check(store, then)
    expect((yield* Effect.flip(GoldenRuns.check(other))).message).toContain(
      "the cached outputs: it is undefined"
    )
  })
)

it.effect("a store that lost or changed something does not hold them", () =>
  Effect.gen(function* () {
    const lost = (write: (store: ReturnType<typeof StoreModel.make>) => Effect.Effect<unknown, unknown>) =>
      Effect.gen(function* () {
        const store = StoreModel.make()
        yield* GoldenRuns.write(store)
        yield* write(store)
        return (yield* Effect.flip(GoldenRuns.check(store))).message
      })
    const prune = { endedBeforeMillis: 1e15, nowMillis: 0, limit: 10, isDryRun: false }
    expect(yield* lost((store) => store.prune(prune))).toContain("the runs: ")
    expect(yield* lost((store) => store.release("second", 2))).toContain("the runs: ")
    const mail = { id: "other", atMillis: 0, command: "{}" }
    expect(yield* lost((store) => store.putMail("second", mail))).toContain("the mail: ")
  })
)
