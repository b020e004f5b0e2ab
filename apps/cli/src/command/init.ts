/** `dagflow init`: the files of a first project. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type { InitFile } from "../config/InitFiles.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { InitDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import { perform } from "./perform.ts"

/** `dagflow init`. */
export const init = Command.make(
  "init",
  {
    folder: Argument.String("folder").pipe(
      Argument.withDefault("."),
      Argument.withDescription("Where to write (default: here)")
    )
  },
  perform(({ folder }, { output }) =>
    Effect.gen(function* () {
      const { make } = yield* Effect.promise(() => import("../config/InitFiles.ts"))
      const files = make()
      const taken = files.map(({ name }) => name).filter((name) => existsSync(path.join(folder, name)))
      if (taken.length > 0) {
        return yield* new CliFailure({
          exit: ExitCode.conflict,
          code: "FileExists",
          message: `${taken.join(", ")} ${taken.length === 1 ? "exists" : "exist"} already in ${path.resolve(folder)}; nothing was written`,
          next: [`choose another folder: ${commandName()} init <folder>`]
        })
      }
      yield* write(folder, files)
      const document: typeof InitDocument.Type = {
        schema: "dagflow.init/1",
        files: files.map(({ name }) => path.join(folder, name))
      }
      if (output.json) yield* output.printJson(document)
      else {
        const change = folder === "." ? "" : `cd ${shellWord(folder)} && `
        const lines = files.map(({ about, name }) => `  ${name.padEnd(24)} ${about}`)
        yield* output.print(
          ["wrote", ...lines, "next", `  ${change}${commandName()} run flow.yaml --input name=Ada`].join("\n")
        )
      }
      return ExitCode.ok
    })
  )
).pipe(Command.withDescription("Write a first flow, its configuration, a test and the schema for editors"))

// -- internal -------------------------------------------------------------------------------------------------------

const write = (folder: string, files: ReadonlyArray<InitFile>): Effect.Effect<void, CliFailure> =>
  Effect.try({
    try: () => {
      mkdirSync(folder, { recursive: true })
      // "wx": a file that somebody has made in this very moment is not overwritten either.
      for (const { name, text } of files) writeFileSync(path.join(folder, name), text, { flag: "wx" })
    },
    catch: (error) =>
      new CliFailure({
        exit: ExitCode.conflict,
        code: "FileExists",
        message: `the files cannot be written: ${error instanceof Error ? error.message : String(error)}`
      })
  })
