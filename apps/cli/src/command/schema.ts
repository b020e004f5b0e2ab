/** `dagflow schema`: the JSON Schema that editors complete and check the flows of a project by. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as ConfigFile from "../config/ConfigFile.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { SchemaDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { perform } from "./perform.ts"

const flags = {
  write: Flag.Boolean("write").pipe(
    Flag.withAlias("w"),
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Write it to dagflow.schema.json beside the configuration")
  )
}

/** `dagflow schema`. */
export const schema = Command.make(
  "schema",
  flags,
  perform(({ write }, { globals, output }) =>
    Effect.gen(function* () {
      const EditorSchema = yield* Effect.promise(() => import("../config/EditorSchema.ts"))
      const config = yield* ConfigFile.load(globals.config, process.cwd())
      const text = EditorSchema.text(config)
      const folder = config.file === undefined ? "." : path.relative(process.cwd(), path.dirname(config.file))
      const file = path.join(folder, EditorSchema.name)
      if (write) yield* save(file, text)
      const document: typeof SchemaDocument.Type = {
        schema: "dagflow.schema/1",
        ...(write ? { file } : { text })
      }
      if (output.json) yield* output.printJson(document)
      else if (write) {
        yield* output.print(
          `wrote ${file}\n  a flow names it in its first line: # yaml-language-server: $schema=./${EditorSchema.name}`
        )
      } else yield* output.print(text.trimEnd())
      return ExitCode.ok
    })
  )
).pipe(
  Command.withDescription("Print or write the JSON Schema by which editors check the flows of this project")
)

// -- internal -------------------------------------------------------------------------------------------------------

const save = (file: string, text: string): Effect.Effect<void, CliFailure> =>
  Effect.try({
    try: () => writeFileSync(file, text),
    catch: (error) =>
      new CliFailure({
        exit: ExitCode.notFound,
        code: "FileNotWritten",
        message: `the schema cannot be written: ${error instanceof Error ? error.message : String(error)}`
      })
  })
