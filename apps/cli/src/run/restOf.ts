/** What a run rests on that goes on and that nobody executes. */
import { DagFlow } from "@dagflow/core"
import type { RunError, RunRow, StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { readOnly } from "./EngineLayer.ts"
import { isAsked } from "./askedBy.ts"
import { keptAnswer } from "./keptAnswer.ts"
import * as WaitText from "./WaitText.ts"

/** Longest log that is read for it; what a longer one rests on, `show` tells. */
const eventsMax = 20_000

/** Runs below a run that are looked into. */
const runsMax = 5

/** It waits for an answer of people, has one that nobody has read, sleeps until a time, or was left behind. */
export type Rest = "asks" | "answered" | "sleeps" | "left"

/** Tells what a run rests on. */
export const restOf = (
  driver: StoreDriverShape,
  { runId, sequence, wakeAtMillis = 0 }: RunRow,
  nowMillis: number
): Effect.Effect<Rest, StoreError> =>
  Effect.gen(function* () {
    const word = wakeAtMillis > nowMillis ? "sleeps" : "left"
    if (sequence > eventsMax) return word
    const asks = Effect.provide(asked(driver, runId), readOnly(driver))
    // What cannot be read is for `show` to tell, too.
    return (yield* Effect.catchTag(asks, "RunError", () => Effect.undefined)) ?? word
  })

// -- internal -------------------------------------------------------------------------------------------------------

const asked = (
  driver: StoreDriverShape,
  runId: string
): Effect.Effect<Rest | undefined, RunError | StoreError, DagFlow> =>
  Effect.gen(function* () {
    const run = yield* (yield* DagFlow).attach(runId)
    const own = (yield* run.waits).filter(isAsked)
    const kept = yield* Effect.forEach(own, (wait) => keptAnswer(driver, runId, wait))
    if (kept.includes(undefined)) return "asks"
    if (kept.length > 0) return "answered"
    const { waiting } = yield* run.report
    const below = new Set(WaitText.questions(runId, waiting).map((question) => question.runId))
    const rests = yield* Effect.forEach([...below].slice(0, runsMax), (child) => asked(driver, child))
    return rests.includes("asks") ? "asks" : rests.find((rest) => rest !== undefined)
  })
