import { FailurePolicy, ForEach } from "@dagflow/protocol"
import * as Schema from "effect/Schema"

/** What a node is mapped over. */
const items = Schema.Json.annotate({
  description:
    "The list: a reference such as load.rows or inputs.names, an expression in CEL such as load.rows.filter(row, row.open), a list of values and references, or a map such as { ref: …, default: … }."
})

/** How a node is mapped over a list. */
export const forEachFile = Schema.Union([
  Schema.Struct({
    items,
    maxParallel: Schema.optionalKey(
      ForEach.ForEach.fields.maxParallel.schema.annotate({
        description:
          "Items whose attempts go on at once, 1 to 10,000; default: as many as the run allows, and of flows as many as its maxParallel."
      })
    ),
    onItemFailure: Schema.optionalKey(
      FailurePolicy.FailurePolicy.annotate({
        description: "What happens once an item has failed for good; default: onFailure of the node."
      })
    )
  }),
  items
]).annotate({
  description:
    "Runs the node once for each value of a list, as name[0], name[1] …; in its inputs each.item is the value and each.index its place. Its outputs are lists of what the items gave."
})
