/**
 * A turn is one answer of a model: a node whose outputs are what the model said, and whose metadata records what it was asked
 * and which calls it wants.
 */
import type { Event } from "@dagflow/protocol"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Refusal } from "./Refusal.ts"

/** A call of a tool that a model proposes. Nothing of it has been checked but that a log can hold it. */
export const Call = Schema.Struct({ id: Schema.String, name: Schema.String, arguments: Schema.Json })
/** A call of a tool that a model proposes. */
export type Call = typeof Call.Type

/** Which conversation a turn belongs to. */
export const Place = Schema.Struct({
  /** The first turn of the conversation. */
  root: Schema.String,
  /** Number of this turn in the conversation, from 1 on. */
  turn: Schema.Int,
  /** References to the messages before this turn's own, in their order. */
  history: Schema.Array(Schema.String),
  /** Another planner has called this one as a tool: it is told how the conversation ends. */
  called: Schema.optionalKey(Schema.Literal(true))
})
/** Which conversation a turn belongs to. */
export type Place = typeof Place.Type

/** What the metadata of a completed turn records under `planner`. */
export const Record = Schema.Struct({
  ...Place.fields,
  /** The hash of each message that the model was sent. */
  asked: Schema.Array(Schema.String),
  /** The hash of what the model was shown of its tools. */
  tools: Schema.optionalKey(Schema.String),
  calls: Schema.Array(Call),
  /** Why the model stopped. */
  finish: Schema.String,
  /** Why the whole answer was refused; it has no calls then. */
  refused: Schema.optionalKey(Refusal)
})
/** What the metadata of a completed turn records. */
export type Record = typeof Record.Type

/** The outputs of a turn. */
export const Outputs = Schema.Struct({
  /** What the model said, without its calls. */
  text: Schema.String,
  /** What this turn adds to the conversation before the answer: messages as `effect/ai` encodes them. */
  prompt: Schema.Array(Schema.Json),
  /** What the answer adds to the conversation. */
  message: Schema.Array(Schema.Json)
})
/** The outputs of a turn. */
export type Outputs = typeof Outputs.Type

/** Key of the metadata under which turns are recorded, and told where they belong. */
export const key = "planner"

const decodeRecord = Schema.decodeUnknownOption(Record)
const decodePlace = Schema.decodeUnknownOption(Place)

/** What the end of a turn recorded, or `undefined` when the node was no turn. */
export const recordOf = (event: Event.EventOf<"NodeCompleted">): Record | undefined =>
  recordIn(event.metadata)

/** What the metadata of a completed node says of it as a turn, or `undefined` when it was none. */
export const recordIn = (
  metadata: Readonly<globalThis.Record<string, Schema.Json>> | undefined
): Record | undefined =>
  metadata?.[key] === undefined ? undefined : Option.getOrUndefined(decodeRecord(metadata[key]))

/** Where a node belongs by its metadata; a node that says nothing begins a conversation. */
export const placeOf = (nodeId: string, metadata: Readonly<globalThis.Record<string, Schema.Json>>): Place =>
  Option.getOrElse(decodePlace(metadata[key]), () => ({ root: nodeId, turn: 1, history: [] }))
