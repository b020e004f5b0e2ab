/** What a node gives to be written, and the bytes that it stands for. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as FileOperation from "./fileOperation.ts"
import type { FileError } from "./FileError.ts"

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The inputs that say what to write. */
export const contentFields = {
  content: Schema.Json.annotate({
    description: "What to write: a text as it is, any other value as indented JSON."
  }),
  encoding: Schema.optionalKey(
    Schema.Literals(["utf8", "base64"]).annotate({
      description: "What a text stands for: itself, in UTF-8 (default), or bytes as base64."
    })
  )
}

/** The bytes to write. */
export const encode = (
  operation: FileOperation.FileOperation,
  content: Schema.Json,
  encoding: "utf8" | "base64" = "utf8"
): Effect.Effect<Uint8Array, FileError> => {
  if (encoding === "utf8") {
    return Effect.succeed(
      Buffer.from(typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`)
    )
  }
  if (typeof content === "string" && base64.test(content)) {
    return Effect.succeed(Buffer.from(content, "base64"))
  }
  const message = "the content to write is not base64"
  return Effect.fail(FileOperation.failure(operation, { _tag: "MalformedContent", message }))
}
