/** The operations of a store as SQL. Every one that writes goes through one writer, which groups them. */
import {
  type Append,
  type Claim,
  type CreateRun,
  type Mail,
  RunCursor,
  type RunPage,
  type RunQuery,
  type RunRow,
  type StoreDriverShape,
  StoreError,
  type StoreReason,
  StoreRequest,
  type StoredEvent,
  type StoredStatus
} from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Effect from "effect/Effect"
import { GroupCommit } from "./internal/groupCommit.ts"
import { isKnownDead, thisProcess } from "./internal/processIdentity.ts"
import type { SqliteChanges } from "./internal/SqliteChanges.ts"
import { sqliteFailure } from "./internal/sqliteFailure.ts"
import { listRuns } from "./internal/listRuns.ts"
import { prepareStatements, type RunRecord, type Statements } from "./internal/statements.ts"

type Operations = Omit<StoreDriverShape, "name" | "changes" | "arrivals">
type Outcome<A> = Effect.Effect<A, StoreError>

const failed = (operation: string, runId: string, reason: StoreReason): Outcome<never> =>
  Effect.fail(new StoreError({ operation, runId, reason }))

const notFound = (operation: string, runId: string): Outcome<never> =>
  failed(operation, runId, { _tag: "RunNotFound" })

/** What is known of a run, from its row. */
export const rowOf = (record: RunRecord): RunRow => ({
  runId: record.run_id,
  flow: record.flow,
  status: record.status as StoredStatus,
  tags: JSON.parse(record.tags) as ReadonlyArray<string>,
  createdAtMillis: record.created_at,
  updatedAtMillis: record.updated_at,
  sequence: record.sequence,
  epoch: record.epoch,
  owner: record.owner ?? undefined,
  leaseUntilMillis: record.lease_until
})

/** A store in one SQLite file. */
export class SqliteStoreDriver implements Operations {
  readonly #database: Database
  readonly #statements: Statements
  readonly #writer: GroupCommit
  readonly #changes: SqliteChanges

  constructor(database: Database, changes: SqliteChanges) {
    this.#database = database
    this.#statements = prepareStatements(database)
    this.#writer = new GroupCommit(database)
    this.#changes = changes
  }

