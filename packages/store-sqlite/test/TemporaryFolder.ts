import * as Effect from "effect/Effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

/** A folder that is gone with the scope; any user may look into it, as some tests are about users. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(path.join(tmpdir(), "dagflow-sqlite-"))
    chmodSync(folder, 0o755)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

/** The path of a file that does not exist yet, in a folder that is gone with the scope. */
export const temporaryFile = Effect.map(temporaryFolder, (folder) => path.join(folder, "runs.db"))
