/** What happens in a run, for everybody who follows it. Recorded events are never lost to a reader, however slow. */
import type { Envelope, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"
import type { LiveMessage } from "./RunHandle.ts"

/** Recorded events that are kept in memory while somebody follows; a reader further behind reads the store. */
const recentMax = 16_384

/** Events that a follower is given at once, so that a quick one does not hold up the run. */
const pageMax = 1024

class LiveReader {
  readonly latch = Latch.makeUnsafe(false)
  readonly #capacity: number
  #messages: Array<LiveMessage> = []
  #missed = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  push(message: LiveMessage): void {
    if (this.#messages.length >= this.#capacity) {
      this.#messages.shift()
      this.#missed++
    }
    this.#messages.push(message)
    this.latch.openUnsafe()
  }

  take(): ReadonlyArray<LiveMessage> {
    const taken: Array<LiveMessage> = this.#missed > 0 ? [{ _tag: "Gap", missed: this.#missed }] : []
    for (const message of this.#messages) taken.push(message)
    this.#messages = []
    this.#missed = 0
    this.latch.closeUnsafe()
    return taken
  }
}

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
    if (this.#live.size === 0) return
    for (const envelope of envelopes) this.show({ _tag: "Recorded", envelope })
  }

  /** Shows something that is not recorded to whoever follows live. */
  show(message: LiveMessage): void {
    for (const reader of this.#live) reader.push(message)
  }

  /** Nothing will happen any more: streams end once they have given everything. */
  close(): void {
    this.#isClosed = true
    this.#wake()
    for (const reader of this.#live) reader.latch.openUnsafe()
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
    return Stream.unwrap(
      Effect.as(
        Effect.acquireRelease(
          Effect.sync(() => {
            this.#readers++
          }),
          () =>
            Effect.sync(() => {
              this.#readers--
              if (this.#readers === 0) this.#recent = []
            })
        ),
        pages
      )
    )
  }

  /** What happens from now on. */
  live(capacity: number): Stream.Stream<LiveMessage> {
    return Stream.unwrap(
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => {
            const reader = new LiveReader(capacity)
            this.#live.add(reader)
            return reader
          }),
          (reader) => Effect.sync(() => this.#live.delete(reader))
        ),
        (reader) =>
          Stream.paginate(undefined, () =>
            Effect.map(
              this.#nextLive(reader),
              (messages) =>
                [messages, messages.length === 0 ? Option.none<undefined>() : Option.some(undefined)] as const
            )
          )
      )
    )
  }

  /** The next events after a cursor; none only when there will never be any. */
  #next(cursor: number): Effect.Effect<ReadonlyArray<Envelope.Envelope>, StoreError> {
    return Effect.suspend(() => {
      const first = this.#recent[0]
      if (first !== undefined && first.sequence <= cursor + 1 && cursor < this.#sequence) {
        const start = cursor + 1 - first.sequence
        return Effect.succeed(this.#recent.slice(start, start + pageMax))
      }
      if (cursor < this.#sequence) return this.#store.readPage(this.#runId, cursor)
      if (this.#isClosed) return Effect.succeed([])
      const latch = Latch.makeUnsafe(false)
      this.#waiting.push(latch)
      return Effect.andThen(latch.await, this.#next(cursor))
    })
  }

  #nextLive(reader: LiveReader): Effect.Effect<ReadonlyArray<LiveMessage>> {
    return Effect.suspend(() => {
      const messages = reader.take()
      if (messages.length > 0 || this.#isClosed) return Effect.succeed(messages)
      return Effect.andThen(reader.latch.await, this.#nextLive(reader))
    })
  }

  #wake(): void {
    // A reader goes on at once, and may wait again before the others have been woken.
    const waiting = this.#waiting
    this.#waiting = []
    for (const latch of waiting) latch.openUnsafe()
  }
}
