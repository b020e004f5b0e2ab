/**
 * Notices that code which a command runs has ended the process: without a word it would look as if the command had done what
 * was asked for, since `process.exit()` says 0.
 */
import * as Effect from "effect/Effect"
import { CliFailure } from "./output/CliFailure.ts"
import { commandName } from "./output/commandName.ts"
import { ExitCode } from "./output/ExitCode.ts"
import type * as Output from "./output/Output.ts"
import * as Trouble from "./output/Trouble.ts"

/** Ends of the process that the command itself decides on in the middle: a signal that came three times. */
const signalled: ReadonlySet<number> = new Set([ExitCode.interrupted, ExitCode.terminated])

/** Watches until the returned function is called, when the command is done. */
export const guardExit = (output: Output.OutputShape): (() => void) => {
  const tell = (code: number) => {
    if (signalled.has(code)) return
    const failure = new CliFailure({
      exit: ExitCode.internal,
      code: "ProcessEnded",
      message: `an action, a hook or code that they use ended the process with process.exit(${code}) before this command was done`,
      next: [
        "throw an error or return instead: node --trace-exit names the line that ended the process",
        `runs are safe in their store: ${commandName()} resume goes on with them`
      ]
    })
    // Nothing that waits happens any more; the text is handed over at once.
    Effect.runFork(Trouble.print(Trouble.ofFailure(failure, output), output))
    process.exitCode = ExitCode.internal
  }
  process.on("exit", tell)
  return () => process.off("exit", tell)
}
