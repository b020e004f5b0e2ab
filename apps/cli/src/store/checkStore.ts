/** The check of a store of the user's, by the kit that is installed beside it. */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { pathToFileURL } from "node:url"
import type * as Testkit from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { importModule } from "../config/importModule.ts"
import { CliFailure, type OutputClosed } from "../output/CliFailure.ts"
import type { StoreCheckDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import { harmless, oneLine } from "../output/Phrase.ts"

/** What is to be checked, and how the answer is to look. */
export interface AskedCheck {
  readonly module: string
  readonly only: Option.Option<string>
  readonly histories: Option.Option<number>
  readonly seed: Option.Option<number>
  readonly markdown: boolean
}

/** Checks the store of a module and prints what was found. */
export const checkStore = (
  { histories, markdown, module, only, seed }: AskedCheck,
  output: OutputShape
): Effect.Effect<ExitCode, CliFailure | OutputClosed> =>
  Effect.gen(function* () {
    const file = path.resolve(module)
    if (!existsSync(file)) return yield* missing(module)
    const kit = yield* kitOf(file)
    yield* importModule(file, "the store")
    const report = yield* Effect.tryPromise({
      try: () =>
        kit.StoreCheck.checkModule(pathToFileURL(file), {
          only: Option.getOrUndefined(only),
          histories: Option.getOrUndefined(histories),
          seed: Option.getOrUndefined(seed),
          onResult: (result) => tell(result, output)
        }),
      catch: (error) => unchecked(module, error)
    })
    const passed = kit.StoreReport.passed(report)
    if (output.json) {
      const abilities = { ...report.abilities }
      const document: typeof StoreCheckDocument.Type = {
        schema: "dagflow.check/1",
        passed,
        ...report,
        abilities
      }
      yield* output.printJson(document)
    } else if (report.results.length === 0) {
      yield* output.note(`no case has "${Option.getOrElse(only, () => "")}" in its name`)
    } else {
      const text = markdown ? kit.StoreReport.markdown(report) : kit.StoreReport.text(report)
      yield* output.print(text.split("\n").map(harmless).join("\n"))
    }
    return passed ? ExitCode.ok : ExitCode.failed
  })

// -- internal -------------------------------------------------------------------------------------------------------

const kitName = "@dagflow/store-testkit"

/** The kit that is installed beside the store: it has to be of the version that the store is written for. */
const kitOf = (file: string): Effect.Effect<typeof Testkit, CliFailure> =>
  Effect.tryPromise({
    try: () => {
      const resolved = createRequire(file).resolve(kitName)
      return import(pathToFileURL(resolved).href) as Promise<typeof Testkit>
    },
    catch: (error) =>
      new CliFailure({
        exit: ExitCode.notFound,
        code: "TestkitMissing",
        message: `${kitName} cannot be loaded from ${path.dirname(file)}: ${oneLine(String(error))}`,
        next: [`npm install --save-dev ${kitName}`]
      })
  })

const missing = (module: string): CliFailure =>
  new CliFailure({
    exit: ExitCode.notFound,
    code: "FileNotFound",
    message: `there is no file ${module}`
  })

/** Why there is no report. The error is of another copy of our classes, so it is known by its tag. */
const unchecked = (module: string, error: unknown): CliFailure => {
  const message = error instanceof Error ? error.message : String(error)
  const tag = error instanceof Error && "_tag" in error ? String(error._tag) : ""
  if (tag === "StoreError") {
    return new CliFailure({
      exit: ExitCode.store,
      code: "Unavailable",
      message: `the store of ${module} cannot be opened: ${message}`
    })
  }
  return new CliFailure({
    exit: ExitCode.invalid,
    code: "InvalidStore",
    message,
    next: ["the guide is docs/guides/write-your-own-store.md"]
  })
}

/** A check takes a while: failures are told as they come, and with -v every case. */
const tell = ({ group, name, passed }: Testkit.StoreReport.CaseResult, output: OutputShape): void => {
  if (output.quiet || output.json || (passed && !output.verbose)) return
  const word = passed ? output.styleErr("completed", "passed") : output.styleErr("failed", "failed")
  void Effect.runFork(output.note(`${word} ${group}: ${harmless(name)}`))
}
