/** What is wrong with the definition of a flow: every problem at once, each with its place. */
import * as Schema from "effect/Schema"

/** Kinds of problems of a definition. */
export const ProblemCode = Schema.Literals([
  "SyntaxError",
  "UnknownKey",
  "InvalidValue",
  "MissingKey",
  "DuplicateNode",
  "DuplicateEdge",
  "UnknownDependency",
  "UnknownAction",
  "UnknownReference",
  "UnknownReducer",
  "MalformedReference",
  "InvalidExpression",
  "NotAnAncestor",
  "CycleFound",
  "SelfDependency",
  "UnreachableNode",
  "NoPathToEnd",
  "EmptyFlow",
  "AmbiguousPayload",
  "MissingInput",
  "UnknownInput",
  "MissingVariable",
  "BindingMismatch",
  "UnsupportedKey",
  "LimitExceeded",
  "UnreadableFile"
])
/** Kinds of problems of a definition. */
export type ProblemCode = typeof ProblemCode.Type

/** A place in a source text. Lines and columns count from 1, columns in UTF-16 code units. */
export const SourcePosition = Schema.Struct({
  file: Schema.String,
  line: Schema.Int,
  column: Schema.Int,
  endLine: Schema.optionalKey(Schema.Int),
  endColumn: Schema.optionalKey(Schema.Int)
})
/** A place in a source text. */
export type SourcePosition = typeof SourcePosition.Type

/** One problem of a definition. */
export const Problem = Schema.Struct({
  code: ProblemCode,
  /** `warning`: the flow can run; `error`: it cannot. */
  severity: Schema.Literals(["error", "warning"]),
  message: Schema.String,
  /** Where in the definition, as keys and indexes from its root. */
  path: Schema.Array(Schema.Union([Schema.String, Schema.Int])),
  nodeId: Schema.optionalKey(Schema.String),
  /** The part of the text at `path` that is meant, in UTF-16 code units; left out, all of it. */
  span: Schema.optionalKey(Schema.Struct({ start: Schema.Int, end: Schema.Int })),
  /** The name that was probably meant. */
  suggestion: Schema.optionalKey(Schema.String),
  position: Schema.optionalKey(SourcePosition),
  /** The lines of the source around the position, with a caret line. */
  excerpt: Schema.optionalKey(Schema.String)
})
/** One problem of a definition. */
export type Problem = typeof Problem.Type

/** How many problems the message of the error lists; the error itself holds all. */
const listedMax = 20

const line = (problem: Problem): string => {
  const at = problem.position
  const place = at === undefined ? problem.path.join(".") : `${at.file}:${at.line}:${at.column}`
  const hint = problem.suggestion === undefined ? "" : ` (did you mean "${problem.suggestion}"?)`
  return `${place === "" ? "" : `${place}: `}${problem.message}${hint}`
}

/** A flow cannot run. All of its problems are collected, sorted by their place. */
export class DefinitionError extends Schema.TaggedError<DefinitionError>("@dagflow/protocol/DefinitionError")(
  "DefinitionError",
  { problems: Schema.Array(Problem) }
) {
  readonly isRetryable = false

  override get message(): string {
    const errors = this.problems.filter((problem) => problem.severity === "error")
    const lines = errors.slice(0, listedMax).map((problem) => `- ${line(problem)}`)
    if (errors.length > listedMax) lines.push(`- … and ${errors.length - listedMax} more`)
    const count = errors.length === 1 ? "1 problem" : `${errors.length} problems`
    return `the flow has ${count}:\n${lines.join("\n")}`
  }
}
