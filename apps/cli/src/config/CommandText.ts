/** A command to a run, as the command line gives it: a JSON object, or `-` for one on standard input. */
import { text as readAll } from "node:stream/consumers"
import { Command, Suggestion } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { oneLine } from "../output/Phrase.ts"

/** Reads a command. */
export const read = (word: string): Effect.Effect<Command.Command, CliFailure> =>
  Effect.gen(function* () {
    const text = word === "-" ? yield* Effect.promise(() => readAll(process.stdin)) : word
    const parsed = Result.try({
      try: () => JSON.parse(text.replace(/^\ufeff/, "")) as unknown,
      catch: (error) => (error instanceof Error ? error.message : String(error))
    })
    if (Result.isFailure(parsed)) return yield* invalid(`it is no JSON: ${parsed.failure}`, [example])
    const tag = tagOf(parsed.success)
    if (!Command.tags.some((known) => known === tag)) {
      const near =
        tag === undefined ? undefined : Suggestion.nearest(tag, Suggestion.vocabulary(Command.tags))
      const all = `the commands are ${Command.tags.join(", ")}`
      const meant = near === undefined ? all : `did you mean "${near}"?`
      return yield* invalid(
        tag === undefined ? `it has no "_tag" that names it` : `there is no command "${tag}"`,
        [meant]
      )
    }
    const decoded = decode(parsed.success)
    if (Result.isSuccess(decoded)) return decoded.success
    const why = oneLine(decoded.failure.message)
    return yield* invalid(`${tag}: ${why}`, /\["inputs"\]\[/.test(why) ? [binding] : [])
  })

// -- internal -------------------------------------------------------------------------------------------------------

const example = `write it like this: '{ "_tag": "RetryNode", "nodeId": "load" }'`

const binding = `an input is { "value": 1 }, or { "ref": "node.output" }`

const decode = Schema.decodeUnknownResult(Command.Command, { onExcessProperty: "error" })

const tagOf = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"
    ? value._tag
    : undefined

const invalid = (why: string, next: ReadonlyArray<string>): CliFailure =>
  new CliFailure({ exit: ExitCode.invalid, code: "InvalidCommand", message: `the command: ${why}`, next })
