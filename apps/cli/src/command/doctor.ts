/** `dagflow doctor`: looks at everything that commands depend on, and says how to put right what is wrong. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Finding from "../doctor/Finding.ts"
import type { DoctorDocument } from "../output/Documents.ts"
import type { OutputShape } from "../output/Output.ts"
import { oneLine } from "../output/Phrase.ts"
import type { Tone } from "../output/Style.ts"
import { perform } from "./perform.ts"

/** `dagflow doctor`. */
export const doctor = Command.make(
  "doctor",
  {},
  perform((_, { globals, output }) =>
    Effect.gen(function* () {
      const { examine } = yield* Effect.promise(() => import("../doctor/examine.ts"))
      const findings = yield* examine(globals)
      const document: typeof DoctorDocument.Type = {
        schema: "dagflow.doctor/1",
        healthy: findings.every(({ result }) => result !== "error"),
        checks: findings.map(Finding.asDocument)
      }
      if (output.json) yield* output.printJson(document)
      else yield* output.print(findings.flatMap((finding) => linesOf(finding, output)).join("\n"))
      return Finding.exitOf(findings)
    })
  )
).pipe(Command.withDescription("Check Node, packages, configuration, store and runs left behind"))

// -- internal -------------------------------------------------------------------------------------------------------

const tones: Readonly<Record<Finding.Finding["result"], Tone>> = {
  ok: "completed",
  warning: "attention",
  error: "failed"
}

const linesOf = (
  { fix, message, name, result }: Finding.Finding,
  { glyphs, styleOut }: OutputShape
): ReadonlyArray<string> => {
  const signs = { ok: glyphs.sign.completed, warning: "!", error: glyphs.sign.failed }
  const state = styleOut(tones[result], `${signs[result]} ${result.padEnd(8)}`)
  const line = `${state} ${name.padEnd(13)}  ${oneLine(message)}`
  return fix === undefined ? [line] : [line, `${" ".repeat(26)}fix: ${oneLine(fix)}`]
}
