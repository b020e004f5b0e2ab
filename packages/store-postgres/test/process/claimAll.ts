/**
 * Waits for a line, then claims all runs whose lease is over, and says which ones it got. It lives until another line comes.
 */
import * as Effect from "effect/Effect"
import { claim } from "../requests.ts"
import { main, nextLine, openStore, say } from "./openStore.ts"

await main(
  Effect.gen(function* () {
    const store = yield* openStore
    const { runs } = yield* store.list({ limit: 1_000 })
    yield* say("ready")
    yield* nextLine
    const claimed: Array<string> = []
    for (const { runId } of runs) {
      const answer = yield* store.claim(claim(runId, 900_000))
      if (answer._tag === "Claimed") claimed.push(runId)
    }
    yield* say(claimed)
    yield* nextLine
  })
)
