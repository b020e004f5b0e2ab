import { chdir } from "node:process"
import * as Effect from "effect/Effect"
import { CliFailure, type OutputClosed } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { Output, type OutputShape } from "../output/Output.ts"
import { ExitStatus } from "./ExitStatus.ts"
import * as Globals from "./Globals.ts"

/** What the body of a command has at hand. */
export interface Hand {
  readonly globals: Globals.Globals
  readonly output: OutputShape
}

/** Makes the handler of a command of its body, whose answer is the exit code. */
export const perform =
  <Flags, E, R>(body: (flags: Flags, hand: Hand) => Effect.Effect<ExitCode, E | OutputClosed, R>) =>
  (flags: Flags) =>
    Effect.gen(function* () {
      const globals = yield* Globals.read
      const output = yield* Output
      const status = yield* ExitStatus
      if (globals.directory !== undefined) yield* changeTo(globals.directory)
      status.code = yield* body(flags, { globals, output })
    })

const changeTo = (directory: string): Effect.Effect<void, CliFailure> =>
  Effect.try({
    try: () => chdir(directory),
    catch: () =>
      new CliFailure({
        exit: ExitCode.notFound,
        code: "DirectoryNotFound",
        message: `-C: there is no folder ${directory}`
      })
  })
