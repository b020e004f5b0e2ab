/** What a node waits for, and what happens when nobody answers in time. */
import * as Schema from "effect/Schema"
import { AnswerSchema } from "../definition/AnswerSchema.ts"

/** The outputs of a node by name. One whose value is large holds `{ "$artifact": <hash>, "bytes": <size> }` instead. */
export const Outputs = Schema.Record(Schema.String, Schema.Json)
/** The outputs of a node by name. */
export type Outputs = typeof Outputs.Type

/** Most bytes of an answer as JSON text: answers stay in the log. Something larger is stored elsewhere and referred to. */
export const answerBytesMax = 65_536

/** Answers that are kept for a node whose wait has not opened; further ones are refused. */
export const keptSignalsMax = 100

/**
 * What a node waits for.
 *
 * - `Signal`: an answer from outside, which becomes the node's outputs. `schema` tells what it has to look like.
 * - `Timer`: a time, and nobody.
 * - `Recovery`: word of what became of an attempt that must not run twice and that was lost with its process.
 */
export const Wait = Schema.Union([
  Schema.TaggedStruct("Signal", {
    prompt: Schema.optionalKey(Schema.String),
    schema: Schema.optionalKey(AnswerSchema)
  }),
  Schema.TaggedStruct("Timer", {}),
  Schema.TaggedStruct("Recovery", {})
])
/** What a node waits for. */
export type Wait = typeof Wait.Type

/**
 * When a wait ends without an answer, and how: with these outputs (`complete`), by pausing the run and waiting on
 * (`pause`), or as a failed attempt (`fail`).
 */
export const Deadline = Schema.Union([
  Schema.Struct({ atMillis: Schema.Finite, action: Schema.Literal("complete"), outputs: Outputs }),
  Schema.Struct({ atMillis: Schema.Finite, action: Schema.Literals(["pause", "fail"]) })
])
/** When a wait ends without an answer, and how. */
export type Deadline = typeof Deadline.Type

/** What ended a wait: the signal of that sequence number, or its deadline. */
export const WaitEnd = Schema.Union([
  Schema.TaggedStruct("Answered", { sequence: Schema.Int }),
  Schema.TaggedStruct("Expired", {})
])
/** What ended a wait. */
export type WaitEnd = typeof WaitEnd.Type

/** What people say about an attempt that was lost with its process. */
export const RecoveryAnswer = Schema.Union([
  /** The attempt had no effect, or one that may be repeated: the node runs again. */
  Schema.Struct({ decision: Schema.Literal("rerun") }),
  /** The attempt did its work; these are its outputs. */
  Schema.Struct({ decision: Schema.Literal("completed"), outputs: Outputs }),
  /** The attempt did not do its work, and the node does not run again. */
  Schema.Struct({ decision: Schema.Literal("failed"), message: Schema.String })
])
/** What people say about an attempt that was lost with its process. */
export type RecoveryAnswer = typeof RecoveryAnswer.Type

const decision = (name: string, more: Readonly<Record<string, Schema.Json>> = {}): Schema.Json => ({
  type: "object",
  properties: { decision: { type: "string", enum: [name] }, ...more },
  required: ["decision", ...Object.keys(more)],
  additionalProperties: false
})

const recoverySchema: AnswerSchema = {
  anyOf: [
    decision("rerun"),
    decision("completed", { outputs: { type: "object" } }),
    decision("failed", { message: { type: "string" } })
  ]
}

/** What an answer to a wait has to look like; `undefined` when any outputs are welcome, and for what takes no answer. */
export const answerSchema = (wait: Wait): AnswerSchema | undefined => {
  switch (wait._tag) {
    case "Signal":
      return wait.schema
    case "Timer":
      return undefined
    case "Recovery":
      return recoverySchema
  }
}
