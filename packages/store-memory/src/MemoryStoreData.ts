/**
 * What a memory store holds: the data that several handles may share, as several processes share one database. A handle
 * that is made on the data of another one sees everything that the other one wrote, which is how a test takes a run up
 * after a crash.
 */
import {
  type Artifact,
  type CachedOutput,
  CodePoints,
  type Mail,
  type StoredEvent,
  type StoredStatus
} from "@dagflow/protocol"

/** A run in memory. */
export interface MemoryRun {
  readonly runId: string
  readonly flow: string
  readonly tags: ReadonlyArray<string>
  readonly createdAtMillis: number
  updatedAtMillis: number
  status: StoredStatus
  epoch: number
  owner: string | undefined
  leaseUntilMillis: number
  leaseMillis: number
  /** Until when it is parked, if it is. */
  wakeAtMillis: number | undefined
  /** The log. Its length is the number of the last event. */
  readonly events: Array<StoredEvent>
  /** Mail by id, in the order in which it was put. */
  readonly mail: Map<string, Mail>
  /** Hashes of the artifacts that were put for it. */
  readonly artifacts: Set<string>
}

/** Whether `a` stands before `b` in the list of runs read from its end: created earlier, or of a greater id. */
const isBefore = (
  a: { readonly createdAtMillis: number; readonly runId: string },
  b: { readonly createdAtMillis: number; readonly runId: string }
): boolean =>
  a.createdAtMillis === b.createdAtMillis
    ? CodePoints.compare(a.runId, b.runId) > 0
    : a.createdAtMillis < b.createdAtMillis

/** The runs, artifacts, cached outputs and listeners of a memory store. */
export class MemoryStoreData {
  /** Runs by id. */
  readonly runs = new Map<string, MemoryRun>()
  /** Texts by hash. */
  readonly artifacts = new Map<string, string>()
  /** Outputs of actions by what was asked. */
  readonly cached = new Map<string, CachedOutput>()
  /** Called with the id of each run that changes. */
  readonly listeners = new Set<(runId: string) => void>()
  /** Called with the id of each run that gets mail. */
  readonly mailListeners = new Set<(runId: string) => void>()

  /** How many runs refer to each artifact. */
  readonly #artifactRuns = new Map<string, number>()

  /** All runs, the newest last, so that a new run usually goes to the end. */
  readonly #oldestFirst: Array<MemoryRun> = []

  /** Adds a run. */
  add(run: MemoryRun): void {
    this.runs.set(run.runId, run)
    this.#oldestFirst.splice(this.#placeOf(run), 0, run)
  }

  /** Keeps an artifact for as long as a run is kept. */
  addArtifact(run: MemoryRun, { content, hash }: Artifact): void {
    if (content !== undefined && !this.artifacts.has(hash)) this.artifacts.set(hash, content)
    if (run.artifacts.has(hash)) return
    run.artifacts.add(hash)
    this.#artifactRuns.set(hash, (this.#artifactRuns.get(hash) ?? 0) + 1)
  }

  /** The artifacts that no run refers to once these ones are gone. */
  artifactsOnlyOf(runs: ReadonlyArray<MemoryRun>): ReadonlyArray<string> {
    const counts = new Map<string, number>()
    for (const run of runs) for (const hash of run.artifacts) counts.set(hash, (counts.get(hash) ?? 0) + 1)
    return [...counts.keys()].filter(
      (hash) => counts.get(hash) === this.#artifactRuns.get(hash) && this.artifacts.has(hash)
    )
  }

  /** Removes a run with the artifacts that only it refers to. */
  remove(run: MemoryRun): void {
    for (const hash of this.artifactsOnlyOf([run])) this.artifacts.delete(hash)
    for (const hash of run.artifacts) {
      const others = (this.#artifactRuns.get(hash) ?? 1) - 1
      if (others > 0) this.#artifactRuns.set(hash, others)
      else this.#artifactRuns.delete(hash)
    }
    this.runs.delete(run.runId)
    this.#oldestFirst.splice(this.#placeOf(run), 1)
  }

  /** Goes through the runs, the newest first, from the one after a cursor on. */
  *newestFirst(
    after: { readonly createdAtMillis: number; readonly runId: string } | undefined
  ): Generator<MemoryRun> {
    let index = (after === undefined ? this.#oldestFirst.length : this.#placeOf(after)) - 1
    for (; index >= 0; index--) {
      const run = this.#oldestFirst[index]
      if (run !== undefined) yield run
    }
  }

  /** Tells everybody who listens that a run has changed. */
  notify(runId: string): void {
    for (const listener of this.listeners) listener(runId)
  }

  /** How many runs stand before this place. */
  #placeOf(place: { readonly createdAtMillis: number; readonly runId: string }): number {
    let low = 0
    let high = this.#oldestFirst.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const run = this.#oldestFirst[middle]
      if (run !== undefined && isBefore(run, place)) low = middle + 1
      else high = middle
    }
    return low
  }
}
