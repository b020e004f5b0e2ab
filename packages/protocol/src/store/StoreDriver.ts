/**
 * What a store has to do. An adapter implements this and nothing else; it sees text, numbers and bytes, never an event.
 *
 * The rules that keep a log whole: `append` is one transaction, and it is refused unless the writer's epoch is the run's
 * and the log ends where the writer says. `claim` raises the epoch, so whoever owned the run before can no longer write.
 *
 * A store never looks at the clock and never guesses: time comes with the request, and a write that failed did not take
 * place. Ids, flows and tags are any well-formed text, compared code point by code point, without wildcards. What every
 * adapter has to refuse before it looks at its data is in `StoreRequest`, the cursor of lists in `RunCursor`, and what becomes
 * of the row of a run in `RowChange`. What a store gives may lack keys that are `undefined`, as JSON does.
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
  /**
   * Who claimed the run last, or `undefined` after a release. Whoever reads it counts an owner whose lease is over as
   * nobody, since the store does not look at the clock.
   */
  readonly owner: string | undefined
  /**
   * Until when the owner's claim holds by the owner's clock, in milliseconds since 1970, that moment excluded; 0 after a
   * release.
   */
  readonly leaseUntilMillis: number
  /** For how long the owner's claim was made or prolonged the last time; 0 after a release. */
  readonly leaseMillis: number
  /**
   * The run is parked: nobody need own it before this moment, in milliseconds since 1970, unless mail comes. `neverMillis`:
   * only mail wakes it. Absent: it is not parked, so somebody should own it until it has ended.
   */
  readonly wakeAtMillis?: number
}

/** The moment until which a run is parked that only mail wakes. */
export const neverMillis: number = Number.MAX_SAFE_INTEGER

/** A run to be created. Its first owner has epoch 1, and both times of the run are `nowMillis`. */
export interface CreateRun {
  readonly runId: string
  readonly flow: string
  readonly tags: ReadonlyArray<string>
  readonly owner: string
  readonly nowMillis: number
  readonly leaseMillis: number
  readonly status: StoredStatus
  /** The first events, numbered from 1 on without gaps. */
  readonly events: ReadonlyArray<StoredEvent>
  /** Texts that the first events refer to, put in the same transaction. A run that begins anew has none. Ability `artifacts`. */
  readonly artifacts?: ReadonlyArray<Artifact>
}

/** A text that is kept once, by its hash, for all runs that refer to it. */
export interface Artifact {
  readonly hash: string
  /** The text; `undefined` when the store has it already, put for another run. */
  readonly content: string | undefined
}

/** Events to be appended, all or none of them. Without events it still writes the status and removes the mail. */
export interface Append {
  readonly runId: string
  readonly epoch: number
  /** The sequence number that the log must end with; the events go on from the next one without gaps. */
  readonly afterSequence: number
  readonly nowMillis: number
  readonly status: StoredStatus
  readonly events: ReadonlyArray<StoredEvent>
  /** Ids of the mail that these events settle; it is removed in the same transaction. Unknown ids change nothing. */
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
  /** Runs created at this moment or later, in milliseconds since 1970. */
  readonly createdFromMillis?: number
  /** Runs created before this moment, in milliseconds since 1970. */
  readonly createdBeforeMillis?: number
  /**
   * Runs that have not ended and that somebody should own at this moment, in milliseconds since 1970: those that are not
   * parked, and those that are parked until then or earlier. However many are parked for longer, they cost nothing. Asked
   * only of stores with the ability `parking`.
   */
  readonly dueAtMillis?: number
  /** At most this many. Less than 1 counts as 1, more than 1,000 as 1,000. */
  readonly limit: number
  /** `next` of the page before. */
  readonly cursor?: string
}

/** One page of a list, the newest run first; runs of one millisecond are in the order of their ids' code points. */
export interface RunPage {
  readonly runs: ReadonlyArray<RunRow>
  /** Where the next page starts, or `undefined` when this is the last one. A run created later never moves it. */
  readonly next: string | undefined
}

/** A run that its owner gives up because all that remains of it waits. */
export interface Parking {
  readonly runId: string
  readonly epoch: number
  /** When it is to be taken up at the latest, in milliseconds since 1970, 0 or more; `neverMillis`: when mail comes. */
  readonly wakeAtMillis: number
}

