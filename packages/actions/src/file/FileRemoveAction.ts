/** Removing a file, as a node. */
import { unlink } from "node:fs/promises"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { FileAccess } from "./FileAccess.ts"
import * as FileOperation from "./fileOperation.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  path: Schema.String.annotate({
    description: "The file, relative to the folder of the action or absolute."
  }),
  mustExist: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "Whether a file that is not there is an error; default false." })
  )
})

/** What the action gives. */
export const Output = Schema.Struct({
  removed: Schema.Boolean.annotate({ description: "Whether there was a file to remove." })
})

/**
 * Makes the action `file-remove`, which removes a file, or a symbolic link and not what it leads to. It removes no
 * folders.
 *
 * **Failures**
 * - `FileError` with `FileNotFound` (only with `mustExist`), `OutsideRoots`, `Refused` (a folder, no permission) or,
 *   alone retryable, `Unavailable`.
 */
export const make = (access: FileAccess = {}) => {
  const resolve = FileOperation.resolver(access, true)
  return Action.make("file-remove", {
    version: "1",
    description: "Removes a file.",
    input: Input,
    output: Output,
    run: ({ mustExist = false, path }) => {
      const operation = { name: "remove", path }
      return resolve(operation).pipe(
        Effect.flatMap((file) => FileOperation.attempt(operation, () => unlink(file))),
        Effect.as({ removed: true }),
        Effect.catchIf(
          (error) => error.reason._tag === "FileNotFound" && !mustExist,
          () => Effect.succeed({ removed: false })
        )
      )
    }
  })
}
