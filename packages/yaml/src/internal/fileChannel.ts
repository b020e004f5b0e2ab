import { ChannelSpec, Reducer } from "@dagflow/protocol"
import * as Schema from "effect/Schema"

const channel = ChannelSpec.ChannelSpec.fields

/** Name of a reducer. */
export const reducer = channel.reducer.schema.annotate({
  description:
    "What an update makes of the value: last (the default), append, merge, sum, union, or the name of a reducer of your own.",
  examples: Object.keys(Reducer.builtIn)
})

/** A channel of a flow. */
export const Channel = Schema.Struct({
  reducer: Schema.optionalKey(reducer),
  default: Schema.optionalKey(
    Schema.Json.annotate({
      description:
        "The value before the first update. Left out: empty for append, union and merge, 0 for sum, none for others."
    })
  ),
  schema: Schema.optionalKey(
    channel.schema.schema.annotate({
      description: "What its values have to look like, as JSON Schema; default any."
    })
  ),
  version: Schema.optionalKey(
    channel.version.schema.annotate({
      description:
        "Version of what its values look like; a run does not continue values of another one. Default 1."
    })
  ),
  scope: Schema.optionalKey(
    channel.scope.schema.annotate({
      description:
        "durable (the default): a run that continues this one has it too; run: it is gone with the run."
    })
  ),
  description: Schema.optionalKey(Schema.String.annotate({ description: "One sentence for people." }))
}).annotate({ description: "A value that the nodes of a run share." })
