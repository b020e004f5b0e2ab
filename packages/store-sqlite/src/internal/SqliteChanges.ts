/**
 * Who has to hear of what is written. Writers of this process tell at once; those of other processes are found by asking
 * the file, and only while somebody listens.
 */
import type { StoreError } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { sqliteFailure } from "./sqliteFailure.ts"

/** Somebody who listens: the runs it has not heard of yet. */
class Listener {
  readonly arrived = Latch.makeUnsafe(false)
  readonly #runIds = new Set<string>()

  tell(runId: string): void {
    this.#runIds.add(runId)
    this.arrived.openUnsafe()
  }

  take(): ReadonlyArray<string> {
    this.arrived.closeUnsafe()
    const runIds = [...this.#runIds]
    this.#runIds.clear()
    return runIds
  }
}

type Look = (seen: number) => { readonly runIds: ReadonlyArray<string>; readonly seen: number }

/** Tells whoever listens of what is written to a file. */
export class SqliteChanges {
  readonly #database: Database
  readonly #interval: Duration.Input
  readonly #listeners = new Set<Listener>()
  readonly #mailListeners = new Set<Listener>()

  constructor(database: Database, interval: Duration.Input) {
    this.#database = database
    this.#interval = interval
  }

  /** A run was written to by this process. */
  tell(runId: string): void {
    for (const listener of this.#listeners) listener.tell(runId)
  }

  /** This process has left mail for a run. */
  tellOfMail(runId: string): void {
    for (const listener of this.#mailListeners) listener.tell(runId)
  }

  /** Runs that anybody writes to from now on. */
  get changes(): Stream.Stream<string, StoreError> {
    const newest = this.#database.prepare<[], { value: number }>("SELECT value FROM change_counter")
    const changed = this.#database.prepare<[number], { run_id: string }>(
      "SELECT run_id FROM runs WHERE change > ?"
    )
    return this.#stream(this.#listeners, (seen) => {
      const now = newest.get()?.value ?? 0
      const rows = seen < 0 || now === seen ? [] : changed.all(seen)
      return { runIds: rows.map((row) => row.run_id), seen: now }
    })
  }

  /** Runs that anybody leaves mail for from now on. */
  get arrivals(): Stream.Stream<string, StoreError> {
    const newest = this.#database.prepare<[], { place: number | null }>(
      "SELECT max(place) AS place FROM mail"
    )
    const arrived = this.#database.prepare<[number], { run_id: string }>(
      "SELECT DISTINCT run_id FROM mail JOIN runs ON runs.key = run_key WHERE place > ?"
    )
    return this.#stream(this.#mailListeners, (seen) => {
      const now = newest.get()?.place ?? 0
      const rows = seen < 0 || now <= seen ? [] : arrived.all(seen)
      return { runIds: rows.map((row) => row.run_id), seen: Math.max(now, seen) }
    })
  }

  #stream(listeners: Set<Listener>, look: Look): Stream.Stream<string, StoreError> {
    const listen = Effect.gen({ self: this }, function* () {
      const listener = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const made = new Listener()
          listeners.add(made)
          return made
        }),
        (made) => Effect.sync(() => listeners.delete(made))
      )
      const failure = yield* this.#poll(listener, look)
      const next = Effect.andThen(
        listener.arrived.await,
        Effect.suspend(() => {
          const error = failure()
          return error === undefined ? Effect.succeed(listener.take()) : Effect.fail(error)
        })
      )
      return Stream.flattenIterable(Stream.fromEffectRepeat(next))
    })
    return Stream.unwrap(listen)
  }

  /** Asks the file again and again. `data_version` says without reading a page whether another process has written. */
  #poll(listener: Listener, look: Look): Effect.Effect<() => StoreError | undefined, never, Scope.Scope> {
    let seen = -1
    let version: unknown
    let failure: StoreError | undefined
    const ask = Effect.sync(() => {
      try {
        const now = this.#database.pragma("data_version", { simple: true })
        if (now === version) return
        version = now
        const found = look(seen)
        seen = found.seen
        for (const runId of found.runIds) listener.tell(runId)
      } catch (cause) {
        failure = sqliteFailure(cause, "changes")
        listener.arrived.openUnsafe()
      }
    })
    return Effect.andThen(
      ask,
      Effect.as(Effect.forkScoped(Effect.repeat(ask, Schedule.spaced(this.#interval))), () => failure)
    )
  }
}
