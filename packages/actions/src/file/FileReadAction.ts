/** Reading a file, as a node. */
import { open } from "node:fs/promises"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { FileAccess } from "./FileAccess.ts"
import * as FileOperation from "./fileOperation.ts"
import { parseJson } from "../text/parseJson.ts"
import type { FileError } from "./FileError.ts"

/** Most bytes read when the node does not say otherwise: 10 MiB. */
export const bytesMaxDefault = 10_485_760

/** What the action takes. */
export const Input = Schema.Struct({
  path: Schema.String.annotate({
    description: "The file, relative to the folder of the action or absolute."
  }),
  as: Schema.optionalKey(
    Schema.Literals(["text", "json", "base64"]).annotate({
      description: "How to give the content: as UTF-8 text (default), as the value of its JSON, or as base64."
    })
  ),
  bytesMax: Schema.optionalKey(
    Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))).annotate({
      description: "A larger file is an error; default 10 MiB."
    })
  )
})

/** What the action gives. */
export const Output = Schema.Struct({
  content: Schema.Json.annotate({ description: "The content: a text, or the value of the JSON." }),
  bytes: Schema.Int.annotate({ description: "Size of the file." })
})

/**
 * Makes the action `file-read`, which gives the content of a file.
 *
 * **Failures**
 * - `FileError` with `FileNotFound`, `OutsideRoots`, `TooLarge`, `MalformedContent` (not the JSON or UTF-8 that was asked
 *   for), `Refused` or, alone retryable, `Unavailable`.
 */
export const make = (access: FileAccess = {}) => {
  const resolve = FileOperation.resolver(access)
  return Action.make("file-read", {
    version: "1",
    description: "Reads a file as text, JSON or base64.",
    input: Input,
    output: Output,
    run: Effect.fnUntraced(function* ({ as = "text", bytesMax = bytesMaxDefault, path }) {
      const operation = { name: "read", path }
      const file = yield* resolve(operation)
      const content = yield* read(operation, file, bytesMax)
      return { content: yield* decode(operation, content, as), bytes: content.byteLength }
    })
  })
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Reads at most one byte more than allowed, whatever size a file claims to have: devices and pipes claim none. */
const read = (operation: FileOperation.FileOperation, file: string, bytesMax: number) =>
  Effect.acquireUseRelease(
    FileOperation.attempt(operation, () => open(file, "r")),
    (handle) =>
      Effect.gen(function* () {
        const { size } = yield* FileOperation.attempt(operation, () => handle.stat())
        const tooLarge = (bytes: number) =>
          FileOperation.failure(operation, { _tag: "TooLarge", bytes, maximum: bytesMax })
        if (size > bytesMax) return yield* tooLarge(size)
        const chunks: Array<Buffer> = []
        let total = 0
        while (true) {
          const room = Buffer.allocUnsafe(Math.min(Math.max(size - total, 0) + 65_536, bytesMax - total + 1))
          const { bytesRead } = yield* FileOperation.attempt(operation, () => handle.read(room))
          if (bytesRead === 0) return Buffer.concat(chunks, total)
          total += bytesRead
          if (total > bytesMax) return yield* tooLarge(total)
          chunks.push(room.subarray(0, bytesRead))
        }
      }),
    (handle) => Effect.promise(() => handle.close())
  )

const decode = (
  operation: FileOperation.FileOperation,
  content: Buffer,
  as: "text" | "json" | "base64"
): Effect.Effect<Schema.Json, FileError> => {
  if (as === "base64") return Effect.succeed(content.toString("base64"))
  const malformed = (message: string) =>
    FileOperation.failure(operation, { _tag: "MalformedContent", message })
  const text = Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(content),
    catch: () => malformed("its content is not UTF-8 text: read it as base64")
  })
  if (as === "text") return text
  return Effect.flatMap(text, (json) =>
    Effect.mapError(parseJson(json), (message) => malformed(`its content is not JSON: ${message}`))
  )
}
