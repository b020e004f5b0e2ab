/** Reading for tests: synchronous, and with problems as short lines. */
import { Expression, type FlowSpec, type Problem } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { type FlowSource, FlowYaml } from "../src/index.ts"

// Reading what has expressions waits for what reads those, which these tests do not.
await Effect.runPromise(Expression.load)

/** Reads a text, with whatever is wrong with it. */
export const inspect = (text: string, options?: FlowYaml.TextOptions): FlowSource.FlowSource =>
  Effect.runSync(FlowYaml.inspect(text, options))

/** Reads a text that has no errors; its problems fail the test. */
export const parse = (text: string, options?: FlowYaml.TextOptions): FlowSpec.FlowSpec =>
  Effect.runSync(FlowYaml.parse(text, options))

/** The part of a text, given as its lines, that a problem is about, up to the end of its first line. */
export const partOf = (lines: ReadonlyArray<string>, { position }: Problem): string => {
  if (position === undefined) return ""
  const line = lines[position.line - 1] ?? ""
  const end = position.endLine === position.line ? (position.endColumn ?? 0) - 1 : line.length
  return line.slice(position.column - 1, end)
}

/** The problems of a text: what is wrong, with which part, and what was probably meant. Warnings have a question mark. */
export const briefs = (text: string, options?: FlowYaml.TextOptions): ReadonlyArray<string> =>
  inspect(text, options).problems.map((problem) => {
    const { code, severity, suggestion } = problem
    const hint = suggestion === undefined ? "" : ` → ${suggestion}`
    return `${code}${severity === "warning" ? "?" : ""} ${partOf(text.split("\n"), problem)}${hint}`.trim()
  })

/** A flow with these nodes, as the body of a file; problems count lines from the name. */
export const nodes = (body: string): string => `name: flow\nnodes:\n${body}`
