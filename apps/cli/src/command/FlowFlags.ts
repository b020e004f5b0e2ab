/** Flags and arguments that several commands have. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import { parseDuration } from "../output/parseDuration.ts"

/** The flow that a command is about. */
export const flow = Argument.String("flow").pipe(
  Argument.withDescription("flow.yaml, module.ts, module.ts#export, or - for YAML on standard input")
)

/** The run that a command is about. */
export const run = Argument.String("run").pipe(
  Argument.withDescription("Id of a run, a beginning of one, or @last")
)

/** A flag that takes a duration; its value is in milliseconds. */
export const duration = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<duration>"),
    Flag.withDescription(description),
    Flag.mapEffect((text) => {
      const millis = parseDuration(text)
      return millis === undefined
        ? Effect.fail(
            new CliError.InvalidValue({
              option: name,
              value: text,
              expected: "a duration such as 500ms, 30s, 2m or 1h30m",
              kind: "flag"
            })
          )
        : Effect.succeed(millis)
    })
  )

/** A flag that takes a whole number of at least one. */
export const positive = (name: string, maximum: number, description: string) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("<n>"),
    Flag.withDescription(description),
    Flag.filter(
      (value) => value >= 1 && value <= maximum,
      () => `a whole number from 1 to ${maximum}`
    )
  )

/** `--allow-shell`. */
export const allowShell = Flag.Boolean("allow-shell").pipe(
  Flag.withDefault(false),
  Flag.withoutNegation,
  Flag.withDescription("Let flows run programs by the action shell")
)

/** `--live`. */
export const live = Flag.Boolean("live").pipe(
  Flag.withDefault(false),
  Flag.withoutNegation,
  Flag.withDescription("Tell also what actions emit: with --json as lines between the events")
)

/** `--grace`: how long a run that is parked waits for what runs, in milliseconds. */
export const grace = duration(
  "grace",
  "How long running attempts may take to end once the run is parked (default 10s)"
).pipe(Flag.withDefault(10_000))

/** `--timeout`, in milliseconds. */
export const timeout = duration("timeout", "Park the run after this time and exit with 124").pipe(
  Flag.optional
)
