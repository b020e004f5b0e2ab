import type { StoreAbility, StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { cached, park, prune, run } from "./requests.ts"
import { fail, refused, same, type StoreCase } from "../StoreCase.ts"

/** Whatever an ability is asked by. */
const operations: Readonly<
  Record<
    "notify" | "artifacts" | "cache" | "prune" | "parking",
    (store: StoreDriverShape) => ReadonlyArray<Effect.Effect<unknown, StoreError>>
  >
> = {
  notify: (store) => [
    Effect.raceFirst(Stream.runDrain(store.changes), store.create(run("created while it listens"))),
    Stream.runDrain(Stream.take(store.changes, 1)),
    Stream.runDrain(Stream.take(store.arrivals, 1))
  ],
  artifacts: (store) => [
    store.putArtifact("r", "h", "content"),
    store.putArtifact("unknown", "h", "content"),
    store.getArtifact("h"),
    store.create(run("with artifacts", { artifacts: [{ hash: "h", content: "content" }] }))
  ],
  cache: (store) => [store.putCached(cached("k")), store.getCached("k", 0)],
  parking: (store) => [store.park(park("r", 9_000)), store.nextWake(0)],
  prune: (store) => [store.prune(prune(1e15)), store.prune(prune(1e15, { isDryRun: true }))]
}

const refusalOf = (ability: keyof typeof operations): StoreCase => ({
  name: `a store that does not offer "${ability}" refuses it as Unsupported, and goes on`,
  goal: "what is asked for would be left out in silence, and nobody would know why it has no effect",
  without: ability,
  run: Effect.fnUntraced(function* ({ deadline, open }) {
    const store = yield* open
    yield* store.create(run("r", { status: "completed" }))
    for (const operation of operations[ability](store)) {
      const answered = Effect.timeoutOrElse(operation, {
        duration: deadline,
        orElse: () => Effect.succeed("no answer at all")
      })
      yield* refused(answered, { _tag: "Unsupported" })
    }
    yield* same("what is there", (yield* store.list({ limit: 9, flow: "flow" })).runs.length >= 1, true)
    if ((yield* store.get("with artifacts")) !== undefined) yield* fail("a run was created all the same")
  })
})

/** What a store does when it is asked for what it does not offer. */
export const refusalCases: ReadonlyArray<StoreCase> = (
  Object.keys(operations) as ReadonlyArray<keyof typeof operations & StoreAbility.StoreAbility>
).map(refusalOf)
