import * as Schema from "effect/Schema"

/** What a file may say where a condition is expected; `true` and `false` are conditions that YAML takes for something else. */
export const condition = (description: string) =>
  Schema.Union([Schema.String, Schema.Boolean]).annotate({ description })

/** A dependency that may count on a condition. */
export const ConditionalDependency = Schema.Struct({
  node: Schema.String.annotate({ description: "Id of the node." }),
  when: Schema.optionalKey(
    condition(
      "The edge counts only when it is true, and as skipped when it is not: CEL over inputs and outputs."
    )
  )
})
