import { readFileSync } from "node:fs"
import { text as readAll } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"

/** What a file is called in a message; `-` is standard input. */
export const nameOfFile = (file: string): string => (file === "-" ? "standard input" : file)

/** Reads a file of JSON, or standard input. `flag`, such as `--input-file: `, stands before what is wrong with it. */
export const readJson = (file: string, flag = ""): Effect.Effect<unknown, CliFailure> =>
  Effect.gen(function* () {
    const text = yield* Effect.tryPromise({
      try: async () => (file === "-" ? await readAll(process.stdin) : readFileSync(file, "utf8")),
      catch: () =>
        new CliFailure({
          exit: ExitCode.notFound,
          code: "FileNotFound",
          message: `${flag}there is no file ${file} that can be read`
        })
    })
    return yield* Effect.try({
      // Windows' shells put a mark of the byte order before what they write to a file.
      try: () => JSON.parse(text.replace(/^\ufeff/, "")) as unknown,
      catch: (error) =>
        new CliFailure({
          exit: ExitCode.invalid,
          code: "InvalidInput",
          message: `${flag}${nameOfFile(file)} is no JSON: ${error instanceof Error ? error.message : String(error)}`
        })
    })
  })
