/** Why a text could not be read or made. */
import * as Schema from "effect/Schema"

/** What was wrong with a text. */
export const TextReason = Schema.Union([
  /** The text is not JSON. */
  Schema.TaggedStruct("MalformedJson", { message: Schema.String }),
  /** The template asks for values that the node does not have. */
  Schema.TaggedStruct("MissingValues", { names: Schema.Array(Schema.String) })
])
/** What was wrong with a text. */
export type TextReason = typeof TextReason.Type

const describe = (reason: TextReason): string => {
  switch (reason._tag) {
    case "MalformedJson":
      return `the text is not JSON: ${reason.message}`
    case "MissingValues":
      return `the template asks for ${reason.names.map((name) => `"${name}"`).join(", ")}: add an input of that name`
  }
}

/** A text that could not be read or made. No further attempt changes that. */
export class TextError extends Schema.TaggedError<TextError>("@dagflow/actions/TextError")("TextError", {
  reason: TextReason
}) {
  get isRetryable(): boolean {
    return false
  }

  override get message(): string {
    return describe(this.reason)
  }
}
