import { mkdir, rename, writeFile } from "node:fs/promises"
import path from "node:path"
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { Report, toMarkdown } from "./Report.ts"

/** Writes the report below a folder, whole or not at all. One that was not approved is not written. */
export const publishReport = (folder: string) =>
  Action.make("publish-report", {
    version: "1",
    description: "Writes an approved report as a page.",
    input: Schema.Struct({ approved: Schema.Boolean, question: Schema.String, report: Report }),
    output: Schema.Struct({ published: Schema.Boolean, file: Schema.optionalKey(Schema.String) }),
    run: async ({ approved, question, report }, { attempt, runId }) => {
      if (!approved) return { published: false }
      await mkdir(folder, { recursive: true })
      const file = path.join(folder, `${encodeURIComponent(runId)}.md`)
      const unfinished = `${file}.${attempt}.tmp`
      await writeFile(unfinished, toMarkdown(question, report))
      await rename(unfinished, file)
      return { published: true, file }
    }
  })
