/**
 * What a store has to do. An adapter implements this and nothing else; it sees text, numbers and bytes, never an event.
 *
 * The rules that keep a log whole: `append` is one transaction, and it is refused unless the writer's epoch is the run's
 * and the log ends where the writer says. `claim` raises the epoch, so whoever owned the run before can no longer write.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { StoreError } from "../error/StoreError.ts"

/** An event as a store keeps it. */
export interface StoredEvent {
  /** Its number in the log of the run: 1, 2, 3 … */
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly atMillis: number
  /** Epoch of the owner that wrote it. */
  readonly epoch: number
  /** What caused it, as JSON; most events have no cause. */
  readonly cause: string | undefined
  /** The event as JSON. */
  readonly event: string
}

/** Where a run stands, for lists. */
export type StoredStatus = "running" | "paused" | "completed" | "failed" | "cancelled"

/** What a store knows of a run without reading its log. */
export interface RunRow {
  readonly runId: string
  readonly flow: string
  readonly status: StoredStatus
  readonly tags: ReadonlyArray<string>
  readonly createdAtMillis: number
  readonly updatedAtMillis: number
  /** Number of the last event. */
  readonly sequence: number
  readonly epoch: number
  /** Who owns the run, or `undefined` when nobody does. An owner whose lease is over counts as nobody. */
  readonly owner: string | undefined
  /** Until when the owner's claim holds, in milliseconds since 1970; 0 when nobody owns the run. */
  readonly leaseUntilMillis: number
}

/** A run to be created. Its first owner has epoch 1. */
export interface CreateRun {
  readonly runId: string
  readonly flow: string
  readonly tags: ReadonlyArray<string>
  readonly owner: string
  readonly nowMillis: number
  readonly leaseMillis: number
  readonly status: StoredStatus
  /** The first events, from sequence 1 on. */
  readonly events: ReadonlyArray<StoredEvent>
}

/** Events to be appended, all or none of them. */
export interface Append {
  readonly runId: string
  readonly epoch: number
  /** The sequence number that the log must end with. */
  readonly afterSequence: number
  readonly nowMillis: number
  readonly status: StoredStatus
  readonly events: ReadonlyArray<StoredEvent>
  /** Ids of the mail that these events settle; it is removed in the same transaction. */
  readonly consumed: ReadonlyArray<string>
}

/** What a claim answers. */
export type Claim =
  | { readonly _tag: "Claimed"; readonly epoch: number; readonly sequence: number }
  | { readonly _tag: "Owned"; readonly owner: string; readonly leaseUntilMillis: number }

/** A command that some process left for the owner of a run. */
export interface Mail {
  readonly id: string
  readonly atMillis: number
  /** The command as JSON. */
  readonly command: string
}

/** Which runs a list shows. Filters that are left out do not filter. */
export interface RunQuery {
  readonly flow?: string
  readonly status?: StoredStatus
  /** Runs that carry all of these tags. */
  readonly tags?: ReadonlyArray<string>
  /** At most this many, 1 to 1,000. */
  readonly limit: number
  /** `next` of the page before. */
  readonly cursor?: string
}

/** One page of a list, the newest run first; runs of one millisecond are in the order of their ids. */
export interface RunPage {
  readonly runs: ReadonlyArray<RunRow>
  /** Where the next page starts, or `undefined` when this is the last one. A run created later never moves it. */
  readonly next: string | undefined
}

/** The operations of a store. Every operation may fail with `Unavailable` or `Corrupt`; others are named. */
export interface StoreDriverShape {
  /** Technology of the store, for messages: `memory`, `sqlite` … */
  readonly name: string
  /** Creates a run with its first events, owned by its creator. Fails with `RunExists`. */
  readonly create: (run: CreateRun) => Effect.Effect<void, StoreError>
  /** Appends events. Fails with `OwnershipLost`, `SequenceConflict`, `RunNotFound`, `TooLarge`. */
  readonly append: (append: Append) => Effect.Effect<void, StoreError>
  /** Reads events after a sequence number, in order, at most `limit`. An unknown run fails with `RunNotFound`. */
  readonly read: (
    runId: string,
    afterSequence: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<StoredEvent>, StoreError>
  /** What is known of a run, or `undefined` when there is none of this id. */
  readonly get: (runId: string) => Effect.Effect<RunRow | undefined, StoreError>
  readonly list: (query: RunQuery) => Effect.Effect<RunPage, StoreError>
  /**
   * Takes a run whose owner is gone: its lease is over, or the store knows that its process is dead. The epoch rises by
   * one. `force` takes it from a living owner too. Fails with `RunNotFound`.
   */
  readonly claim: (claim: {
    readonly runId: string
    readonly owner: string
    readonly nowMillis: number
    readonly leaseMillis: number
    readonly force: boolean
  }) => Effect.Effect<Claim, StoreError>
  /** Prolongs claims. Answers the ids of the runs among them that the owner has lost. */
  readonly renew: (renewal: {
    readonly runs: ReadonlyArray<{ readonly runId: string; readonly epoch: number }>
    readonly nowMillis: number
    readonly leaseMillis: number
  }) => Effect.Effect<ReadonlyArray<string>, StoreError>
  /** Gives a run up, so that another process may take it at once. An old epoch changes nothing. */
  readonly release: (runId: string, epoch: number) => Effect.Effect<void, StoreError>
  /** Leaves a command for the owner of a run. The same id again changes nothing. Fails with `RunNotFound`. */
  readonly putMail: (runId: string, mail: Mail) => Effect.Effect<void, StoreError>
  /** The mail of a run that no append has consumed yet, in the order in which it was put. */
  readonly readMail: (runId: string, limit: number) => Effect.Effect<ReadonlyArray<Mail>, StoreError>
  /** Keeps a text under its hash. The same hash again changes nothing. */
  readonly putArtifact: (hash: string, content: string) => Effect.Effect<void, StoreError>
  readonly getArtifact: (hash: string) => Effect.Effect<string | undefined, StoreError>
  /**
   * Ids of runs that another process or engine may have written to or left mail for. It may name a run without need,
   * and it must never miss one for longer than the store's own poll interval.
   */
  readonly changes: Stream.Stream<string, StoreError>
}

/** The store that an engine writes to. */
export class StoreDriver extends Context.Service<StoreDriver, StoreDriverShape>()(
  "@dagflow/protocol/StoreDriver"
) {}
