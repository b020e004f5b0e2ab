/** A secret that is easy to find: a value of which every trace in any file of a folder is found. */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"

/** A part of the value that no notation changes: neither JSON nor an address, nor a line that is cut. */
const core = "c4n4ryInTheM1ne"

/** The value: quotes and backslashes change in JSON, spaces and slashes in addresses, umlauts in bytes. */
export const canary = `${core} "é\\/${core}`

/** What notes hold in place of the value. */
export const fingerprint = createHash("sha256").update(canary).digest("hex")

const traces: ReadonlyArray<Buffer> = [
  Buffer.from(core, "utf8"),
  Buffer.from(core, "utf16le"),
  Buffer.from(core.slice(0, 9), "utf8"),
  Buffer.from(core.slice(-9), "utf8"),
  // Base64 has three forms of a text, by where it begins; the letters at the edges depend on what stands beside it.
  ...[0, 1, 2].map((shift) =>
    Buffer.from(
      Buffer.from(`${"-".repeat(shift)}${core}`)
        .toString("base64")
        .slice(4, 18)
    )
  )
]

/** The files below a folder, by their path in it, that hold these bytes. */
const filesWith = (folder: string, needles: ReadonlyArray<Buffer>): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => {
      const bytes = readFileSync(file)
      return needles.some((needle) => bytes.includes(needle))
    })
    .map((file) => path.relative(folder, file))
    .sort()

/** The files below a folder in which there is any trace of the value. */
export const filesWithCanary = (folder: string): ReadonlyArray<string> => filesWith(folder, traces)

/** The files below a folder that hold a text. */
export const filesWithText = (folder: string, text: string): ReadonlyArray<string> =>
  filesWith(folder, [Buffer.from(text)])
