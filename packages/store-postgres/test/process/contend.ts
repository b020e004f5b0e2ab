/** Appends to runs of its own and to one run that others append to as well, and says how often it succeeded. */
import type { StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { append, run } from "../requests.ts"
import { main, nextLine, openStore, say, words } from "./openStore.ts"

const [name = "", rounds = "0"] = words

await main(
  Effect.gen(function* () {
    const store = yield* openStore
    const own = [0, 1, 2].map((number) => `${name} ${number}`)
    yield* say("ready")
    yield* nextLine
    yield* Effect.forEach(own, (id) => store.create(run(id)), { concurrency: "unbounded" })
    let won = 0
    const wonOrLost = (error: StoreError) =>
      error.reason._tag === "SequenceConflict" ? Effect.void : Effect.fail(error)
    for (let round = 0; round < Number(rounds); round++) {
      const end = (yield* store.get("everybody's"))?.sequence ?? 0
      const compete = store
        .append(append("everybody's", end))
        .pipe(Effect.andThen(Effect.sync(() => void won++)), Effect.catch(wonOrLost))
      const others = own.map((id) => store.append(append(id, round)))
      yield* Effect.all([compete, ...others], { concurrency: "unbounded" })
    }
    yield* say(won)
  })
)
