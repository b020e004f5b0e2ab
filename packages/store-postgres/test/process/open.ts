/** Waits for a line, opens a store, writes a run, and says what came of it. */
import * as Effect from "effect/Effect"
import { run } from "../requests.ts"
import { main, nextLine, openStore, say, words } from "./openStore.ts"

await main(
  Effect.gen(function* () {
    yield* say("ready")
    yield* nextLine
    const opened = Effect.flatMap(openStore, (store) => store.create(run(words[0] ?? "")))
    yield* say(yield* Effect.match(opened, { onSuccess: () => "written", onFailure: ({ reason }) => reason }))
  })
)
