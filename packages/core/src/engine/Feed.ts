/** What happens in a run, for everybody who follows it. Recorded events are never lost to a reader, however slow. */
import type { Envelope, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"
import { LiveReader, type Unrecorded } from "./liveReader.ts"
import type { LiveMessage } from "./RunHandle.ts"

/** What a follower is given at once, and the event up to which it has then been given everything. */
interface LivePage {
  readonly cursor: number
  readonly messages: ReadonlyArray<LiveMessage>
}

/** Recorded events that are kept in memory while somebody follows; a reader further behind reads the store. */
const recentMax = 16_384

/** Events that a follower is given at once, so that a quick one does not hold up the run. */
const pageMax = 1024

/** The feed of one run. */
export class Feed {
  readonly #store: RunStore
  readonly #runId: string
  #waiting: Array<Latch.Latch> = []
  readonly #live = new Set<LiveReader>()
  #recent: Array<Envelope.Envelope> = []
  #readers = 0
  #sequence: number
  #isClosed = false

  /** `recorded` are the last events that are durable already, when the maker of the feed has them at hand. */
  constructor(store: RunStore, runId: string, sequence: number, recorded: ReadonlyArray<Envelope.Envelope>) {
    this.#store = store
    this.#runId = runId
    this.#sequence = sequence
    this.#recent = [...recorded]
  }

  /** Keeps what is published from now on, for followers who are about to come. */
  retain(): void {
    this.#readers++
  }

  /** Number of the last durable event. */
  get sequence(): number {
    return this.#sequence
  }

  /** Publishes events that have just become durable. */
  publish(envelopes: ReadonlyArray<Envelope.Envelope>): void {
    const last = envelopes.at(-1)
    if (last === undefined) return
    this.#sequence = last.sequence
    if (this.#readers > 0) {
      for (const envelope of envelopes) this.#recent.push(envelope)
      if (this.#recent.length > recentMax * 2) this.#recent = this.#recent.slice(-recentMax)
    } else {
      this.#recent = []
    }
    this.#wake()
    for (const reader of this.#live) reader.latch.openUnsafe()
  }

  /** Whether anybody follows live, so that what is shown is worth making. */
  get isFollowed(): boolean {
    return this.#live.size > 0
  }

  /** Shows something that is not recorded to whoever follows live. */
  show(message: Unrecorded): void {
    for (const reader of this.#live) reader.push(message, this.#sequence)
  }

  /** Nothing will happen any more: streams end once they have given everything. */
  close(): void {
    this.#isClosed = true
    this.#wake()
    for (const reader of this.#live) reader.latch.openUnsafe()
  }

  /**
   * Gives a reader the recorded events after a sequence number, as they become durable, to the end of the run. It is what
   * `events` is, without what a stream costs.
   */
  forEachPage(
    after: number,
    read: (page: ReadonlyArray<Envelope.Envelope>) => Effect.Effect<void>
  ): Effect.Effect<void, StoreError> {
    const from = (cursor: number): Effect.Effect<void, StoreError> =>
      Effect.flatMap(this.#next(cursor), (page) =>
        page.length === 0 ? Effect.void : Effect.andThen(read(page), from(cursor + page.length))
      )
    return Effect.scoped(Effect.andThen(this.#reading, from(after)))
  }

  /** Recorded events after a sequence number, as they become durable, to the end of the run. */
  events(after: number): Stream.Stream<Envelope.Envelope, StoreError> {
    const pages = Stream.paginate(after, (cursor) =>
      Effect.map(
        this.#next(cursor),
        (page) =>
          [page, page.length === 0 ? Option.none<number>() : Option.some(cursor + page.length)] as const
      )
    )
    return Stream.unwrap(Effect.as(this.#reading, pages))
  }

  /**
   * What happens from now on, or after an event: every recorded event, and what is shown at its place between them. With
   * `nodeId`, nothing is shown but what this node emits.
   */
  live(
    capacity: number,
    options: { readonly after?: number | undefined; readonly nodeId?: string | undefined } = {}
  ): Stream.Stream<LiveMessage, StoreError> {
    const reader = Effect.acquireRelease(
      Effect.sync(() => {
        const made = new LiveReader(capacity, options.nodeId)
        this.#live.add(made)
        return { made, after: options.after ?? this.#sequence }
      }),
      ({ made }) => Effect.sync(() => this.#live.delete(made))
    )
    return Stream.unwrap(
      Effect.map(Effect.andThen(this.#reading, reader), ({ after, made }) =>
        Stream.paginate(after, (last) =>
          Effect.map(
            this.#nextLive(made, last),
            ({ cursor, messages }) =>
              [messages, messages.length === 0 ? Option.none<number>() : Option.some(cursor)] as const
          )
        )
      )
    )
  }

  /** Keeps what is published while somebody reads. */
  readonly #reading: Effect.Effect<void, never, Scope.Scope> = Effect.acquireRelease(
    Effect.sync(() => {
      this.#readers++
    }),
    () =>
      Effect.sync(() => {
        this.#readers--
        if (this.#readers === 0) this.#recent = []
      })
  )

  /** The next events after a cursor; none only when there will never be any. */
  #next(cursor: number): Effect.Effect<ReadonlyArray<Envelope.Envelope>, StoreError> {
    return Effect.suspend(() => {
      if (cursor < this.#sequence) return this.#page(cursor)
      if (this.#isClosed) return Effect.succeed([])
      const latch = Latch.makeUnsafe(false)
      this.#waiting.push(latch)
      return Effect.andThen(latch.await, this.#next(cursor))
    })
  }

  #page(cursor: number): Effect.Effect<ReadonlyArray<Envelope.Envelope>, StoreError> {
    const first = this.#recent[0]
    if (first === undefined || first.sequence > cursor + 1) return this.#store.readPage(this.#runId, cursor)
    const start = cursor + 1 - first.sequence
    return Effect.succeed(this.#recent.slice(start, start + pageMax))
  }

  /** What comes next for a live reader; nothing only when there will never be anything. */
  #nextLive(reader: LiveReader, cursor: number): Effect.Effect<LivePage, StoreError> {
    return Effect.suspend(() => {
      const shown = reader.take(cursor)
      if (shown.length > 0) return Effect.succeed({ cursor, messages: shown })
      if (cursor < this.#sequence) {
        // A store may already hold more than has been published, and what was shown comes before that.
        const last = Math.min(reader.nextAfter, this.#sequence)
        return Effect.map(this.#page(cursor), (page) => recordedUpTo(page, last))
      }
      if (this.#isClosed) return Effect.succeed({ cursor, messages: [] })
      reader.latch.closeUnsafe()
      return Effect.andThen(reader.latch.await, this.#nextLive(reader, cursor))
    })
  }

  #wake(): void {
    // A reader goes on at once, and may wait again before the others have been woken.
    const waiting = this.#waiting
    this.#waiting = []
    for (const latch of waiting) latch.openUnsafe()
  }
}

const recordedUpTo = (page: ReadonlyArray<Envelope.Envelope>, last: number): LivePage => {
  const messages: Array<LiveMessage> = []
  let cursor = 0
  for (const envelope of page) {
    if (envelope.sequence > last) break
    messages.push({ _tag: "Recorded", envelope })
    cursor = envelope.sequence
  }
  return { cursor, messages }
}
