import { fileURLToPath } from "node:url"
import path from "node:path"
import * as Result from "effect/Result"

/** What a path means on some platform; tests give the one of another platform. */
export interface Platform {
  readonly windows: boolean
  readonly resolve: (path: string) => string
}

const here: Platform = { windows: path.sep === "\\", resolve: (text) => path.resolve(text) }

/** SQLite's own name of a database that has no file. */
export const inMemory = ":memory:"

const pathOf = (text: string, platform: Platform): Result.Result<string, string> => {
  if (text === inMemory) return Result.succeed(inMemory)
  if (text === "")
    return Result.fail("an address without a path: write sqlite:PATH, for instance sqlite:runs.db")
  if (text.includes("\0")) return Result.fail("a path with a NUL character")
  return Result.succeed(platform.resolve(text))
}

const pathOfFileUrl = (text: string, platform: Platform): Result.Result<string, string> => {
  const url = URL.parse(text)
  if (url === null || !/^file:\//i.test(text)) {
    return Result.fail(`the address "${text}": a file: URL starts with file:///, a path needs no file:`)
  }
  if (url.search !== "" || url.hash !== "") {
    return Result.fail(
      `the address "${text}": a file: URL has no ?options here; write ? and # as %3F and %23`
    )
  }
  const decoded = Result.try({
    try: () => fileURLToPath(url, { windows: platform.windows }),
    catch: (cause) => `the address "${text}": ${cause instanceof Error ? cause.message : String(cause)}`
  })
  return Result.flatMap(decoded, (path) => pathOf(path, platform))
}

const pathOfSqliteUrl = (rest: string, text: string, platform: Platform): Result.Result<string, string> => {
  const slashes = /^\/*/.exec(rest)?.[0].length ?? 0
  if (slashes === 2) {
    return Result.fail(
      `the address "${text}": a file has no host. Write sqlite:PATH, or sqlite:///PATH for an absolute path`
    )
  }
  if (slashes !== 3) return pathOf(rest, platform)
  const absolute = rest.slice(2)
  return pathOf(platform.windows && /^\/[a-z]:/i.test(absolute) ? absolute.slice(1) : absolute, platform)
}

/**
 * Finds the file that an address means: a path, `sqlite:PATH`, `sqlite:///ABSOLUTE`, a `file:` URL, or `:memory:`,
 * which `sqlite::memory:` means too. The answer is an absolute path, so that SQLite never takes it for a URI and a later
 * change of directory does not matter; the failure says what is wrong with the address.
 *
 * The path of `sqlite:` is taken as it stands: a space is a space and `%20` is four characters. Only `file:` URLs, which
 * have rules of their own, are decoded.
 */
export const sqliteLocation = (
  address: string | URL,
  platform: Platform = here
): Result.Result<string, string> => {
  const text = String(address)
  if (/^file:/i.test(text)) return pathOfFileUrl(text, platform)
  if (/^sqlite:/i.test(text)) return pathOfSqliteUrl(text.slice("sqlite:".length), text, platform)
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(text)) {
    return Result.fail(`the address "${text}": SQLite opens files of this machine. Write sqlite:PATH`)
  }
  return pathOf(text, platform)
}
