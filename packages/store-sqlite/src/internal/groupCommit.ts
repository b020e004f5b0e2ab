/**
 * Writes of all runs that come in during one turn of the event loop share one transaction, since what a transaction costs
 * is its end: measured, a hundred events in one transaction take four times as long as one event in its own.
 */
import type { StoreError } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Effect from "effect/Effect"
import { sqliteFailure } from "./sqliteFailure.ts"

interface Write {
  readonly operation: string
  readonly runId: string
  /** Writes inside the transaction, or answers why it wrote nothing. */
  readonly run: () => Effect.Effect<unknown, StoreError>
  readonly resume: (outcome: Effect.Effect<unknown, StoreError>) => void
}

/** Writes of one transaction at most, so that one does not hold the event loop for long. */
const writesMax = 256

/** Gathers writes and commits them together. */
export class GroupCommit {
  readonly #database: Database
  #waiting: Array<Write> = []
  #isScheduled = false

  constructor(database: Database) {
    this.#database = database
  }

  /** Runs a write in the next transaction. It takes place wholly or not at all; its failure leaves the others alone. */
  write<A>(
    operation: string,
    runId: string,
    run: () => Effect.Effect<A, StoreError>
  ): Effect.Effect<A, StoreError> {
    return Effect.callback<A, StoreError>((resume) => {
      const write: Write = {
        operation,
        runId,
        run,
        resume: (outcome) => resume(outcome as Effect.Effect<A, StoreError>)
      }
      this.#waiting.push(write)
      if (!this.#isScheduled) {
        this.#isScheduled = true
        setImmediate(() => this.#flush())
      }
      // An interrupted write that is still waiting is taken back; one that was committed has taken place.
      return Effect.sync(() => {
        this.#waiting = this.#waiting.filter((one) => one !== write)
      })
    })
  }

  /** Commits what waits, now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#flush()
  }

  #flush(): void {
    const writes = this.#waiting.splice(0, writesMax)
    this.#isScheduled = this.#waiting.length > 0
    if (this.#isScheduled) setImmediate(() => this.#flush())
    if (writes.length > 0) this.#commit(writes)
  }

  #commit(writes: ReadonlyArray<Write>): void {
    const outcomes: Array<Effect.Effect<unknown, StoreError>> = []
    try {
      this.#database.exec("BEGIN IMMEDIATE")
      for (const write of writes) outcomes.push(write.run())
      this.#database.exec("COMMIT")
    } catch (cause) {
      this.#abandon(writes, cause)
      return
    }
    writes.forEach((write, index) => write.resume(outcomes[index] ?? Effect.void))
  }

  /** The transaction has failed, and nothing of it took place. Each write is tried alone, since one may be at fault. */
  #abandon(writes: ReadonlyArray<Write>, cause: unknown): void {
    if (this.#database.open && this.#database.inTransaction) this.#database.exec("ROLLBACK")
    const [first] = writes
    if (first === undefined) return
    if (writes.length === 1 || !this.#database.open) {
      for (const write of writes) {
        write.resume(Effect.fail(sqliteFailure(cause, write.operation, write.runId)))
      }
      return
    }
    for (const write of writes) this.#commit([write])
  }
}
