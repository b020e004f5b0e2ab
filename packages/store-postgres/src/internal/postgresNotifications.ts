/** Waking other processes, and being woken by them. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { pause } from "./pause.ts"
import type { QueryFailure } from "./postgresFailure.ts"
import type { PostgresNames } from "./postgresNames.ts"
import type { PostgresFeed } from "./postgresFeed.ts"
import type { PostgresPool } from "./postgresPool.ts"
import { ask, endSession, openSession, type PostgresSession, type Statement } from "./postgresSession.ts"
import type { PostgresSettings } from "./postgresSettings.ts"

/** How long after telling others of changes they are told again at the earliest. */
const tellGapMillis = 20

/** What is told need not survive the server, so that it does not wait for the disk, and nobody waits for it there. */
const notify: Statement = {
  name: "notify",
  text: "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)"
}

/**
 * Tells other processes that runs have changed, some time after they did. It is no part of the append: transactions that
 * notify commit one after the other in the whole database, so they would wait for each other's disk. See ADR-0030.
 */
export class PostgresAnnouncer {
  readonly #dirty = Latch.makeUnsafe(false)

  /** Says that there is something to tell. */
  announce(): void {
    this.#dirty.openUnsafe()
  }

  /** Tells again and again. */
  run(pool: PostgresPool, names: PostgresNames, handle: string): Effect.Effect<never> {
    const tell = Effect.suspend(() => {
      this.#dirty.closeUnsafe()
      return pool.ask({ operation: "notify" }, notify, [names.changesChannel, handle])
    }).pipe(
      // Whoever listens finds the changes by polling too; it is tried again all the same.
      Effect.catchCause(() => Effect.sync(() => this.announce()))
    )
    return this.#dirty.await.pipe(
      Effect.andThen(tell),
      Effect.andThen(Effect.sleep(tellGapMillis)),
      Effect.forever
    )
  }
}

/** The feeds that notifications wake. */
export interface Feeds {
  readonly changes: PostgresFeed
  readonly arrivals: PostgresFeed
}

const listen = (
  session: PostgresSession,
  names: PostgresNames,
  handle: string,
  feeds: Feeds
): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const { client } = session
    client.on("notification", ({ channel, payload }) => {
      if (payload === handle) return
      if (channel === names.changesChannel) feeds.changes.wake()
      if (channel === names.arrivalsChannel) feeds.arrivals.wake()
    })
    const ended = Effect.callback<void>((resume) => {
      client.once("end", () => resume(Effect.void))
    })
    yield* ask(session, { name: "", text: `LISTEN ${names.changesChannel}` }, [])
    yield* ask(session, { name: "", text: `LISTEN ${names.arrivalsChannel}` }, [])
    // What came while nobody listened is looked for now.
    feeds.changes.wake()
    feeds.arrivals.wake()
    yield* Effect.raceFirst(ended, stillThere(session, names))
  })

/**
 * Asks again and again whether the server is still there, and fails once it is not: a network that drops a connection which is
 * idle tells neither end of it, and nobody writes on this one. Listening again to what one listens to changes nothing.
 */
const stillThere = (session: PostgresSession, names: PostgresNames): Effect.Effect<never, QueryFailure> => {
  const waitMillis = session.settings.connectMillis
  const statement = { name: "listen-again", text: `LISTEN ${names.arrivalsChannel}`, waitMillis }
  return Effect.forever(Effect.andThen(Effect.sleep(2 * waitMillis), ask(session, statement, [])))
}

/** Listens to other processes on a connection of its own once somebody wants news, and again whenever it is lost. */
export const followNotifications = (
  settings: PostgresSettings,
  handle: string,
  feeds: Feeds
): Effect.Effect<never> => {
  const connected = Effect.acquireUseRelease(
    openSession(settings),
    (session) => listen(session, settings.names, handle, feeds),
    endSession
  )
  const again = (attempt: number): Effect.Effect<never> =>
    Effect.matchCauseEffect(connected, {
      onSuccess: () => again(0),
      onFailure: () => Effect.andThen(pause(attempt), again(attempt + 1))
    })
  return Effect.andThen(Effect.raceFirst(feeds.changes.listening, feeds.arrivals.listening), again(0))
}
