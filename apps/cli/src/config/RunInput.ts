/** The inputs of a run, as the command line gives them. */
import { readFileSync } from "node:fs"
import { text as readAll } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"

/** Inputs by name. */
export type RunInput = Readonly<Record<string, Schema.Json>>

/**
 * Reads the inputs of a run: those of the file first, then each `--input name=value` over them. A value is JSON if it
 * parses as such, and else a text.
 */
export const read = (
  pairs: ReadonlyArray<string>,
  file: string | undefined,
  flag = "--input"
): Effect.Effect<RunInput, CliFailure> =>
  Effect.gen(function* () {
    const input = new Map<string, Schema.Json>()
    if (file !== undefined) {
      for (const [name, value] of Object.entries(yield* readFile(file))) input.set(name, value)
    }
    for (const pair of pairs) {
      const place = pair.indexOf("=")
      if (place < 1) {
        return yield* usage(`${flag} "${pair}" is not of the form name=value`)
      }
      input.set(pair.slice(0, place), value(pair.slice(place + 1)))
    }
    return Object.fromEntries(input)
  })

/**
 * The value of a text: what it means as JSON, or else the text itself. A whole number that JavaScript cannot hold stays
 * a text, so that a long id keeps all of its digits.
 */
export const value = (text: string): Schema.Json => {
  try {
    const parsed = JSON.parse(text) as Schema.Json
    return typeof parsed === "number" && !Number.isSafeInteger(parsed) && /^-?\d+$/.test(text) ? text : parsed
  } catch {
    // Most values are words, and nobody wants to quote them twice in a shell.
    return text
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const usage = (message: string): CliFailure =>
  new CliFailure({ exit: ExitCode.usage, code: "InvalidFlag", message })

const readFile = (file: string): Effect.Effect<RunInput, CliFailure> =>
  Effect.gen(function* () {
    const text = yield* Effect.tryPromise({
      try: async () => (file === "-" ? await readAll(process.stdin) : readFileSync(file, "utf8")),
      catch: () =>
        new CliFailure({
          exit: ExitCode.notFound,
          code: "FileNotFound",
          message: `--input-file: there is no file ${file} that can be read`
        })
    })
    const parsed = yield* Effect.try({
      // Windows' shells put a mark of the byte order before what they write to a file.
      try: () => JSON.parse(text.replace(/^\ufeff/, "")) as unknown,
      catch: (error) => invalid(file, error instanceof Error ? error.message : String(error))
    })
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      return yield* invalid(file, "it is not an object of inputs by name")
    }
    return parsed as RunInput
  })

const invalid = (file: string, why: string): CliFailure =>
  new CliFailure({
    exit: ExitCode.invalid,
    code: "InvalidInput",
    message: `--input-file ${file === "-" ? "(standard input)" : file}: ${why}`
  })
