import type { Problem } from "@dagflow/protocol"
import { codeFrame } from "./codeFrame.ts"
import { helpOf } from "./commandName.ts"
import type { OutputShape } from "./Output.ts"
import { count, harmless, number, oneLine } from "./Phrase.ts"
import type { Style } from "./Style.ts"

/** Problems that are written out; the rest are counted. */
export const listedMax = 50

/** Kinds of problems whose pages are named at the end. */
const pagesMax = 3

/** How many problems of each severity: `2 errors, 1 warning`. */
export const tally = (problems: ReadonlyArray<Problem>): string =>
  (["error", "warning"] as const)
    .map(
      (severity) => [severity, problems.filter((problem) => problem.severity === severity).length] as const
    )
    .filter(([, found]) => found > 0)
    .map(([severity, found]) => count(found, severity))
    .join(", ")

/** The problems of one flow: each with its place first, the lines around it, and a guess at what was meant. */
export const problemLines = (
  problems: ReadonlyArray<Problem>,
  style: Style,
  glyphs: OutputShape["glyphs"]
): ReadonlyArray<string> => {
  const shown = problems.slice(0, listedMax)
  const hidden = problems.length - shown.length
  const more = `${glyphs.more} ${number(hidden)} more problems, ${number(problems.length)} in total`
  return [...shown.flatMap((problem) => linesOf(problem, style)), ...(hidden > 0 ? [more] : [])]
}

/** The command that says more about these problems. */
export const pagesOf = (problems: ReadonlyArray<Problem>): string =>
  `see ${helpOf([...new Set(problems.map((problem) => problem.code))].slice(0, pagesMax))}`

// -- internal -------------------------------------------------------------------------------------------------------

const placeOf = ({ path, position }: Problem): string =>
  position === undefined ? path.join(".") : `${position.file}:${position.line}:${position.column}`

const linesOf = (problem: Problem, style: Style): ReadonlyArray<string> => {
  const { code, message, position, severity, suggestion } = problem
  const place = oneLine(placeOf(problem))
  const kind = style(severity === "error" ? "failed" : "attention", `${severity}[${code}]`)
  const excerpt = excerptOf(problem)
  // The excerpt says what was meant where the caret stands; without one the line itself does.
  const hint =
    suggestion === undefined || excerpt.length > 0 ? "" : ` (did you mean "${oneLine(suggestion)}"?)`
  const at = place === "" ? "" : `${position === undefined ? place : style("strong", place)}: `
  return [`${at}${kind}: ${oneLine(message)}${hint}`, ...excerpt]
}

const excerptOf = ({ excerpt, position, suggestion }: Problem): ReadonlyArray<string> => {
  if (excerpt !== undefined) return harmless(excerpt).trimEnd().split("\n")
  if (position === undefined) return []
  const hint = suggestion === undefined ? "" : `did you mean "${suggestion}"?`
  return codeFrame(position, hint).split("\n").slice(1)
}
