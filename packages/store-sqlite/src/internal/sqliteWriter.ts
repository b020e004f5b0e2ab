/**
 * The one writer of a connection. It gathers the writes of all runs that ask within one turn of the event loop and
 * commits them as one transaction, so that a thousand runs cost one write to disk. See ADR-0005.
 *
 * There are no savepoints: each member of a group looks before it writes, and one that is refused has written nothing.
 * If a statement of a member fails all the same, the group is rolled back and each member tried alone, so that it fails
 * only itself. If the transaction as a whole fails, all of its members fail, and none of them was written.
 */
import { StoreError } from "@dagflow/protocol"
import type { Statement } from "better-sqlite3"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scheduler from "effect/Scheduler"
import { monotonicMillis } from "./monotonicMillis.ts"
import { type About, failure, pauseMillis, type SqliteConnection } from "./sqliteConnection.ts"
import { isBusy } from "./sqliteFailure.ts"

/** The transaction that a member writes in. */
export interface SqliteTransaction {
  /** Its number, to be left on every run that it changes. */
  readonly change: number
  /** Ids of the runs that it changes. */
  readonly changed: Array<string>
  /** Ids of the runs that it leaves mail for. */
  readonly mailed: Array<string>
}

/** What one member does. It fails without having written anything, and it may be asked again. */
export type Write<A> = (transaction: SqliteTransaction) => Exit.Exit<A, StoreError>

interface Pending {
  readonly about: About
  readonly weight: number
  readonly write: Write<unknown>
  readonly resume: (outcome: Effect.Effect<unknown, StoreError>) => void
  outcome: Exit.Exit<unknown, StoreError>
  isWithdrawn: boolean
  busySince: number | undefined
}

/** A failed transaction, and whether a member's statement failed or the transaction as a whole. */
interface Failed {
  readonly error: unknown
  readonly inMember: boolean
}

/** What the writer needs of the runtime: turns of the event loop, time, and a way to come back after a while. */
export interface WriterRuntime {
  readonly dispatcher: Scheduler.SchedulerDispatcher
  readonly clock: Clock.Clock
  readonly later: (millis: number, task: () => void) => void
}

/** Rows per transaction from which on further writes wait for the next turn, so that nothing else waits for long. */
const groupRowsMax = 512

/** Commits what is written to one connection. */
export class SqliteWriter {
  readonly #connection: SqliteConnection
  readonly #runtime: WriterRuntime
  readonly #begin: Statement
  readonly #commit: Statement
  readonly #rollback: Statement
  readonly #nextChange: Statement<[], number>
  #pending: Array<Pending> = []
  #isScheduled = false
  #isWaiting = false
  #isClosed = false

  constructor(connection: SqliteConnection, runtime: WriterRuntime) {
    const { database } = connection
    this.#connection = connection
    this.#runtime = runtime
    this.#begin = database.prepare("BEGIN IMMEDIATE")
    this.#commit = database.prepare("COMMIT")
    this.#rollback = database.prepare("ROLLBACK")
    this.#nextChange = database
      .prepare<[], number>("SELECT max(ifnull(max(change), 0), (SELECT change FROM pruned)) + 1 FROM run")
      .pluck()
  }

