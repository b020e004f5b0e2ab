import { Suggestion } from "@dagflow/protocol"
import type * as CliError from "effect/cli/CliError"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Globals from "./Globals.ts"

const quote = (name: string | undefined): string => (name === undefined ? "" : `; did you mean ${name}?`)

/** The flag that an unknown one was meant to be, of this command or of all commands. */
const nearestFlag = (flag: string, help: HelpDoc.HelpDoc): string | undefined => {
  const known = [...help.flags.map((one) => one.name), ...Globals.names]
  const near = Suggestion.nearest(flag.replace(/^-+/, ""), Suggestion.vocabulary(known))
  return near === undefined ? undefined : `--${near}`
}

/** Says on one line what is wrong with a command line. */
export const usageProblem = (error: CliError.NonShowHelpErrors, help: HelpDoc.HelpDoc): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `unknown flag ${error.option}${quote(error.suggestions[0] ?? nearestFlag(error.option, help))}`
    case "UnknownSubcommand":
      return `unknown command "${error.subcommand}"${quote(error.suggestions[0])}`
    case "MissingArgument":
      return `the argument <${error.argument}> is missing`
    case "MissingOption":
      return `the flag --${error.option} is missing`
    default: {
      const [line = ""] = error.message.split("\n")
      return line.charAt(0).toLowerCase() + line.slice(1)
    }
  }
}
