/** Looking whether a file is there, as a node. */
import { stat } from "node:fs/promises"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { FileAccess } from "./FileAccess.ts"
import * as FileOperation from "./fileOperation.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  path: Schema.String.annotate({
    description: "The file or folder, relative to the folder of the action or absolute."
  })
})

/** What the action gives. */
export const Output = Schema.Struct({
  exists: Schema.Boolean.annotate({ description: "Whether there is anything of this path." }),
  kind: Schema.Literals(["file", "folder", "other", "none"]).annotate({
    description: "What is there: a file, a folder, something else such as a socket, or nothing."
  }),
  bytes: Schema.Int.annotate({ description: "Size of the file; 0 for anything else." })
})

/**
 * Makes the action `file-exists`, which tells whether a file or folder is there, and how large it is.
 *
 * **Failures**
 * - `FileError` with `OutsideRoots`, `Refused` or, alone retryable, `Unavailable`.
 */
export const make = (access: FileAccess = {}) => {
  const resolve = FileOperation.resolver(access)
  return Action.make("file-exists", {
    version: "1",
    description: "Tells whether a file or folder is there.",
    input: Input,
    output: Output,
    run: ({ path }) => {
      const operation = { name: "exists", path }
      return resolve(operation).pipe(
        Effect.flatMap((file) => FileOperation.attempt(operation, () => stat(file))),
        Effect.map((found) => {
          if (found.isFile()) return { exists: true, kind: "file" as const, bytes: found.size }
          return {
            exists: true,
            kind: found.isDirectory() ? ("folder" as const) : ("other" as const),
            bytes: 0
          }
        }),
        Effect.catchIf(
          (error) => error.reason._tag === "FileNotFound",
          () => Effect.succeed({ exists: false, kind: "none" as const, bytes: 0 })
        )
      )
    }
  })
}
