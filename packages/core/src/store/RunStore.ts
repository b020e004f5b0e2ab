/** The store as the engine uses it: events instead of text. */
import {
  type Artifact,
  type Claim,
  Envelope,
  Event,
  type FlowSpec,
  RunId,
  type RunPage,
  type RunQuery,
  type RunRow,
  type StoreDriverShape,
  StoreError,
  type StoredEvent,
  type StoredStatus
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** Events read from the store at once. */
const pageSize = 2000

const decodeEvent = Schema.decodeUnknownResult(Event.Event)
const decodeCause = Schema.decodeUnknownResult(Envelope.EventCause)
const decodeRunId = Schema.decodeUnknownResult(RunId.RunId)

/** Definitions as text: all runs of a flow that is planned once begin with the same one. */
const flowTexts = new WeakMap<FlowSpec.FlowSpec, string>()

const flowText = (flow: FlowSpec.FlowSpec): string => {
  const known = flowTexts.get(flow)
  if (known !== undefined) return known
  const text = JSON.stringify(flow)
  flowTexts.set(flow, text)
  return text
}

/** The event that every node has is put together by hand, which takes a third of the time: half of a log consists of it. */
const encodeEvent = (event: Event.Event): string => {
  if (event._tag === "RunStarted") {
    const { _tag, flow, ...rest } = event
    return `{"_tag":"RunStarted","flow":${flowText(flow)},${JSON.stringify(rest).slice(1)}`
  }
  if (event._tag === "NodeStarted" && event.role === undefined && event.reserved === undefined) {
    return `{"_tag":"NodeStarted","nodeId":${JSON.stringify(event.nodeId)},"attempt":${event.attempt}}`
  }
  return JSON.stringify(event)
}

const encode = (envelope: Envelope.Envelope): StoredEvent => ({
  sequence: envelope.sequence,
  atMillis: envelope.at,
  epoch: envelope.epoch,
  cause: envelope.cause === undefined ? undefined : JSON.stringify(envelope.cause),
  event: encodeEvent(envelope.event)
})

const parse = <A>(
  text: string,
  decode: (value: unknown) => Result.Result<A, { readonly message: string }>
): Result.Result<A, string> =>
  Result.flatMap(
    Result.try({ try: () => JSON.parse(text) as unknown, catch: (error) => String(error) }),
    (value) => Result.mapError(decode(value), (issue) => issue.message)
  )

const decode = (runId: string, stored: StoredEvent): Result.Result<Envelope.Envelope, string> =>
  Result.flatMap(parse(stored.event, decodeEvent), (event) => {
    const base = {
      version: Envelope.version,
      runId,
      sequence: stored.sequence,
      at: stored.atMillis,
      epoch: stored.epoch
    } as const
    if (stored.cause === undefined) return Result.succeed({ ...base, event })
    return Result.map(parse(stored.cause, decodeCause), (cause) => ({ ...base, cause, event }))
  })

/** A claim as whoever watched it saw it. */
export interface WatchedClaim {
  readonly epoch: number
  readonly leaseUntilMillis: number
}

/** The store as the engine uses it. */
export class RunStore {
  readonly driver: StoreDriverShape
  readonly pollMillis: number

  /** `pollMillis` is how often a store that cannot tell of changes is looked into. */
  constructor(driver: StoreDriverShape, pollMillis = 1000) {
    this.driver = driver
    this.pollMillis = pollMillis
  }

  /** Creates a run with its first events. Fails with `RunExists`. */
  create(run: {
    readonly runId: string
    readonly flow: string
    readonly tags: ReadonlyArray<string>
    readonly owner: string
    readonly leaseMillis: number
    readonly nowMillis: number
    readonly status: StoredStatus
    readonly events: ReadonlyArray<Envelope.Envelope>
    readonly artifacts?: ReadonlyArray<Artifact>
  }): Effect.Effect<void, StoreError> {
    return this.driver.create({ ...run, events: run.events.map(encode) })
  }

  /** Appends events that follow one another, all or none of them; without events it only removes the mail. */
  append(
    runId: string,
    epoch: number,
    at: { readonly status: StoredStatus; readonly afterSequence: number; readonly nowMillis: number },
    events: ReadonlyArray<Envelope.Envelope>,
    consumed: ReadonlyArray<string>
  ): Effect.Effect<void, StoreError> {
    return this.driver.append({ runId, epoch, ...at, events: events.map(encode), consumed })
  }

  /** Reads one page of a log. Text that is no event fails with `Corrupt`. */
  readPage(
    runId: string,
    afterSequence: number,
    limit = pageSize
  ): Effect.Effect<ReadonlyArray<Envelope.Envelope>, StoreError> {
    return Effect.map(this.readMeasured(runId, afterSequence, limit), ({ envelopes }) => envelopes)
  }

  /** The same with the length of its text, for whoever reads as much at once as it wants to keep. */
  readMeasured(
    runId: string,
    afterSequence: number,
    limit = pageSize
  ): Effect.Effect<
    { readonly envelopes: ReadonlyArray<Envelope.Envelope>; readonly length: number },
    StoreError
  > {
    return Effect.flatMap(this.driver.read(runId, afterSequence, limit), (page) => {
      const envelopes: Array<Envelope.Envelope> = []
      let length = 0
      for (const stored of page) {
        length += stored.event.length
        const decoded = decode(runId, stored)
        if (Result.isFailure(decoded)) {
          const message = `event ${stored.sequence}: ${decoded.failure}`
          return Effect.fail(
            new StoreError({ operation: "read", runId, reason: { _tag: "Corrupt", message } })
          )
        }
        if (stored.sequence !== afterSequence + envelopes.length + 1) {
          const message = `event ${stored.sequence} follows event ${afterSequence + envelopes.length}`
          return Effect.fail(
            new StoreError({ operation: "read", runId, reason: { _tag: "Corrupt", message } })
          )
        }
        envelopes.push(decoded.success)
      }
      return Effect.succeed({ envelopes, length })
    })
  }

  /** Reads a log from after a sequence number to its end, page by page. */
  readAll(
    runId: string,
    afterSequence: number,
    each: (envelope: Envelope.Envelope) => void
  ): Effect.Effect<number, StoreError> {
    const next = (after: number): Effect.Effect<number, StoreError> =>
      Effect.flatMap(this.readPage(runId, after), (page) => {
        for (const envelope of page) each(envelope)
        return page.length < pageSize ? Effect.succeed(after + page.length) : next(after + page.length)
      })
    return next(afterSequence)
  }

  /** A log from after a sequence number to where it ends now. */
  log(runId: string, afterSequence: number): Stream.Stream<Envelope.Envelope, StoreError> {
    return Stream.paginate(afterSequence, (after) =>
      Effect.map(
        this.readPage(runId, after),
        (page) =>
          [page, page.length < pageSize ? Option.none<number>() : Option.some(after + page.length)] as const
      )
    )
  }

  /** Says that a run may have changed: when the store tells of it, or from time to time. */
  changesOf(runId: string): Stream.Stream<unknown, StoreError> {
    const { abilities, changes } = this.driver
    return abilities.notify
      ? Stream.filter(changes, (changed) => changed === runId)
      : // The first tick comes at once, when nothing can have changed: whoever looks again then would look for ever.
        Stream.drop(Stream.tick(this.pollMillis), 1)
  }

  /** Ids of runs that may have mail: those that the store tells of, or from time to time all that are `held`. */
  arrivals(held: () => Iterable<string>): Stream.Stream<string, StoreError> {
    const { abilities, arrivals } = this.driver
    if (abilities.notify) return arrivals
    return Stream.tick(this.pollMillis).pipe(
      Stream.map(() => [...held()]),
      Stream.flattenIterable
    )
  }

  get(runId: string): Effect.Effect<RunRow | undefined, StoreError> {
    return this.driver.get(runId)
  }

  list(query: RunQuery): Effect.Effect<RunPage, StoreError> {
    return this.driver.list(query)
  }

  claim(
    runId: string,
    owner: string,
    nowMillis: number,
    leaseMillis: number,
    how: { readonly force: boolean; readonly watched: WatchedClaim | undefined }
  ): Effect.Effect<Claim, StoreError> {
    const { force, watched } = how
    return this.driver.claim({
      runId,
      owner,
      nowMillis,
      leaseMillis,
      force,
      ...(watched !== undefined && {
        watched: { epoch: watched.epoch, leaseUntilMillis: watched.leaseUntilMillis }
      })
    })
  }

  release(runId: string, epoch: number): Effect.Effect<void, StoreError> {
    return this.driver.release(runId, epoch)
  }
}

/** Tells why a value cannot be the id of a run, or `undefined` when it can. */
export const runIdProblem = (runId: unknown): string | undefined => {
  if (typeof runId !== "string") return `a run id is a text, not ${String(runId)}`
  if (Result.isFailure(decodeRunId(runId))) return `a run id has 1 to ${RunId.lengthMax} characters`
  return runId.isWellFormed() ? undefined : "a run id must not have half of a surrogate pair"
}
