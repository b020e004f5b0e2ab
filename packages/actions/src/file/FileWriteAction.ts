/** Writing a file, as a node. */
import { randomUUID } from "node:crypto"
import { mkdir, open, rename, rm, stat } from "node:fs/promises"
import path from "node:path"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { FileAccess } from "./FileAccess.ts"
import * as FileOperation from "./fileOperation.ts"
import { contentFields, encode } from "./fileContent.ts"
import type { FileError } from "./FileError.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  path: Schema.String.annotate({
    description: "The file, relative to the folder of the action or absolute. Missing folders are made."
  }),
  ...contentFields
})

/** What the action gives. */
export const Output = Schema.Struct({
  path: Schema.String.annotate({ description: "The absolute path of the file." }),
  bytes: Schema.Int.annotate({ description: "Bytes written." })
})

/**
 * Makes the action `file-write`, which writes a file whole, in place of whatever was there. It appears at once under its
 * name, complete and on disk: whoever reads it, also after a crash, sees the old content or the new one.
 *
 * **Failures**
 * - `FileError` with `OutsideRoots`, `MalformedContent`, `Refused` or, alone retryable, `Unavailable`.
 */
export const make = (access: FileAccess = {}) => {
  const resolve = FileOperation.resolver(access)
  return Action.make("file-write", {
    version: "1",
    description: "Writes a file whole and at once.",
    input: Input,
    output: Output,
    run: Effect.fnUntraced(function* ({ content, encoding, path: given }) {
      const operation = { name: "write", path: given }
      const bytes = yield* encode(operation, content, encoding)
      const file = yield* resolve(operation)
      yield* replace(operation, file, bytes)
      return { path: file, bytes: bytes.byteLength }
    })
  })
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Writes beside the file, then renames: a rename within a folder is atomic, a write is not. */
const replace = (
  operation: FileOperation.FileOperation,
  file: string,
  bytes: Uint8Array
): Effect.Effect<void, FileError> => {
  const beside = path.join(path.dirname(file), `.${path.basename(file).slice(0, 200)}.${randomUUID()}.tmp`)
  const write = Effect.gen(function* () {
    yield* FileOperation.attempt(operation, () => mkdir(path.dirname(file), { recursive: true }))
    const mode = yield* modeOf(file)
    yield* Effect.acquireUseRelease(
      FileOperation.attempt(operation, () => open(beside, "wx")),
      (handle) =>
        FileOperation.attempt(operation, async () => {
          await handle.writeFile(bytes)
          if (mode !== undefined) await handle.chmod(mode)
          await handle.sync()
        }),
      (handle) => Effect.promise(() => handle.close())
    )
    yield* FileOperation.attempt(operation, () => rename(beside, file))
  })
  // The failure that matters is the one of the write; that the leftover could not be removed would only hide it.
  return Effect.onError(write, () => Effect.ignore(Effect.tryPromise(() => rm(beside, { force: true }))))
}

/** The permissions of the file that is replaced, so that the new one has them too; `undefined` when there is none. */
const modeOf = (file: string): Effect.Effect<number | undefined> =>
  Effect.promise(() =>
    stat(file).then(
      ({ mode }) => mode & 0o7777,
      () => undefined
    )
  )
