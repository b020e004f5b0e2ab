/** `dagflow export`: a run as one JSON document. */
import { writeFileSync } from "node:fs"
import { DagFlow } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { CliFailure } from "../output/CliFailure.ts"
import type { ExportDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { count, oneLine } from "../output/Phrase.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  run: FlowFlags.run,
  after: Flag.Int("after").pipe(
    Flag.optional,
    Flag.withMetavar("<event>"),
    Flag.withDescription("Only what came after this event, to be imported with the export that ended there")
  ),
  out: Flag.String("out").pipe(
    Flag.optional,
    Flag.withMetavar("<file>"),
    Flag.withDescription("Write the document to this new file (default: standard output)")
  )
}

/** `dagflow export`. */
export const exportRun = Command.make(
  "export",
  flags,
  perform(({ after, out, run }, { globals, output }) =>
    StoredRun.use(run, globals, ({ row: { runId } }) =>
      Effect.gen(function* () {
        const dagflow = yield* DagFlow
        const archive = Option.isNone(after)
          ? yield* dagflow.exportRun(runId)
          : yield* dagflow.exportDelta(runId, after.value)
        if (Option.isNone(out)) {
          yield* output.printJson(archive)
          return ExitCode.ok
        }
        yield* write(out.value, JSON.stringify(archive))
        const document: typeof ExportDocument.Type = {
          schema: "dagflow.export/1",
          runId,
          file: out.value,
          eventCount: archive.events.length,
          artifactCount: Object.keys(archive.artifacts).length
        }
        if (output.json) yield* output.printJson(document)
        else {
          const { artifactCount, eventCount } = document
          yield* output.print(
            `${oneLine(runId)} with ${count(eventCount, "event")} and ${count(artifactCount, "artifact")} is in ${oneLine(out.value)}`
          )
        }
        return ExitCode.ok
      })
    )
  )
).pipe(Command.withDescription("Print a run as one JSON document, with its large outputs"))

// -- internal -------------------------------------------------------------------------------------------------------

const write = (file: string, text: string): Effect.Effect<void, CliFailure> =>
  Effect.try({
    try: () => writeFileSync(file, `${text}\n`, { flag: "wx" }),
    catch: (error) =>
      new CliFailure({
        exit: ExitCode.conflict,
        code: "FileNotWritten",
        message: `--out ${file}: ${error instanceof Error ? error.message : String(error)}`,
        next: ["name a new file in a folder that may be written"]
      })
  })
