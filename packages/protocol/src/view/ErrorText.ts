/**
 * Errors for people to read: what went wrong, where, because of what, where the run stood, and what to do next. Every
 * text ends with the page of the documentation that says more.
 */
import type { DefinitionError, Problem } from "../error/DefinitionError.ts"
import type { FrontierContext, NodeList } from "../error/FrontierContext.ts"
import type { NodeError } from "../error/NodeError.ts"
import * as Rejection from "../error/Rejection.ts"
import type { RunError } from "../error/RunError.ts"
import type { StoreError } from "../error/StoreError.ts"
import * as ColourMode from "./ColourMode.ts"
import * as DocsSlug from "./DocsSlug.ts"
import * as NextStep from "./internal/nextStep.ts"
import { plainText } from "./internal/plainText.ts"
import { type Paint, painters } from "./internal/paint.ts"

/** Everything that a user of a flow, a run or a store may have to read about. */
export type ReadableError = DefinitionError | RunError | StoreError | Rejection.Rejection

/** How an error is written. */
export interface ErrorTextOptions {
  /** Default `plain`. */
  readonly mode?: ColourMode.ColourMode
  /** What `auto` goes by; without it `auto` is `plain`. */
  readonly terminal?: ColourMode.Terminal
  /** Where pages about tags of errors are read, as the last line names it. Default: their files in the documentation. */
  readonly pages?: (tags: ReadonlyArray<string>) => string
}

/**
 * Writes an error for people.
 *
 * **Example**
 * ```ts
 * ErrorText.render({ _tag: "DuplicateNode", nodeId: "load" })
 * // error[DuplicateNode]: command refused: a node "load" exists already
 * // next
 * //   Choose another id, or leave the id out to get one that is free.
 * // see docs/errors/duplicate-node.md
 * ```
 */