  readonly create = (run: CreateRun): Outcome<void> =>
    this.#checked(StoreRequest.refuseCreate(run), () =>
      this.#writer.write("create", run.runId, () => this.#create(run))
    )

  readonly append = (append: Append): Outcome<void> =>
    this.#checked(StoreRequest.refuseAppend(append), () =>
      this.#writer.write("append", append.runId, () => this.#append(append))
    )

  readonly read = (
    runId: string,
    afterSequence: number,
    limit: number
  ): Outcome<ReadonlyArray<StoredEvent>> =>
    this.#reading("read", runId, () => {
      const run = this.#statements.run.get(runId)
      if (run === undefined) return notFound("read", runId)
      const after = Math.max(0, afterSequence)
      const wanted = Math.min(StoreRequest.rows(limit, 0, run.sequence), Math.max(0, run.sequence - after))
      const rows = this.#statements.events.all(run.key, after, wanted)
      if (rows.length !== wanted || (rows[0] !== undefined && rows[0].sequence !== after + 1)) {
        const message = `events after ${after} are missing from the log, which ends with ${run.sequence}`
        return failed("read", runId, { _tag: "Corrupt", message })
      }
      return Effect.succeed(
        rows.map(({ at, cause, epoch, event, sequence }) => ({
          sequence,
          atMillis: at,
          epoch,
          cause: cause ?? undefined,
          event
        }))
      )
    })

  readonly get = (runId: string): Outcome<RunRow | undefined> =>
    this.#reading("get", runId, () => {
      const run = this.#statements.run.get(runId)
      return Effect.succeed(run === undefined ? undefined : rowOf(run))
    })

  readonly list = (query: RunQuery): Outcome<RunPage> =>
    this.#checked(StoreRequest.refuseQuery(query), () =>
      this.#reading("list", undefined, () => {
        const limit = StoreRequest.pageRuns(query)
        const runs = listRuns(this.#database, query, limit + 1).map(rowOf)
        const last = runs.length > limit ? runs[limit - 1] : undefined
        return Effect.succeed({
          runs: runs.slice(0, limit),
          next: last === undefined ? undefined : RunCursor.encode(last)
        })
      })
    )

  readonly claim = (claim: Parameters<Operations["claim"]>[0]): Outcome<Claim> =>
    this.#checked(StoreRequest.refuseClaim(claim), () =>
      this.#writer.write("claim", claim.runId, () => this.#claim(claim))
    )

  readonly renew = (renewal: Parameters<Operations["renew"]>[0]): Outcome<ReadonlyArray<string>> =>
    this.#writer.write("renew", renewal.runs[0]?.runId ?? "", () => {
      const until = renewal.nowMillis + renewal.leaseMillis
      const lost = renewal.runs.filter(
        ({ epoch, runId }) => this.#statements.renew.run(until, runId, epoch).changes === 0
      )
      return Effect.succeed(lost.map(({ runId }) => runId))
    })

  readonly release = (runId: string, epoch: number): Outcome<void> =>
    this.#writer.write("release", runId, () => {
      const { changes } = this.#statements.release.run(this.#nextChange(), runId, epoch)
      if (changes > 0) this.#changes.tell(runId)
      return Effect.void
    })

  readonly putMail = (runId: string, mail: Mail): Outcome<void> =>
    this.#checked(StoreRequest.refuseMail(runId, mail), () =>
      this.#writer.write("putMail", runId, () => {
        const run = this.#statements.run.get(runId)
        if (run === undefined) return notFound("putMail", runId)
        this.#statements.putMail.run(run.key, mail.id, mail.atMillis, mail.command)
        this.#statements.touch.run(this.#nextChange(), run.key)
        this.#changes.tell(runId)
        this.#changes.tellOfMail(runId)
        return Effect.void
      })
    )

  readonly readMail = (runId: string, limit: number): Outcome<ReadonlyArray<Mail>> =>
    this.#reading("readMail", runId, () => {
      const letters = this.#statements.mail.all(runId, StoreRequest.rows(limit, 0, Number.MAX_SAFE_INTEGER))
      return Effect.succeed(letters.map(({ at, command, id }) => ({ id, atMillis: at, command })))
    })

  readonly putArtifact = (hash: string, content: string): Outcome<void> =>
    this.#checked(StoreRequest.refuseArtifact(hash, content), () =>
      this.#writer.write("putArtifact", "", () => {
        this.#statements.putArtifact.run(hash, content)
        return Effect.void
      })
    )

  readonly getArtifact = (hash: string): Outcome<string | undefined> =>
    this.#reading("getArtifact", undefined, () =>
      Effect.succeed(this.#statements.artifact.get(hash)?.content)
    )

  /** Commits what waits, before the file is closed. */
  flush(): void {
    this.#writer.flush()
  }

  #checked<A>(refusal: StoreError | undefined, go: () => Outcome<A>): Outcome<A> {
    return refusal === undefined ? go() : Effect.fail(refusal)
  }

  #reading<A>(operation: string, runId: string | undefined, read: () => Outcome<A>): Outcome<A> {
    return Effect.suspend(() => {
      try {
        return read()
      } catch (cause) {
        return Effect.fail(sqliteFailure(cause, operation, runId))
      }
    })
  }

  #nextChange(): number {
    return this.#statements.nextChange.get()?.value ?? 0
  }

  #create(run: CreateRun): Outcome<void> {
    const { events, flow, leaseMillis, nowMillis, owner, runId, status, tags } = run
    if (this.#statements.run.get(runId) !== undefined) return failed("create", runId, { _tag: "RunExists" })
    const { lastInsertRowid } = this.#statements.create.run({
      runId,
      flow,
      status,
      tags: JSON.stringify(tags),
      now: nowMillis,
      sequence: events.length,
      owner,
      process: thisProcess,
      until: nowMillis + leaseMillis,
      change: this.#nextChange()
    })
    this.#insert(Number(lastInsertRowid), events)
    this.#changes.tell(runId)
    return Effect.void
  }

  #append(append: Append): Outcome<void> {
    const { afterSequence, consumed, epoch, events, nowMillis, runId, status } = append
    const sequence = afterSequence + events.length
    const change = this.#nextChange()
    const key = this.#statements.fence.get(
      sequence,
      status,
      nowMillis,
      change,
      runId,
      epoch,
      afterSequence
    )?.key
    if (key === undefined) return this.#refuseAppend(append)
    this.#insert(key, events)
    for (const id of consumed) this.#statements.consume.run(key, id)
    this.#changes.tell(runId)
    return Effect.void
  }

  #insert(key: number, events: ReadonlyArray<StoredEvent>): void {
    const { insert } = this.#statements
    for (const { atMillis, cause, epoch, event, sequence } of events) {
      insert.run(key, sequence, atMillis, epoch, cause ?? null, event)
    }
  }

  #refuseAppend({ afterSequence, epoch, runId }: Append): Outcome<never> {
    const run = this.#statements.run.get(runId)
    if (run === undefined) return notFound("append", runId)
    if (run.epoch !== epoch) {
      return failed("append", runId, { _tag: "OwnershipLost", epoch, actual: run.epoch })
    }
    return failed("append", runId, {
      _tag: "SequenceConflict",
      expected: afterSequence,
      actual: run.sequence
    })
  }

  #claim(claim: Parameters<Operations["claim"]>[0]): Outcome<Claim> {
    const { force, leaseMillis, nowMillis, owner, runId } = claim
    const run = this.#statements.run.get(runId)
    if (run === undefined) return notFound("claim", runId)
    const isHeld = run.owner !== null && run.lease_until > nowMillis && !isKnownDead(run.owner_process)
    if (isHeld && !force) {
      return Effect.succeed({ _tag: "Owned", owner: run.owner ?? "", leaseUntilMillis: run.lease_until })
    }
    const epoch = run.epoch + 1
    const until = nowMillis + leaseMillis
    this.#statements.claim.run(epoch, owner, thisProcess, until, this.#nextChange(), run.key)
    this.#changes.tell(runId)
    return Effect.succeed({ _tag: "Claimed", epoch, sequence: run.sequence })
  }
}
