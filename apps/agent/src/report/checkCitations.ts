import { Action, NodeOutput } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Documents } from "../material/Documents.ts"
import { plainText, Report, toMarkdown } from "./Report.ts"

/** Fails when a quote does not stand in the document that it is said to be from. No model is asked whether it does. */
export const checkCitations = Action.make("check-citations", {
  version: "3",
  estimate: { tokens: 0 },
  description:
    "Looks up each quote of a report in the document that it names, and gives the page that somebody has to decide about.",
  input: Schema.Struct({ question: Schema.String, report: Report }),
  output: Schema.Struct({ quotes: Schema.Int, page: Schema.String }),
  run: ({ question, report }) =>
    Effect.gen(function* () {
      const documents = yield* Documents
      const wrong: Array<string> = []
      for (const { file, quote } of report.findings) {
        const text = yield* Effect.orElseSucceed(documents.read(file), () => "")
        if (plainText(quote) === "" || !plainText(text).includes(plainText(quote))) {
          wrong.push(`"${plainText(quote).slice(0, 80)}" is not in ${file}`)
        }
      }
      if (wrong.length === 0) return { quotes: report.findings.length, page: toMarkdown(question, report) }
      return NodeOutput.failure(`${wrong.join("; ")}. The question was: ${question}`)
    })
})