export const render = (error: ReadableError, options: ErrorTextOptions = {}): string => {
  const paint: Pen = {
    ...painters[ColourMode.resolve(options.mode ?? "plain", options.terminal)],
    pages: options.pages ?? filesOf
  }
  switch (error._tag) {
    case "DefinitionError":
      return join(definitionLines(error, paint))
    case "RunError":
      return join(runLines(error, paint))
    case "StoreError":
      return join(storeLines(error, paint))
    case "DuplicateNode":
    case "UnknownNode":
    case "UnknownAction":
    case "UnknownDependency":
    case "CycleFound":
    case "NodeAlreadyStarted":
    case "UnknownBranch":
    case "LimitReached":
    case "InvalidInput":
    case "WrongRun":
    case "RunEnded":
    case "AlreadyAnswered":
    case "NotWaiting":
    case "UnknownChannel":
    case "NotAllowed":
      return join(rejectionLines(error, paint))
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

type Lines = ReadonlyArray<string>

/** Marks parts of a text, and knows where pages are. */
type Pen = Paint & Required<Pick<ErrorTextOptions, "pages">>

const filesOf = (tags: Lines): string => tags.map((tag) => `docs/errors/${DocsSlug.ofTag(tag)}.md`).join(", ")

const join = (lines: Lines): string => `${lines.join("\n")}\n`

/** The lines of a text that somebody else wrote: none of them can move the cursor or pass for one of ours. */
const linesOf = (text: string): Lines => text.split(/\r\n|[\r\n]/).map(plainText)

const heading = (kind: "error" | "warning", code: string, message: string, paint: Paint): Lines => {
  const [first = "", ...rest] = linesOf(message)
  const mark = kind === "error" ? paint.bad : paint.warn
  return [`${mark(`${kind}[${code}]`)}: ${paint.strong(first)}`, ...rest.map((line) => `  ${line}`)]
}

const next = (steps: Lines, paint: Paint): Lines => [
  paint.quiet("next"),
  ...steps.flatMap((step) => linesOf(step).map((line) => `  ${line}`))
]

const see = (tags: Lines, paint: Pen): Lines => [paint.quiet(`see ${paint.pages([...new Set(tags)])}`)]

/** Kinds of problems whose pages are named at the end. */
const pagesMax = 3

const definitionLines = (error: DefinitionError, paint: Pen): Lines => {
  const count = (severity: Problem["severity"]) => {
    const found = error.problems.filter((problem) => problem.severity === severity).length
    return found === 0 ? [] : [`${found} ${severity}${found === 1 ? "" : "s"}`]
  }
  const codes = [...new Set(error.problems.map((problem) => problem.code))]
  return [
    ...error.problems.flatMap((problem) => problemLines(problem, paint)),
    paint.strong(`the flow cannot run: ${[...count("error"), ...count("warning")].join(", ")}`),
    ...next(
      codes.slice(0, pagesMax).map((code) => NextStep.ofProblem[code]),
      paint
    ),
    ...see(codes.length === 0 ? ["DefinitionError"] : codes.slice(0, pagesMax), paint)
  ]
}

const problemLines = (problem: Problem, paint: Paint): Lines => {
  const { position } = problem
  const file = position && `${plainText(position.file)}:${position.line}:${position.column}`
  const place = file ?? problem.path.map((step) => plainText(`${step}`)).join(".")
  return [
    ...heading(problem.severity, problem.code, problem.message, paint),
    ...(place === "" ? [] : [`  ${paint.quiet("-->")} ${place}`]),
    ...(problem.excerpt === undefined ? [] : linesOf(problem.excerpt).map((line) => `  ${line}`)),
    ...(problem.suggestion === undefined
      ? []
      : [`  ${paint.quiet("=")} did you mean "${plainText(problem.suggestion)}"?`])
  ]
}

const storeLines = (error: StoreError, paint: Pen): Lines => [
  ...heading("error", error.reason._tag, `store: ${error.message}`, paint),
  ...(error.isRetryable ? [`  ${paint.quiet("=")} the same operation may succeed later`] : []),
  ...next([NextStep.ofStore[error.reason._tag]], paint),
  ...see([error.reason._tag], paint)
]

const rejectionLines = (rejection: Rejection.Rejection, paint: Pen): Lines => [
  ...heading("error", rejection._tag, `command refused: ${Rejection.describe(rejection)}`, paint),
  ...next([NextStep.ofRejection[rejection._tag]], paint),
  ...see([rejection._tag], paint)
]

/** Failed nodes that are written out; the rest are counted. */
const nodesMax = 5

const runLines = (error: RunError, paint: Pen): Lines => {
  const { reason } = error
  const failed = reason._tag === "NodesFailed" ? reason.nodes : []
  const written = failed.slice(0, nodesMax)
  const more = failed.length - written.length
  return [
    ...heading("error", reason._tag, runMessage(error), paint),
    ...(error.isRetryable ? [`  ${paint.quiet("=")} the same call may succeed later`] : []),
    ...written.flatMap((node) => failureLines(node.nodeId, node.attempts, node.error, paint)),
    ...(more > 0 ? [`  … and ${more} more failed nodes`] : []),
    ...(error.context === undefined ? [] : contextLines(error.context, paint)),
    ...next([NextStep.ofRun(reason)], paint),
    ...see([reason._tag, ...causesOf(error)], paint)
  ]
}

/** The message of an error, without what is said of each failed node below it. */
const runMessage = ({ message, reason, runId }: RunError): string => {
  if (reason._tag !== "NodesFailed") return message
  const [first, ...others] = reason.nodes
  const failed =
    others.length === 0 ? `node "${first?.nodeId}" failed` : `${reason.nodes.length} nodes failed`
  return first === undefined ? message : `run "${runId}": ${failed}`
}

/** The pages that say more about what is below a reason. */
const causesOf = ({ reason }: RunError): Lines => {
  if (reason._tag === "NodesFailed") return reason.nodes.slice(0, 1).map((node) => node.error.cause)
  if (reason._tag === "CommandRejected") return [reason.rejection._tag]
  return reason._tag === "StoreFailed" ? [reason.reason._tag] : []
}

const failureLines = (nodeId: string, attempts: number, error: NodeError, paint: Paint): Lines => {
  const times = attempts === 1 ? "1 attempt" : `${attempts} attempts`
  const [first = "", ...rest] = linesOf(`${error.tag}: ${error.message}`)
  const stack = (error.stack ?? []).flatMap(linesOf).map((line) => `    ${paint.quiet(line.trim())}`)
  const chain = (error.chain ?? []).flatMap((link) =>
    linesOf(`${link.tag}: ${link.message}`).map((line, index) =>
      index === 0 ? `    ${paint.quiet("caused by")} ${line}` : `      ${line}`
    )
  )
  const logs = (error.logs ?? []).flatMap(linesOf).map((line) => `    ${paint.quiet("|")} ${line}`)
  return [
    `  ${paint.bad("✗")} ${paint.strong(plainText(nodeId))} (${error.cause}, ${times}): ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...stack,
    ...chain,
    ...(logs.length === 0 ? [] : [`    ${paint.quiet("last lines logged")}`, ...logs])
  ]
}

const contextLines = (context: FrontierContext, paint: Paint): Lines => {
  const list = (name: string, { count, first }: NodeList): Lines => {
    if (count === 0) return []
    const more = count > first.length ? ` and ${count - first.length} more` : ""
    return [`  ${name.padEnd(9)} ${count}  ${first.map(plainText).join(", ")}${more}`]
  }
  const {
    cancelled,
    completed,
    failed,
    flow,
    frontier,
    pending,
    retrying,
    running,
    sequence,
    step,
    skipped,
    waiting
  } = context
  return [
    paint.quiet(
      `where the run stood (flow "${plainText(flow)}", ${step === undefined ? "" : `step ${step}, `}event ${sequence})`
    ),
    ...list("failed", failed),
    ...list("running", running),
    ...list("retrying", retrying),
    ...list("waiting", waiting),
    ...list("frontier", frontier),
    ...list("pending", pending),
    `  ${completed} completed, ${skipped} skipped, ${cancelled} cancelled`
  ]
}
