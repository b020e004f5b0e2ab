/** `dagflow import`: puts an exported run into a store. */
import { DagFlow } from "@dagflow/core"
import { RunArchive, RunDelta, type RunError, RunStatus } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as ConfigFile from "../config/ConfigFile.ts"
import * as OpenedStore from "../config/OpenedStore.ts"
import * as StoreLocation from "../config/StoreLocation.ts"
import { nameOfFile, readJson } from "../config/readJson.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { ImportDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { count, oneLine, shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import { readOnly } from "../run/EngineLayer.ts"
import { perform } from "./perform.ts"

const flags = {
  files: Argument.String("file").pipe(
    Argument.withDescription(
      "What dagflow export wrote, or - for standard input; then what it wrote with --after"
    ),
    Argument.variadic({ min: 1 })
  ),
  id: Flag.String("id").pipe(
    Flag.optional,
    Flag.withDescription("Id of the run in this store (default: its own)")
  )
}

/** `dagflow import`. */
export const importRun = Command.make(
  "import",
  flags,
  perform(({ files, id }, { globals, output }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const [archive, ...deltas] = yield* Effect.forEach(files, (file) => readJson(file))
        const whole = deltas.length === 0 ? archive : yield* joined(archive, deltas)
        const config = yield* ConfigFile.load(globals.config, process.cwd())
        const location = yield* StoreLocation.resolve(globals.store, config)
        const { driver } = yield* OpenedStore.open(location)
        const options = Option.isSome(id) ? { id: id.value } : {}
        const runId = yield* Effect.provide(
          Effect.flatMap(DagFlow, (dagflow) => dagflow.importRun(whole, options)),
          readOnly(driver)
        ).pipe(Effect.catchTag("RunError", (error) => Effect.fail(aboutFile(error, files[0] ?? ""))))
        const row = yield* driver.get(runId)
        const { sequence = 0, status = "running" } = row ?? {}
        const document: typeof ImportDocument.Type = {
          schema: "dagflow.import/1",
          runId,
          store: location.text,
          status,
          eventCount: sequence
        }
        if (output.json) yield* output.printJson(document)
        else {
          const word = RunStatus.isEnded(status) ? "show" : "resume"
          yield* output.print(
            `${oneLine(runId)} with ${count(sequence, "event")} is in ${location.text}; it is ${status}\n  next  ${commandName()} ${word} ${shellWord(runId)}${location.option}`
          )
        }
        return ExitCode.ok
      })
    )
  )
).pipe(Command.withDescription("Put an exported run into a store; nothing of it runs before it is resumed"))

// -- internal -------------------------------------------------------------------------------------------------------

/** What is no export has no id: it is told of by the name of its file. */
const aboutFile = (error: RunError, file: string): RunError | CliFailure =>
  error.runId !== "" || error.reason._tag !== "InvalidInput"
    ? error
    : new CliFailure({
        exit: ExitCode.invalid,
        code: error.reason._tag,
        message: `${nameOfFile(file)}: ${error.reason.message}`,
        next: [`write one by ${commandName()} export <run> --out <file>`]
      })

/** An export with all that was exported of the run later. */
const joined = (
  archive: unknown,
  deltas: ReadonlyArray<unknown>
): Effect.Effect<RunArchive.RunArchive, CliFailure> =>
  deltas
    .reduce(
      (so: Result.Result<RunArchive.RunArchive, string>, delta) =>
        Result.flatMap(so, (whole) => RunDelta.apply(whole, delta)),
      RunArchive.read(archive)
    )
    .pipe(
      Effect.fromResult,
      Effect.mapError((message) => new CliFailure({ exit: ExitCode.invalid, code: "InvalidInput", message }))
    )