/** What an action gave, kept for whoever asks it the same again. */
export interface CachedOutput {
  /** Says what was asked: the action, its version and its inputs. */
  readonly key: string
  /** The outputs as JSON. */
  readonly content: string
  /** When they were recorded, in milliseconds since 1970. */
  readonly atMillis: number
  /** From when on they are not given any more, in milliseconds since 1970; `undefined`: they stay until they are replaced. */
  readonly expiresAtMillis: number | undefined
}

/** What is to be deleted. */
export interface Prune {
  /** Runs that have ended and were last written to before this moment, in milliseconds since 1970. */
  readonly endedBeforeMillis: number
  /** Cached outputs that expire at this moment or earlier go too. */
  readonly nowMillis: number
  /** At most this many runs, those that were last written to the longest ago. Less than 1 counts as 1. */
  readonly limit: number
  /** Only answers what would be deleted. */
  readonly isDryRun: boolean
}

/** What was deleted, or would be. */
export interface Pruned {
  /** Ids of the runs, in the order in which they were last written to, those of one millisecond by their code points. */
  readonly runIds: ReadonlyArray<string>
  /** How many events they had. */
  readonly eventCount: number
  /** How many artifacts no run refers to any more. */
  readonly artifactCount: number
  /** How many cached outputs had expired. */
  readonly cachedCount: number
}

/**
 * What a store offers beyond what every store does. What it does not offer, it refuses with `Unsupported`; `StoreAbility`
 * has the refusals ready.
 */
export interface StoreAbilities {
  /** `changes` and `arrivals` tell of what others did. Without it an engine looks for itself, by default every second. */
  readonly notify: boolean
  /** `putArtifact` and `getArtifact` keep large texts. Without it large outputs stay in the log. */
  readonly artifacts: boolean
  /** `putCached` and `getCached` keep outputs for later runs. Without it every output is made anew. */
  readonly cache: boolean
  /** `prune` deletes runs. Without it runs stay until somebody deletes them by other means. */
  readonly prune: boolean
  /** Several processes may open the same data, together or one after the other. */
  readonly sharedProcesses: boolean
  /** `claim` takes a run whose owner's process is known to be dead although its lease holds, with or without `force`. */
  readonly deadOwners: boolean
  /** `park` keeps runs that only wait until it is time. Without it they keep an owner, or wait for one to look at them. */
  readonly parking: boolean
}

/**
 * The operations of a store. Every operation may fail with `Unavailable` or `Corrupt`; others are named. Whatever writes
 * a text may also fail with `TooLarge`, and with `Unsupported` when the text is not well-formed Unicode. Numbers that
 * are not finite and events that are not numbered without gaps are defects of the caller.
 *
 * A write that is interrupted before it reached the store is taken back.
 */