  /**
   * Writes with the next group and answers once it is durable. `rows` is about how many rows it writes. There is no limit
   * to how much may wait here, since whoever asked waits too. Interrupted before its turn, it is not written.
   */
  write<A>(about: About, rows: number, write: Write<A>): Effect.Effect<A, StoreError> {
    return Effect.callback<A, StoreError>((resume) => {
      if (this.#isClosed) return resume(closed(this.#connection, about))
      const pending: Pending = {
        about,
        weight: rows,
        write,
        // The outcome is what `write` answered, so its type is known here and nowhere else.
        resume: resume as Pending["resume"],
        outcome: Exit.void,
        isWithdrawn: false,
        busySince: undefined
      }
      this.#pending.push(pending)
      this.#schedule()
      return Effect.sync(() => {
        pending.isWithdrawn = true
      })
    })
  }

  /** Commits what still waits, if the lock is free, and refuses everything after it. */
  close(): void {
    this.#isClosed = true
    while (this.#pending.length > 0) {
      const group = this.#takeGroup()
      const failed = this.#transact(group)
      if (failed === undefined) this.#succeed(group)
      else this.#fail(group, failed.error)
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWaiting) return
    this.#isScheduled = true
    this.#runtime.dispatcher.scheduleTask(() => {
      this.#isScheduled = false
      this.#flush()
    }, 0)
  }

  #flush(): void {
    const group = this.#takeGroup()
    if (group.length > 0) this.#settle(group)
    if (this.#pending.length > 0) this.#schedule()
  }

  #takeGroup(): Array<Pending> {
    let rows = 0
    let count = 0
    for (const pending of this.#pending) {
      if (rows >= groupRowsMax) break
      rows += pending.weight
      count++
    }
    return this.#pending.splice(0, count).filter((pending) => !pending.isWithdrawn)
  }

  #settle(group: ReadonlyArray<Pending>): void {
    const failed = this.#transact(group)
    if (failed === undefined) this.#succeed(group)
    else if (isBusy(failed.error)) this.#waitForLock(group, failed.error)
    else if (failed.inMember && group.length > 1) this.#settleEach(group)
    else this.#fail(group, failed.error)
  }

  /** One member's statement failed, and nobody knows whose: each gets a transaction of its own. */
  #settleEach(group: ReadonlyArray<Pending>): void {
    for (const [index, member] of group.entries()) {
      if (member.isWithdrawn) continue
      const failed = this.#transact([member])
      if (failed === undefined) this.#succeed([member])
      else if (isBusy(failed.error)) return this.#waitForLock(group.slice(index), failed.error)
      else this.#fail([member], failed.error)
    }
  }

  #transact(group: ReadonlyArray<Pending>): Failed | undefined {
    let inMember = false
    const [changed, mailed]: [Array<string>, Array<string>] = [[], []]
    try {
      this.#connection.assertInPlace()
      this.#begin.run()
      const transaction = { change: this.#nextChange.get() ?? 1, changed, mailed }
      inMember = true
      for (const member of group) member.outcome = member.write(transaction)
      inMember = false
      this.#commit.run()
    } catch (error) {
      // A failed rollback is no news: the transaction has failed, and what is left of it ends with the connection.
      if (this.#connection.database.inTransaction) Result.try(() => this.#rollback.run())
      return { error, inMember }
    }
    for (const listener of this.#connection.changeListeners) for (const runId of changed) listener(runId)
    for (const listener of this.#connection.mailListeners) for (const runId of mailed) listener(runId)
    return undefined
  }

  #succeed(group: ReadonlyArray<Pending>): void {
    for (const member of group) member.resume(member.outcome)
  }

  #fail(group: ReadonlyArray<Pending>, error: unknown): void {
    for (const member of group) member.resume(failure(this.#connection, member.about, error))
  }

  /** Another process is writing: tries again after a pause, until a member has waited for as long as it may. */
  #waitForLock(group: ReadonlyArray<Pending>, error: unknown): void {
    const now = monotonicMillis(this.#runtime.clock)
    const [expired, patient]: [Array<Pending>, Array<Pending>] = [[], []]
    for (const member of group) {
      member.busySince ??= now
      const isExpired = now - member.busySince >= this.#connection.busyTimeoutMillis
      ;(isExpired ? expired : patient).push(member)
    }
    this.#pending = patient.concat(this.#pending)
    this.#fail(expired, error)
    if (this.#pending.length === 0) return
    this.#isWaiting = true
    this.#runtime.later(pauseMillis, () => {
      this.#isWaiting = false
      this.#flush()
    })
  }
}

const closed = (connection: SqliteConnection, about: About): Effect.Effect<never, StoreError> =>
  Effect.fail(
    new StoreError({
      ...about,
      reason: { _tag: "Unavailable", message: `${connection.path}: the store is closed; make a new one` }
    })
  )
