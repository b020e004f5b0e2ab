import type { Problem } from "@dagflow/protocol"
import * as Excerpt from "./excerpt.ts"
import * as Place from "./place.ts"
import * as SourceText from "./sourceText.ts"

/** The problems found so far while one definition is read, from all of its files. */
export interface Findings {
  readonly problemsMax: number
  readonly found: Map<string, Finding>
  /** Problems beyond the limit, which are only counted. */
  omitted: number
}

interface Finding {
  readonly problem: Problem
  readonly from: number
}

/** What is said of a place. */
export interface Remark {
  readonly code: Problem["code"]
  readonly message: string
  readonly severity?: Problem["severity"]
  readonly nodeId?: string | undefined
  readonly suggestion?: string | undefined
}

/** No problems yet. */
export const make = (problemsMax: number): Findings => ({ problemsMax, found: new Map(), omitted: 0 })

/** Gives a problem its place in the source, and shows it. */
export const problemAt = (place: Place.Place, remark: Remark): Problem => {
  const { suggestion } = remark
  const hint = suggestion === undefined ? "" : `did you mean "${suggestion}"?`
  const position = SourceText.positionOf(place.source, place.from, place.to)
  return {
    code: remark.code,
    severity: remark.severity ?? "error",
    message: remark.message,
    path: Place.path(place.trail),
    ...(remark.nodeId === undefined ? {} : { nodeId: remark.nodeId }),
    ...(suggestion === undefined ? {} : { suggestion }),
    position,
    excerpt: Excerpt.make(place.source, position, hint)
  }
}

/** Adds a problem; the same one at the same place, as a file that is included twice gives it, counts once. */
export const report = (findings: Findings, place: Place.Place, remark: Remark): void => {
  const key = `${place.source.file}\n${place.from}\n${remark.code}\n${remark.message}`
  if (findings.found.has(key)) return
  if (findings.found.size >= findings.problemsMax) {
    findings.omitted++
    return
  }
  findings.found.set(key, { problem: problemAt(place, remark), from: place.from })
}

/** Adds a problem that has no place in a text, such as a file that cannot be read. */
export const reportPlain = (findings: Findings, problem: Problem): void => {
  findings.found.set(`${problem.code}\n${problem.message}`, { problem, from: -1 })
}

/** All problems: file by file in the order in which the files were read, inside a file by their place. */
export const problems = (findings: Findings, files: ReadonlyArray<string>): ReadonlyArray<Problem> => {
  const order = new Map(files.map((file, index) => [file, index]))
  const rank = ({ problem }: Finding) => order.get(problem.position?.file ?? "") ?? -1
  const sorted = [...findings.found.values()]
    .sort((a, b) => rank(a) - rank(b) || a.from - b.from)
    .map(({ problem }) => problem)
  if (findings.omitted === 0) return sorted
  const message = `there are ${findings.omitted} more problems than the ${findings.problemsMax} that are listed`
  return [...sorted, { code: "LimitExceeded", severity: "error", message, path: [] }]
}

/** Whether any of the problems stops a flow from running. */
export const hasErrors = (findings: Findings): boolean =>
  findings.omitted > 0 || [...findings.found.values()].some(({ problem }) => problem.severity === "error")
