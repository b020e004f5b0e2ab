/** A channel of a flow: a value that outlives the nodes that write to it, with a reducer that says what an update makes of it. */
import * as Schema from "effect/Schema"
import { AnswerSchema } from "./AnswerSchema.ts"
import * as Reducer from "./Reducer.ts"

/** The serialisable form of a channel. */
export const ChannelSpec = Schema.Struct({
  /** What an update makes of the value: `last` (the default), `append`, `merge`, `sum`, `union`, or a reducer of one's own. */
  reducer: Schema.optionalKey(Schema.String.pipe(Schema.check(Schema.isBetweenLength(1, 256)))),
  /** The value before the first update. Left out: empty for `append`, `union` and `merge`, 0 for `sum`, none for others. */
  default: Schema.optionalKey(Schema.Json),
  /** What its values have to look like, as a JSON Schema document (draft 2020-12); default: any JSON. */
  schema: Schema.optionalKey(AnswerSchema),
  /** Version of what its values look like, from 1 on; default 1. A run does not continue values of another version. */
  version: Schema.optionalKey(
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })))
  ),
  /** `durable` (the default): a run that continues this one has it too. `run`: it is gone with the run. */
  scope: Schema.optionalKey(Schema.Literals(["durable", "run"])),
  /** One sentence for people. */
  description: Schema.optionalKey(Schema.String)
})
/** The serialisable form of a channel. */
export type ChannelSpec = typeof ChannelSpec.Type

/** The channels of a flow, by name. */
export const ChannelSpecs = Schema.Record(Schema.String, ChannelSpec)
/** The channels of a flow, by name. */
export type ChannelSpecs = typeof ChannelSpecs.Type

/** Name of the reducer of a channel. */
export const reducerOf = (spec: ChannelSpec): string => spec.reducer ?? "last"

/** Version of what the values of a channel look like. */
export const versionOf = (spec: ChannelSpec): number => spec.version ?? 1

/** The value of a channel before its first update; `undefined`: it has none. */
export const initialOf = (spec: ChannelSpec): Schema.Json | undefined =>
  spec.default ?? Reducer.find(reducerOf(spec))?.initial
