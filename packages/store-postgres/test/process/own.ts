/** Owns a run and appends to it without end, saying after each append how long the log is; a line makes it release the run. */
import * as Effect from "effect/Effect"
import { append, run } from "../requests.ts"
import { main, nextLine, openStore, say } from "./openStore.ts"

await main(
  Effect.gen(function* () {
    const store = yield* openStore
    yield* store.create(run("r"))
    let sequence = 0
    const write = Effect.suspend(() => store.append(append("r", sequence))).pipe(
      Effect.andThen(Effect.suspend(() => say(++sequence)))
    )
    const refused = yield* Effect.raceFirst(
      Effect.flip(Effect.forever(write)),
      Effect.as(nextLine, undefined)
    )
    if (refused === undefined) yield* store.release("r", 1)
    yield* say(refused === undefined ? "released" : refused.reason._tag)
  })
)
