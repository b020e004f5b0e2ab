/** The command line: it parses the words, runs one command, says what went wrong and settles the exit code. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import { approve, reject } from "./command/approve.ts"
import { cancel } from "./command/cancel.ts"
import { completion } from "./command/completion.ts"
import { events } from "./command/events.ts"
import * as ExitStatus from "./command/ExitStatus.ts"
import * as Globals from "./command/Globals.ts"
import { diff } from "./command/diff.ts"
import { doctor } from "./command/doctor.ts"
import { exportRun } from "./command/export.ts"
import { fork } from "./command/fork.ts"
import { graph } from "./command/graph.ts"
import { help } from "./command/help.ts"
import { importRun } from "./command/import.ts"
import { init } from "./command/init.ts"
import { migrate } from "./command/migrate.ts"
import { pause } from "./command/pause.ts"
import { prune } from "./command/prune.ts"
import { resume } from "./command/resume.ts"
import { run } from "./command/run.ts"
import { runs } from "./command/runs.ts"
import { schema } from "./command/schema.ts"
import { send } from "./command/send.ts"
import { show } from "./command/show.ts"
import { store } from "./command/store.ts"
import { usageProblem } from "./command/usageProblem.ts"
import { validate } from "./command/validate.ts"
import { CliFailure } from "./output/CliFailure.ts"
import { ExitCode } from "./output/ExitCode.ts"
import * as Output from "./output/Output.ts"
import * as Trouble from "./output/Trouble.ts"
import { parserServices } from "./parserServices.ts"
import { version } from "./version.ts"

const commands = [
  run,
  validate,
  graph,
  runs,
  show,
  events,
  resume,
  pause,
  cancel,
  send,
  approve,
  reject,
  fork,
  diff,
  exportRun,
  importRun,
  prune,
  migrate,
  doctor,
  store,
  init,
  schema,
  completion((): Command.Command.Any => root),
  help
] as const

const root = Command.make("dagflow").pipe(
  Command.withDescription("Graphs of work that run in parallel, grow while they run and survive a crash"),
  Command.withSubcommands(commands),
  Command.withGlobalFlags(Globals.settings)
)

/** Runs the command that the words name, and gives the exit code. */
const perform = (words: ReadonlyArray<string>, output: Output.OutputShape): Effect.Effect<ExitCode> => {
  const status = ExitStatus.make()
  return Command.runWith(root, { version: version() })(helpAsFlag(words)).pipe(
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
  const fail = (error: unknown) => {
    // What code throws outside of everything that could catch it ends the process; its runs are safe in their store.
    void Effect.runPromise(Trouble.report(Cause.die(error), output)).then((code) => process.exit(code))
  }
  process.on("uncaughtException", fail)
  process.on("unhandledRejection", fail)
  const code = await Effect.runPromise(perform(words, output))
  await Promise.all([process.stdout, process.stderr].map(flushed))
  // Timers and sockets that actions have left behind do not keep the command from ending.
  process.exit(code)
}

// -- internal -------------------------------------------------------------------------------------------------------

/** `dagflow help` is `dagflow --help`, and `dagflow help run` is `dagflow run --help`; other topics have pages of their own. */
const helpAsFlag = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first, topic, ...rest] = words
  if (first !== "help") return words
  if (topic === undefined) return ["--help"]
  return commands.some(({ name }) => name === topic) ? [topic, "--help", ...rest] : words
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
