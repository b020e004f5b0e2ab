/** Adding to the end of a file, as a node. */
import { mkdir, open } from "node:fs/promises"
import path from "node:path"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { FileAccess } from "./FileAccess.ts"
import * as FileOperation from "./fileOperation.ts"
import { contentFields, encode } from "./fileContent.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  path: Schema.String.annotate({
    description:
      "The file, relative to the folder of the action or absolute. It and its folders are made if missing."
  }),
  ...contentFields
})

/** What the action gives. */
export const Output = Schema.Struct({
  path: Schema.String.annotate({ description: "The absolute path of the file." }),
  bytes: Schema.Int.annotate({ description: "Bytes added." })
})

/**
 * Makes the action `file-append`, which adds to the end of a file.
 *
 * **Gotchas**
 * An attempt that died after it wrote and before that was recorded is made again, and adds its text twice. Where that
 * matters, use `file-write` with a file for each node.
 *
 * **Failures**
 * - `FileError` with `OutsideRoots`, `MalformedContent`, `Refused` or, alone retryable, `Unavailable`.
 */
export const make = (access: FileAccess = {}) => {
  const resolve = FileOperation.resolver(access)
  return Action.make("file-append", {
    version: "1",
    description: "Adds to the end of a file.",
    input: Input,
    output: Output,
    run: Effect.fnUntraced(function* ({ content, encoding, path: given }) {
      const operation = { name: "append", path: given }
      const bytes = yield* encode(operation, content, encoding)
      const file = yield* resolve(operation)
      yield* FileOperation.attempt(operation, () => mkdir(path.dirname(file), { recursive: true }))
      yield* Effect.acquireUseRelease(
        FileOperation.attempt(operation, () => open(file, "a")),
        (handle) => FileOperation.attempt(operation, () => handle.appendFile(bytes)),
        (handle) => Effect.promise(() => handle.close())
      )
      return { path: file, bytes: bytes.byteLength }
    })
  })
}
