/** Finds the run that a word on the command line means: its whole id, a beginning that no other run has, or `@last`. */
import { type RunRow, StoreDriver, type StoreDriverShape, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { commandName } from "../output/commandName.ts"

/** The word for the run that was started last. */
export const last = "@last"

/** Runs that are looked at in one go. */
const page = 1000

/** Runs that an ambiguous beginning lists. */
const listedMax = 5

/** Finds a run. `option` is repeated in what the failure suggests, such as ` --store sqlite:flow.db`. */
export const find = (
  word: string,
  option: string
): Effect.Effect<RunRow, CliFailure | StoreError, StoreDriver> =>
  Effect.gen(function* () {
    const driver = yield* StoreDriver
    if (word === last) {
      const { runs } = yield* driver.list({ limit: 1 })
      return runs[0] ?? (yield* notFound("there are no runs in this store yet", option))
    }
    const whole = yield* driver.get(word)
    if (whole !== undefined) return whole
    const found = yield* startingWith(driver, word)
    if (found.length > 1) {
      const ids = found.slice(0, listedMax).map((run) => run.runId)
      const more = found.length > listedMax ? " and more" : ""
      return yield* new CliFailure({
        exit: ExitCode.usage,
        code: "AmbiguousRun",
        message: `"${word}" is the beginning of several runs: ${ids.join(", ")}${more}`,
        next: ["give more of the id"]
      })
    }
    return found[0] ?? (yield* notFound(`there is no run "${word}" in this store`, option))
  })

// -- internal -------------------------------------------------------------------------------------------------------

const startingWith = (
  driver: StoreDriverShape,
  word: string
): Effect.Effect<ReadonlyArray<RunRow>, StoreError> =>
  Effect.gen(function* () {
    const found: Array<RunRow> = []
    let cursor: string | undefined
    do {
      const query = { limit: page, ...(cursor !== undefined && { cursor }) }
      const { next, runs } = yield* driver.list(query)
      found.push(...runs.filter((run) => run.runId.startsWith(word)))
      cursor = next
    } while (cursor !== undefined && found.length <= listedMax)
    return found
  })

const notFound = (message: string, option: string): CliFailure =>
  new CliFailure({
    exit: ExitCode.notFound,
    code: "RunNotFound",
    message,
    next: [`${commandName()} runs${option}`]
  })