export interface StoreDriverShape {
  /** Technology of the store, for messages: `memory`, `sqlite` … */
  readonly name: string
  /** What it offers beyond what every store does. */
  readonly abilities: StoreAbilities
  /**
   * Creates a run with its first events, owned by its creator. Fails with `RunExists`, else with `Corrupt` when it refers to
   * an artifact without bringing its text and the store has none of that hash: it may have been pruned a moment ago.
   */
  readonly create: (run: CreateRun) => Effect.Effect<void, StoreError>
  /**
   * Appends events. Fails with `RunNotFound`, with `OwnershipLost` when the epoch is not the run's, else with
   * `SequenceConflict` when the log ends elsewhere. A lease that is over does not matter while nobody has claimed the run.
   */
  readonly append: (append: Append) => Effect.Effect<void, StoreError>
  /**
   * Reads events after a sequence number, in order and without gaps, at most `limit`. An unknown run fails with
   * `RunNotFound`; events that ought to be there and are not fail with `Corrupt`.
   */
  readonly read: (
    runId: string,
    afterSequence: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<StoredEvent>, StoreError>
  /** What is known of a run, or `undefined` when there is none of this id. */
  readonly get: (runId: string) => Effect.Effect<RunRow | undefined, StoreError>
  /** Lists runs. A cursor that the store did not give out fails with `Unsupported`. */
  readonly list: (query: RunQuery) => Effect.Effect<RunPage, StoreError>
  /**
   * Takes a run whose owner is gone: its lease is over, or the store knows that its process is dead. The epoch rises by
   * one. `force` takes it from a living owner too. The name of the owner does not matter: whoever finds a claim of its
   * own name did not make it, or would know the epoch. Fails with `RunNotFound`.
   *
   * Clocks of two machines may differ by hours. Whoever has watched a claim for as long as its lease, by its own clock,
   * and has not seen it prolonged, names it in `watched`: while the run is still held by exactly this claim, it counts as
   * over, whatever the time. A claim that is not the named one does not count as over by its time either: only whoever
   * names none believes in clocks.
   */
  readonly claim: (claim: {
    readonly runId: string
    readonly owner: string
    readonly nowMillis: number
    readonly leaseMillis: number
    readonly force: boolean
    readonly watched?: { readonly epoch: number; readonly leaseUntilMillis: number }
  }) => Effect.Effect<Claim, StoreError>
  /**
   * Prolongs claims until `nowMillis + leaseMillis`, also one whose lease is over but that nobody took. Answers the ids
   * of the runs among them that the owner has lost or released.
   */
  readonly renew: (renewal: {
    readonly runs: ReadonlyArray<{ readonly runId: string; readonly epoch: number }>
    readonly nowMillis: number
    readonly leaseMillis: number
  }) => Effect.Effect<ReadonlyArray<string>, StoreError>
  /** Gives a run up, so that another process may take it at once. An old epoch or an unknown run changes nothing. */
  readonly release: (runId: string, epoch: number) => Effect.Effect<void, StoreError>
  /**
   * Gives a run up as `release` does, and notes until when nobody need own it. Answers whether it did: it changes nothing
   * when the epoch is old, when nobody owns the run, or when there is mail, which its owner has to read first. Mail that is
   * put later and a claim end the parking, in the same transaction, so that no mail lies in a parked run. Ability `parking`.
   */
  readonly park: (parking: Parking) => Effect.Effect<boolean, StoreError>
  /**
   * The first moment after this one until which a run is parked that has not ended, or `undefined` when there is none.
   * Ability `parking`.
   */
  readonly nextWake: (afterMillis: number) => Effect.Effect<number | undefined, StoreError>
  /**
   * Leaves a command for the owner of a run. While it lies there, the same id again changes nothing. Fails with
   * `RunNotFound`.
   */
  readonly putMail: (runId: string, mail: Mail) => Effect.Effect<void, StoreError>
  /** The mail of a run that no append has consumed yet, in the order in which it was put. An unknown run has none. */
  readonly readMail: (runId: string, limit: number) => Effect.Effect<ReadonlyArray<Mail>, StoreError>
  /**
   * Keeps a text under its hash, for as long as the run is kept. The same hash again keeps the text that is there, for
   * this run too. Fails with `RunNotFound`. Ability `artifacts`.
   */
  readonly putArtifact: (runId: string, hash: string, content: string) => Effect.Effect<void, StoreError>
  /** The text of a hash, or `undefined` when none was kept. Ability `artifacts`. */
  readonly getArtifact: (hash: string) => Effect.Effect<string | undefined, StoreError>
  /** Keeps outputs under their key. The same key again replaces what is there. Ability `cache`. */
  readonly putCached: (output: CachedOutput) => Effect.Effect<void, StoreError>
  /**
   * The outputs under a key, or `undefined` when there are none or they expire at `nowMillis` or earlier. Ability `cache`.
   */
  readonly getCached: (key: string, nowMillis: number) => Effect.Effect<CachedOutput | undefined, StoreError>
  /**
   * Deletes runs that ended a while ago with all that belongs to them: events, mail, tags, and the artifacts that no other
   * run refers to. A run that has not ended is never touched, however old it is. A run goes wholly or not at all; when it
   * fails half-way, some runs may be gone. Nobody is told of it by `changes`. Ability `prune`.
   */
  readonly prune: (prune: Prune) => Effect.Effect<Pruned, StoreError>
  /**
   * Ids of runs that another process or engine may have created, written to, claimed, released or left mail for since
   * the stream was started. It may name a run more often than it changed, but not for a request that changed nothing, and
   * it must never miss one for longer than the store's own poll interval. A slow reader is told of a run once, however
   * often it changed meanwhile. Ability `notify`.
   */
  readonly changes: Stream.Stream<string, StoreError>
  /**
   * Ids of runs whose mail has grown since the stream began, whoever put it. It may name a run more often than that, but
   * not for a write to its log, and it must never miss one for longer than the store's own poll interval. Owners of runs
   * listen to this. Ability `notify`.
   */
  readonly arrivals: Stream.Stream<string, StoreError>
}

/** The store that an engine writes to. */
export class StoreDriver extends Context.Service<StoreDriver, StoreDriverShape>()(
  "@dagflow/protocol/StoreDriver"
) {}
