/** `dagflow help`: pages about what is not a flag. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type { HelpDocument } from "../output/Documents.ts"
import { ExitCode, exitCodes } from "../output/ExitCode.ts"
import { perform } from "./perform.ts"

/** `dagflow help`. */
export const help = Command.make(
  "help",
  { topic: Argument.Literals("topic", ["exit-codes"]).pipe(Argument.withDescription("exit-codes")) },
  perform(({ topic }, { output }) =>
    Effect.gen(function* () {
      const document: typeof HelpDocument.Type = { schema: "dagflow.help/1", topic, exitCodes }
      const lines = exitCodes.map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`)
      yield* output.json ? output.printJson(document) : output.print(["Exit codes", ...lines].join("\n"))
      return ExitCode.ok
    })
  )
).pipe(Command.withDescription("Explain a command, or the exit codes: dagflow help exit-codes"))
