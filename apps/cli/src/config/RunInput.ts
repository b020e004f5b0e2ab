/** The inputs of a run, as the command line gives them. */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { nameOfFile, readJson } from "./readJson.ts"

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
  Effect.flatMap(readJson(file, "--input-file: "), (parsed) =>
    typeof parsed !== "object" || parsed === null || Array.isArray(parsed)
      ? Effect.fail(noInputs(file))
      : Effect.succeed(parsed as RunInput)
  )

const noInputs = (file: string): CliFailure =>
  new CliFailure({
    exit: ExitCode.invalid,
    code: "InvalidInput",
    message: `--input-file: ${nameOfFile(file)} is not an object of inputs by name`
  })
