/**
 * Finds runs that nobody executes any more, for as long as an engine lives.
 *
 * A claim is watched and not compared with a clock of this process: one that has not been prolonged for as long as it was
 * made for belongs to nobody, whatever the clocks of two machines say. See ADR-0021.
 */
import type { RunError, RunRow, StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { RunStore, WatchedClaim } from "../store/RunStore.ts"

/** What the watch needs of its engine. */
export interface RunWatchOptions {
  readonly store: RunStore
  readonly leaseMillis: number
  /** Whether this engine executes a run. */
  readonly isActive: (runId: string) => boolean
  /** Takes a run up. It fails when another engine was faster, or when this one cannot execute the run. */
  readonly takeUp: (row: RunRow, watched: WatchedClaim | undefined) => Effect.Effect<unknown, RunError>
}

/** Runs that are looked at once. */
const pageRuns = 200

/** Shortest time between two looks. */
const pauseMillisMin = 10

/** A claim that no run has: whoever says to have watched it takes a run only when its owner is known to be dead. */
const noClaim: WatchedClaim = { epoch: 0, leaseUntilMillis: 0 }

/** Finds runs that nobody executes any more. */
export class RunWatch {
  readonly #options: RunWatchOptions
  readonly #claims = new Map<string, WatchedClaim & { readonly sinceMillis: number }>()
  /** Runs that cannot be taken up here, by how far they had come: they are tried again when they have come further. */
  readonly #refused = new Map<string, number>()

  constructor(options: RunWatchOptions) {
    this.#options = options
  }

  /** Looks for ever, three times for each lease and whenever the watch over a claim is up. */
  get forever(): Effect.Effect<never> {
    const look = Effect.catchCause(this.look, (cause) =>
      Effect.as(
        Effect.logWarning("runs without an owner could not be looked for", cause),
        this.#options.leaseMillis / 3
      )
    )
    return Effect.forever(
      Effect.flatMap(look, (millis) => Effect.sleep(millis)),
      { disableYield: true }
    )
  }

  /** Takes up what nobody executes, and answers in how many milliseconds to look again. */
  readonly look: Effect.Effect<number, StoreError> = Effect.gen({ self: this }, function* () {
    const { isActive, leaseMillis, store } = this.#options
    const seen = new Set<string>()
    let pause = leaseMillis / 3
    for (const status of ["running", "paused"] as const) {
      let cursor: string | undefined
      do {
        const page = yield* store.list({ status, limit: pageRuns, ...(cursor !== undefined && { cursor }) })
        for (const row of page.runs) {
          seen.add(row.runId)
          if (!isActive(row.runId)) pause = Math.min(pause, yield* this.#watch(row))
        }
        cursor = page.next
      } while (cursor !== undefined)
    }
    for (const runId of this.#claims.keys()) if (!seen.has(runId)) this.#claims.delete(runId)
    for (const runId of this.#refused.keys()) if (!seen.has(runId)) this.#refused.delete(runId)
    return Math.max(pauseMillisMin, pause)
  })

  /** Looks at one run, and answers in how many milliseconds it may be somebody's turn to take it up. */
  #watch(row: RunRow): Effect.Effect<number> {
    const { runId } = row
    if (this.#refused.get(runId) === row.sequence) return Effect.succeed(Infinity)
    if (row.owner === undefined) return this.#take(row, undefined)
    if (!this.#options.store.driver.abilities.deadOwners) return this.#watchClaim(row)
    // The store may know at once that the owner is dead. If it lives, this claims nothing.
    return Effect.flatMap(this.#take(row, noClaim), (taken) =>
      Effect.map(this.#watchClaim(row), (rest) => Math.min(taken, rest))
    )
  }

  #watchClaim(row: RunRow): Effect.Effect<number> {
    const { runId } = row
    return Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      const known = this.#claims.get(runId)
      if (known?.epoch === row.epoch && known.leaseUntilMillis === row.leaseUntilMillis) {
        const rest = known.sinceMillis + row.leaseMillis - nowMillis
        return rest > 0 ? Effect.succeed(rest) : this.#take(row, known)
      }
      const { epoch, leaseUntilMillis } = row
      this.#claims.set(runId, { epoch, leaseUntilMillis, sinceMillis: nowMillis })
      return Effect.succeed(row.leaseMillis)
    })
  }

  #take(row: RunRow, watched: WatchedClaim | undefined): Effect.Effect<number> {
    return Effect.matchEffect(this.#options.takeUp(row, watched), {
      onSuccess: () => Effect.succeed(Infinity),
      onFailure: (error) => Effect.as(this.#leave(row, error), Infinity)
    })
  }

  /** Leaves a run alone that cannot be taken up here, and says so once. */
  #leave(row: RunRow, error: RunError): Effect.Effect<void> {
    const { runId, sequence } = row
    switch (error.reason._tag) {
      case "RunNotOwned":
      case "Parked":
        return Effect.void
      case "ActionsMissing":
        this.#refused.set(runId, sequence)
        return Effect.logDebug(error.message)
      default:
        if (!isUnavailable(error)) this.#refused.set(runId, sequence)
        return Effect.logError(error.message)
    }
  }
}

const isUnavailable = ({ reason }: RunError): boolean =>
  reason._tag === "StoreFailed" && reason.reason._tag === "Unavailable"
