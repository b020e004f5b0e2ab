import * as Effect from "effect/Effect"
import { check, describe } from "../StoreHistory.ts"
import { fail, type StoreCase } from "../StoreCase.ts"

/** What nobody has thought of. */
export const historyCases: ReadonlyArray<StoreCase> = [
  {
    name: "random histories of requests are answered as the reference model answers them",
    goal: "what works on one store would not work on another",
    run: Effect.fnUntraced(function* (world) {
      const found = yield* check(world)
      if (found !== undefined) yield* fail(describe(found))
    })
  }
]
