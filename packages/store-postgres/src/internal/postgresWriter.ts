/**
 * The one writer of a store. While one batch is on its way, the requests that come collect; what has collected is the next
 * batch, of as many runs as asked, in one statement and one commit. See ADR-0030.
 *
 * A request that was sent and not answered is settled by reading back, on a connection that is opened only after the server
 * has ended the one it was sent on. Until that is possible its outcome is unknown, and whoever asked waits.
 */
import { StoreError } from "@dagflow/protocol"
import type * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import { type About, failOf, isConflict, type QueryFailure } from "./postgresFailure.ts"
import type { PostgresSession } from "./postgresSession.ts"
import { monotonicMillis } from "./monotonicMillis.ts"
import { pause } from "./pause.ts"
import type { PostgresSettings } from "./postgresSettings.ts"
import type { Settled, WriteKind } from "./writeKind.ts"
import { openFailure, type WriterSession } from "./writerSession.ts"

/** A request that waits for its turn or its answer. What its kind asks and answers is known where it was made. */
interface Pending {
  readonly kind: WriteKind<unknown, unknown>
  readonly request: unknown
  readonly about: About
  readonly askedAt: number
  readonly resume: (outcome: Effect.Effect<unknown, StoreError>) => void
  isWithdrawn: boolean
}

type Batch = ReadonlyArray<Pending>

/** Rows per statement from which on further requests wait for the next one. Measured: more is no faster. */
const batchRowsMax = 1_000

/** Bytes per statement from which on further requests wait for the next one. */
const batchBytesMax = 4 * 1024 * 1024

/** How often a statement is tried again when other transactions stand in its way. */
const conflictsMax = 10

const requestsOf = (batch: Batch): ReadonlyArray<unknown> => batch.map(({ request }) => request)

/** Writes what all runs ask for, one batch after the other. */
export class PostgresWriter {
  readonly #settings: PostgresSettings
  readonly #sessions: WriterSession
  readonly #clock: Clock.Clock
  readonly #tell: (runIds: ReadonlyArray<string>) => void
  readonly #asked = Latch.makeUnsafe(false)
  readonly #idle = Latch.makeUnsafe(true)
  #pending: Array<Pending> = []
  #inFlight: Batch = []
  #isClosed = false

  constructor(
    settings: PostgresSettings,
    sessions: WriterSession,
    clock: Clock.Clock,
    tell: (runIds: ReadonlyArray<string>) => void
  ) {
    this.#settings = settings
    this.#sessions = sessions
    this.#clock = clock
    this.#tell = tell
  }

