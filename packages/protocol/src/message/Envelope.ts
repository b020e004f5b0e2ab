/** An event with its place in the log of its run. */
import * as Schema from "effect/Schema"
import { RunId } from "../id/RunId.ts"
import { Event } from "./Event.ts"

/** Version of the envelope's shape. */
export const version = 1

/** What an event goes back to, when it was not the run's own course. */
export const EventCause = Schema.Struct({
  /** The hook whose answer caused it. */
  hook: Schema.optionalKey(Schema.String),
  /** The event that the hook answered to. */
  sequence: Schema.optionalKey(Schema.Int),
  /** The id of the command that caused it. */
  commandId: Schema.optionalKey(Schema.String),
  /** Fingerprint of the command that caused it; there when `commandId` is. */
  commandHash: Schema.optionalKey(Schema.String)
})
/** What an event goes back to, when it was not the run's own course. */
export type EventCause = typeof EventCause.Type

/** An event with its place in the log of its run. */
export const Envelope = Schema.Struct({
  version: Schema.Literal(version),
  runId: RunId,
  /** 1, 2, 3 … without gaps, counted by run. */
  sequence: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1))),
  /** When it was recorded, in milliseconds since 1970. */
  at: Schema.Finite,
  /** Fencing token of the process that recorded it. */
  epoch: Schema.Int,
  cause: Schema.optionalKey(EventCause),
  event: Event
})
/** The members of an envelope. */
export interface EnvelopeShape extends Schema.Schema.Type<typeof Envelope> {}

/** An event with its place in the log of its run. */
export type Envelope = EnvelopeShape
