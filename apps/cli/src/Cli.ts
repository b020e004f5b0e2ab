/** The command line: it parses the words, runs one command, says what went wrong and settles the exit code. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Commands from "./command/Commands.ts"
import * as ExitStatus from "./command/ExitStatus.ts"
import * as Globals from "./command/Globals.ts"
import { RootCommand } from "./command/RootCommand.ts"
import { usageProblem } from "./command/usageProblem.ts"
import { guardExit } from "./exitGuard.ts"
import { CliFailure } from "./output/CliFailure.ts"
import { ExitCode } from "./output/ExitCode.ts"
import * as Output from "./output/Output.ts"
import * as Trouble from "./output/Trouble.ts"
import { parserServices } from "./parserServices.ts"
import { version } from "./version.ts"

const rootOf = (commands: ReadonlyArray<Commands.Named>) =>
  Command.make("dagflow").pipe(
    Command.withDescription("Graphs of work that run in parallel, grow while they run and survive a crash"),
    Command.withSubcommands(commands),
    Command.withGlobalFlags(Globals.settings)
  )

/** Runs the command that the words name, and gives the exit code. */
const perform = (words: ReadonlyArray<string>, output: Output.OutputShape): Effect.Effect<ExitCode> => {
  const status = ExitStatus.make()
  const asked = helpAsFlag(words)
  return Commands.named(asked).pipe(
    Effect.flatMap((commands) => {
      const root = rootOf(commands)
      return Effect.provideService(Command.runWith(root, { version: version() })(asked), RootCommand, root)
    }),
    Effect.map(() => status.code),
    Effect.catchCause((cause) => Trouble.report(cause, output)),
    Effect.provideService(Output.Output, output),
    Effect.provideService(ExitStatus.ExitStatus, status),
    Effect.provideService(CliConfig.CliConfig, CliConfig.make({ builtIns: builtIns(output) })),
    Effect.provideService(CliOutput.Presenter, presenter(output)),
    Effect.provide(parserServices)
  )
}

/** Runs the command of this process to its end. */
export const main = async (words: ReadonlyArray<string>): Promise<void> => {
  muteModuleWarnings()
  // The one output of the process: what a command learns of secrets holds for everything that is written here.
  const output = Output.make(Globals.outputOptions(words))
  const done = guardExit(output)
  const end = (code: ExitCode): void => {
    done()
    process.exit(code)
  }
  const fail = (error: unknown) => {
    // What code throws outside of everything that could catch it ends the process; its runs are safe in their store.
    void Effect.runPromise(Trouble.report(Cause.die(error), output)).then(end)
  }
  process.on("uncaughtException", fail)
  process.on("unhandledRejection", fail)
  const code = await Effect.runPromise(perform(words, output))
  await Promise.all([process.stdout, process.stderr].map(flushed))
  // Timers and sockets that actions have left behind do not keep the command from ending.
  end(code)
}

// -- internal -------------------------------------------------------------------------------------------------------

/** `dagflow help` is `dagflow --help`, and `dagflow help run` is `dagflow run --help`; other topics have pages of their own. */
const helpAsFlag = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first, topic, ...rest] = words
  if (first !== "help") return words
  if (topic === undefined) return ["--help"]
  return Commands.has(topic) ? [topic, "--help", ...rest] : words
}

const builtIns = (output: Output.OutputShape): ReadonlyArray<GlobalFlag.BuiltIn> => {
  const versionFlag = GlobalFlag.Action({
    flag: Flag.Boolean("version").pipe(
      Flag.withDefault(false),
      Flag.withoutNegation,
      Flag.withDescription("Print the version")
    ),
    run: () => Effect.ignore(output.print(version()))
  })
  return [GlobalFlag.Help, versionFlag, GlobalFlag.Completions]
}

const presenter = (output: Output.OutputShape): CliOutput.Presenter => ({
  present: (event) => {
    const formatter = CliOutput.defaultFormatter({ colors: output.capabilities.colorOut })
    switch (event._tag) {
      case "Version":
        return Effect.ignore(output.print(event.version))
      case "Help":
        return Effect.ignore(output.print(formatter.formatHelpDoc(event.helpDoc).trimEnd()))
      case "InvalidInvocation": {
        const problems = event.errors.map((error) => usageProblem(error, event.helpDoc))
        const failure = new CliFailure({
          exit: ExitCode.usage,
          code: "UsageError",
          message: problems.join("; "),
          next: [`usage: ${event.helpDoc.usage}`, `${event.commandPath.join(" ")} --help`]
        })
        return Trouble.print(usageText(failure, output), output)
      }
    }
  }
})

/** A usage error takes two lines: what is wrong, and how the command is written. */
const usageText = (failure: CliFailure, output: Output.OutputShape): ReturnType<typeof Trouble.ofFailure> => {
  const [usage = "", more = ""] = failure.next ?? []
  const said = `${output.styleErr("failed", "error")}: ${failure.message}`
  return { ...Trouble.ofFailure(failure, output), text: `${said}\n${usage}   (more: ${more})` }
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write("", () => resolve()))

/**
 * Keeps back what Node says whenever it loads a configuration in TypeScript: Node 22 that stripping types is experimental,
 * every Node that a `package.json` as npm makes it does not call its folder one of modules.
 */
const muteModuleWarnings = (): void => {
  const printers = process.listeners("warning")
  process.removeAllListeners("warning")
  process.on("warning", (warning) => {
    if (warning.name === "ExperimentalWarning" && /strip/i.test(warning.message)) return
    if ("code" in warning && warning.code === "MODULE_TYPELESS_PACKAGE_JSON") return
    for (const print of printers) print(warning)
  })
}
