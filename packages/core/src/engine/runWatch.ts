/**
 * Finds runs that nobody executes any more, and parked runs whose time has come, for as long as an engine lives.
 *
 * A claim is watched and not compared with a clock of this process: one that has not been prolonged for as long as it was
 * made for belongs to nobody, whatever the clocks of two machines say. See ADR-0021. Parked runs are the store's: however
 * many there are, the watch knows the first moment at which one of them is due, and nothing else of them. See ADR-0040.
 */
import type { RunError, RunRow, StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { RunStore, WatchedClaim } from "../store/RunStore.ts"
import { Outage } from "./outage.ts"

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
  /** Claims, and since when they are watched by a clock that nobody sets. */
  readonly #claims = new Map<string, WatchedClaim & { readonly sinceMillis: number }>()
  /** Runs that cannot be taken up here, by how far they had come: they are tried again when they have come further. */
  readonly #refused = new Map<string, number>()
  /** Opens when the next look has to come earlier than it was planned for. */
  readonly #hurry = Latch.makeUnsafe(false)
  #nextLookMillis = 0

  constructor(options: RunWatchOptions) {
    this.#options = options
  }

  /** Looks for ever, three times for each lease and whenever the watch over a claim or a parking is up. */
  get forever(): Effect.Effect<never> {
    const outage = new Outage("runs without an owner could not be looked for")
    const look = outage.forgive(this.look, this.#options.leaseMillis / 3)
    return Effect.forever(
      Effect.flatMap(look, (millis) => this.#rest(millis)),
      { disableYield: true }
    )
  }

  #rest(millis: number): Effect.Effect<void> {
    return Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      this.#nextLookMillis = nowMillis + millis
      return Effect.raceFirst(Effect.sleep(millis), this.#hurry.await)
    })
  }

  /** Takes up what nobody executes and what is due, and answers in how many milliseconds to look again. */
  readonly look: Effect.Effect<number, StoreError> = Effect.gen({ self: this }, function* () {
    const { isActive, leaseMillis, store } = this.#options
    const { notify, parking } = store.driver.abilities
    this.#hurry.closeUnsafe()
    // What is parked while this goes on may be missed by it, and then has the next look come at once.
    this.#nextLookMillis = Infinity
    const seen = new Set<string>()
    const nowMillis = yield* Clock.currentTimeMillis
    // Mail ends a parking; a store that tells nobody of mail is looked into for it.
    let pause = parking && !notify ? Math.min(store.pollMillis, leaseMillis / 3) : leaseMillis / 3
    for (const status of ["running", "paused"] as const) {
      let cursor: string | undefined
      do {
        const query = { status, limit: pageRuns, ...(parking && { dueAtMillis: nowMillis }) }
        const page = yield* store.list({ ...query, ...(cursor !== undefined && { cursor }) })
        for (const row of page.runs) {
          seen.add(row.runId)
          if (!isActive(row.runId)) pause = Math.min(pause, yield* this.#watch(row))
        }
        cursor = page.next
      } while (cursor !== undefined)
    }
    for (const runId of this.#claims.keys()) if (!seen.has(runId)) this.#claims.delete(runId)
    for (const runId of this.#refused.keys()) if (!seen.has(runId)) this.#refused.delete(runId)
    const wakeAtMillis = parking ? yield* store.driver.nextWake(nowMillis) : undefined
    // Whole milliseconds, so that a deadline is met to the millisecond.
    return Math.ceil(Math.min(Math.max(pauseMillisMin, pause), (wakeAtMillis ?? Infinity) - nowMillis))
  })

  /** A run may want to go on: it has mail and perhaps no owner, or it was parked just now. */
  stray(runId: string): Effect.Effect<void> {
    const { isActive, store } = this.#options
    if (!store.driver.abilities.parking) return Effect.void
    const see = Effect.flatMap(store.get(runId), (row) => {
      if (row === undefined || row.owner !== undefined || isActive(runId)) return Effect.void
      if (row.status !== "running" && row.status !== "paused") return Effect.void
      const { wakeAtMillis } = row
      if (wakeAtMillis === undefined) return Effect.asVoid(this.#watch(row))
      if (wakeAtMillis < this.#nextLookMillis) this.#hurry.openUnsafe()
      return Effect.void
    })
    // Whatever it was, the next look finds it too.
    return Effect.catchCause(see, (cause) => Effect.logDebug("a run with mail could not be looked at", cause))
  }

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
    // The time of day may be set by an hour while a claim is watched, and then says nothing about how long that has been.
    return Effect.flatMap(Clock.monotonicTimeNanos, (nowNanos) => {
      const nowMillis = Number(nowNanos / 1_000_000n)
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
      case "ReducersMissing":
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
