import { type RunRow, type StoreDriverShape, type StoreError, SubFlow } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { count, duration, number, oneLine, shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import { restOf } from "../run/restOf.ts"
import * as Finding from "./Finding.ts"

/** Runs that are named. */
const namedMax = 3

const page = 1000

/** Looks for runs that ought to go on and that nobody owns. `option` is repeated in suggested commands. */
export const checkRuns = (
  driver: StoreDriverShape,
  option: string
): Effect.Effect<Finding.Finding, StoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const running = yield* all(driver, "running")
    const paused = yield* all(driver, "paused")
    const ids = new Set([...running, ...paused].map(({ runId }) => runId))
    const unowned = running.filter(
      (row) =>
        (row.owner === undefined || row.leaseUntilMillis <= now) &&
        // A child goes on with its parent, which is named.
        !ids.has(SubFlow.parentOf(row.tags) ?? "")
    )
    // What waits for people, or for a time, is where it ought to be.
    const left = yield* Effect.filter(unowned, (row) =>
      Effect.map(restOf(driver, row, now), (rest) => rest === "left" || rest === "answered")
    )
    const resting = unowned.length - left.length
    const facts = [
      `${count(running.length, "run")} not ended`,
      ...(paused.length === 0 ? [] : [`${number(paused.length)} paused`]),
      ...(resting === 0 ? [] : [`${number(resting)} waiting for people or a time`])
    ]
    const counts = facts.join(", ")
    const [first] = left
    if (first === undefined) return Finding.ok("runs", `${counts}, none left behind`)
    const named = left
      .slice(0, namedMax)
      .map((row) => `${oneLine(row.runId)} (since ${duration(now - row.updatedAtMillis)})`)
    const more = left.length > namedMax ? ` and ${number(left.length - namedMax)} more` : ""
    const verb = left.length === 1 ? "is" : "are"
    return Finding.warning(
      "runs",
      `${counts}; ${count(left.length, "run")} ${verb} owned by nobody: ${named.join(", ")}${more}`,
      `${commandName()} resume ${shellWord(first.runId)}${option}, or cancel it`
    )
  })

const all = (
  driver: StoreDriverShape,
  status: "running" | "paused"
): Effect.Effect<ReadonlyArray<RunRow>, StoreError> =>
  Effect.gen(function* () {
    const found: Array<RunRow> = []
    let cursor: string | undefined
    do {
      const { next, runs } = yield* driver.list({
        status,
        limit: page,
        ...(cursor !== undefined && { cursor })
      })
      found.push(...runs)
      cursor = next
    } while (cursor !== undefined)
    return found
  })
