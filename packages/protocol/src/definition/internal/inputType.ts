import type * as Schema from "effect/Schema"
import type { InputType } from "../FlowSpec.ts"

/** Tells whether a JSON value is of the kind that an input of a flow declares. */
export const accepts = (type: InputType, value: Schema.Json): boolean => {
  switch (type) {
    case "any":
      return true
    case "integer":
      return Number.isInteger(value)
    case "array":
      return Array.isArray(value)
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value)
    case "string":
    case "number":
    case "boolean":
      return typeof value === type
  }
}
