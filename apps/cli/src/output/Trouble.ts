/** Says what went wrong with a command, in words or as JSON, and with which exit code. */
import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { DefinitionError, ErrorText, RunError, StoreError } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as CliError from "effect/cli/CliError"
import { troubleOf } from "../run/Ending.ts"
import { exitOfDefinition, exitOfReason, exitOfStoreReason } from "../run/exitOfReason.ts"
import * as SourceMap from "../run/SourceMap.ts"
import { CliFailure, OutputClosed } from "./CliFailure.ts"
import type { ErrorDocument } from "./Documents.ts"
import { ExitCode } from "./ExitCode.ts"
import type { OutputShape } from "./Output.ts"
import { harmless, oneLine } from "./Phrase.ts"
import type { Told } from "./Told.ts"
import { commandName, helpOf } from "./commandName.ts"
import { pagesOf, problemLines, tally } from "./problemLines.ts"

/** Prints why a command failed. A usage error has been printed where it was found. */
export const report = (cause: Cause.Cause<unknown>, output: OutputShape): Effect.Effect<ExitCode> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.succeed(ExitCode.interrupted)
  const error = cause.reasons.find((reason) => reason._tag === "Fail")?.error
  if (error instanceof OutputClosed) return Effect.succeed(ExitCode.ok)
  if (CliError.isCliError(error)) {
    const isHelp = error._tag === "ShowHelp" && error.errors.length === 0
    return Effect.succeed(isHelp ? ExitCode.ok : ExitCode.usage)
  }
  const told = tell(error, output) ?? internal(cause, output)
  return Effect.as(print(told, output), told.exit)
}

/** Prints one failure as the output asks for. */
export const print = (told: Told, output: OutputShape): Effect.Effect<void> => {
  if (!output.json) return output.note(told.text)
  const document: typeof ErrorDocument.Type = {
    schema: "dagflow.error/1",
    ...told.document,
    exit: told.exit
  }
  return output.note(JSON.stringify(output.redactor.json(document)))
}

/** A failure of this package as it is told. */
export const ofFailure = (failure: CliFailure, output: OutputShape): Told => {
  const { at, code, exit, frontier, message, next = [], nodeId, text } = failure
  const { styleErr } = output
  const lines = [
    `${styleErr("failed", `error[${code}]`)}: ${styleErr("strong", harmless(message))}`,
    ...(text === undefined ? [] : [text]),
    ...(next.length === 0 ? [] : [styleErr("faint", "next"), ...next.map((step) => `  ${harmless(step)}`)])
  ]
  const document = {
    code,
    message,
    next,
    ...(at !== undefined && { at }),
    ...(nodeId !== undefined && { node: nodeId }),
    ...(frontier !== undefined && { frontier })
  }
  return { exit, text: lines.join("\n"), document }
}

// -- internal -------------------------------------------------------------------------------------------------------

const tell = (error: unknown, output: OutputShape): Told | undefined => {
  if (error instanceof CliFailure) return ofFailure(error, output)
  if (error instanceof DefinitionError) return ofDefinition(error, output)
  if (error instanceof RunError) return ofRun(error, output)
  return error instanceof StoreError ? ofStore(error, output) : undefined
}

const ofDefinition = (error: DefinitionError, output: OutputShape): Told => {
  const { problems } = error
  const { glyphs, styleErr } = output
  const first = problems.find((problem) => problem.severity === "error")
  const summary = `the flow cannot run: ${tally(problems)}`
  const lines = [
    ...problemLines(problems, styleErr, glyphs),
    styleErr("strong", summary),
    styleErr("faint", pagesOf(problems))
  ]
  const document = {
    code: first?.code ?? "DefinitionError",
    message: summary,
    problems,
    next: [],
    ...(first?.position !== undefined && { at: first.position })
  }
  return { exit: exitOfDefinition(error), text: lines.join("\n"), document }
}

const ofRun = (error: RunError, output: OutputShape): Told =>
  troubleOf(error, exitOfReason(error.reason), output, undefined, SourceMap.empty)

const ofStore = (error: StoreError, output: OutputShape): Told => ({
  exit: exitOfStoreReason(error.reason),
  text: ErrorText.render(error, {
    mode: output.capabilities.colorErr ? "colour" : "plain",
    pages: helpOf
  }).trimEnd(),
  document: { code: error.reason._tag, message: error.message, next: [] }
})

/** A defect. Its trace goes to a file: it is for whoever repairs it, not for the terminal. */
const internal = (cause: Cause.Cause<unknown>, output: OutputShape): Told => {
  const error = Cause.squash(cause)
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const file = path.join(tmpdir(), `dagflow-trace-${process.pid}.txt`)
  const trace = [
    `node ${process.version} on ${process.platform} ${process.arch}`,
    `dagflow ${process.argv.slice(2).join(" ")}`,
    Cause.pretty(cause)
  ]
  const isWritten = writeTrace(file, output.redactor.text(trace.join("\n")))
  const next = [
    `report it to the issue tracker of dagflow, with ${isWritten ? `the trace in ${file}` : "this message"}`,
    `runs are safe in their store: ${commandName()} resume goes on with them`
  ]
  const failure = new CliFailure({
    exit: ExitCode.internal,
    code: "InternalError",
    message: `a defect of dagflow, or of code that it runs: ${oneLine(said)}`,
    next
  })
  return ofFailure(failure, output)
}

const writeTrace = (file: string, text: string): boolean => {
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600 })
    return true
  } catch {
    // No place for a trace: the message has to do.
    return false
  }
}