  /** Writes with the next batch and answers once it is durable. Interrupted before it is sent, it is not written. */
  write<Request, A>(kind: WriteKind<Request, A>, request: Request): Effect.Effect<A, StoreError> {
    return Effect.callback<A, StoreError>((resume) => {
      const runId = kind.runIdOf(request)
      const about = { operation: kind.operation, ...(runId !== undefined && { runId }) }
      if (this.#isClosed) return resume(this.#unavailable(about, "the store is closed; make a new one"))
      const pending: Pending = {
        kind: kind as unknown as Pending["kind"],
        request,
        about,
        askedAt: monotonicMillis(this.#clock),
        resume: resume as Pending["resume"],
        isWithdrawn: false
      }
      this.#pending.push(pending)
      this.#idle.closeUnsafe()
      this.#asked.openUnsafe()
      return Effect.sync(() => {
        pending.isWithdrawn = true
      })
    })
  }

  /** Writes batch after batch, for ever. */
  get run(): Effect.Effect<never> {
    const turn = Effect.suspend(() => {
      this.#inFlight = this.#takeBatch()
      if (this.#inFlight.length > 0) return this.#commit(this.#inFlight)
      this.#asked.closeUnsafe()
      this.#idle.openUnsafe()
      return this.#asked.await
    })
    return Effect.forever(Effect.catchCause(turn, (cause) => this.#die(cause)))
  }

  /** A mistake in one batch ends what was asked with it, and not the writer: whoever asks later would wait for ever. */
  #die(cause: Cause.Cause<never>): Effect.Effect<void> {
    return Effect.suspend(() => {
      for (const { resume } of this.#inFlight) resume(Effect.failCause(cause))
      // Nobody knows what the connection was in the middle of.
      return this.#sessions.drop
    })
  }

  /** Writes what still waits, if the server answers in time, and refuses everything after it. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isClosed = true
      return this.#idle.await
    }).pipe(
      Effect.timeoutOrElse({ duration: this.#settings.connectMillis, orElse: () => this.#giveUp }),
      Effect.andThen(this.#sessions.close)
    )
  }

  /** The server does not answer, and the program wants to end. */
  get #giveUp(): Effect.Effect<void> {
    return Effect.sync(() => {
      const [sent, waiting] = [this.#inFlight, this.#pending]
      this.#inFlight = []
      this.#pending = []
      const unknown = "the store was closed before the server said whether this was written"
      this.#refuse(sent, (about) => this.#unavailable(about, unknown))
      this.#refuse(waiting, (about) =>
        this.#unavailable(about, "the store was closed before this was written")
      )
    })
  }

  /** The first request and all others of its kind that need not wait for one of another kind or for one of the same run. */
  #takeBatch(): Batch {
    this.#pending = this.#pending.filter(({ isWithdrawn }) => !isWithdrawn)
    const [first] = this.#pending
    if (first === undefined) return []
    const batch: Array<Pending> = []
    const rest: Array<Pending> = []
    const taken = new Set<string>()
    let rows = 0
    let bytes = 0
    for (const pending of this.#pending) {
      const { kind, request } = pending
      const key = kind.keyOf(request)
      const isFull = rows >= batchRowsMax || bytes >= batchBytesMax
      if (kind !== first.kind || isFull || taken.has(key)) rest.push(pending)
      else {
        batch.push(pending)
        rows += kind.rowsOf(request)
        bytes += kind.bytesOf(request)
      }
      // Whoever was passed over is not overtaken by a later request for the same run.
      taken.add(key)
    }
    this.#pending = rest
    return batch
  }

  #commit(batch: Batch): Effect.Effect<void> {
    const { current } = this.#sessions
    if (current !== undefined) return this.#send(current, batch, 0)
    const { place } = this.#settings
    return Effect.matchEffect(this.#connect(batch), {
      onSuccess: (session) => this.#send(session, batch, 0),
      onFailure: (failure) =>
        Effect.sync(() => this.#refuse(batch, (about) => openFailure(failure, about, place)))
    })
  }

  /** Finds a connection within the time that the oldest request has left. Nothing was sent, so nothing is unknown. */
  #connect(batch: Batch) {
    const oldest = batch.reduce((least, { askedAt }) => Math.min(least, askedAt), Infinity)
    return this.#sessions.openBefore(oldest + this.#settings.connectMillis)
  }

  #send(session: PostgresSession, batch: Batch, conflicts: number): Effect.Effect<void> {
    const [first] = batch
    if (first === undefined) return Effect.void
    return Effect.matchEffect(first.kind.write(session, requestsOf(batch)), {
      onSuccess: (outcomes) => Effect.sync(() => this.#answer(batch, outcomes)),
      onFailure: (failure) => {
        if (failure._tag === "Lost") return this.#settle(batch, 0)
        if (isConflict(failure) && conflicts < conflictsMax) {
          return Effect.andThen(pause(conflicts), this.#send(session, batch, conflicts + 1))
        }
        // One of them cannot be carried out, and nobody knows which: each gets a statement of its own.
        if (batch.length > 1) return Effect.forEach(batch, (one) => this.#commit([one]), { discard: true })
        return Effect.sync(() => this.#fail(batch, failure))
      }
    })
  }

  /** Reads back what became of requests that were sent, as soon as the server can be asked, however long that takes. */
  #settle(batch: Batch, attempts: number): Effect.Effect<void> {
    const [first] = batch
    if (first === undefined) return Effect.void
    const read = Effect.flatMap(this.#sessions.open, (session) =>
      first.kind.settle(session, requestsOf(batch))
    )
    return Effect.andThen(
      this.#sessions.drop,
      Effect.matchEffect(read, {
        onSuccess: (settled) => Effect.sync(() => this.#answer(batch, settled)),
        onFailure: () => Effect.andThen(pause(attempts), this.#settle(batch, attempts + 1))
      })
    )
  }

  #answer(batch: Batch, outcomes: ReadonlyArray<Settled<unknown>>): void {
    const changed: Array<string> = []
    const again: Array<Pending> = []
    for (const [index, pending] of batch.entries()) {
      const outcome: Settled<unknown> | undefined = outcomes[index]
      if (outcome === "again") again.push(pending)
      else if (outcome === "absent" || outcome === undefined) {
        const message = "the connection was lost before the write took place; try again"
        pending.resume(this.#unavailable(pending.about, message))
      } else {
        if (Exit.isSuccess(outcome)) {
          const runId = pending.kind.changedBy(pending.request, outcome.value)
          if (runId !== undefined) changed.push(runId)
        }
        pending.resume(outcome)
      }
    }
    if (again.length > 0) this.#pending = again.concat(this.#pending)
    if (changed.length > 0) this.#tell(changed)
  }

  #fail(batch: Batch, failure: QueryFailure): void {
    this.#refuse(batch, (about) => failOf(failure, about, this.#settings.place))
  }

  #refuse(batch: Batch, refusal: (about: About) => Effect.Effect<never, StoreError>): void {
    for (const { about, resume } of batch) resume(refusal(about))
  }

  #unavailable(about: About, message: string): Effect.Effect<never, StoreError> {
    const text = `${this.#settings.place}: ${message}`
    return Effect.fail(new StoreError({ ...about, reason: { _tag: "Unavailable", message: text } }))
  }
}
