/**
 * The name of a node inside one run.
 *
 * A node id is what references, branches and the log use, so the characters that carry meaning there
 * are not allowed inside it: `.` separates a node from its output, `#` numbers the visits of a loop, `[` and `]`
 * number the items of a list.
 */
import * as Schema from "effect/Schema"

/** Longest node id accepted, in UTF-16 code units. */
export const lengthMax = 256

/** Names that open a reference to something that is not a node. */
export const reserved: ReadonlyArray<string> = ["inputs", "channels", "env", "each"]

// oxlint-disable-next-line no-control-regex -- a control character in an id would break every line-based output.
const forbidden = /[.#[\]\u0000-\u001f\u007f]/

/** Tells why a text cannot be a node id, or `undefined` when it can. */
export const problem = (text: string): string | undefined => {
  if (text.length === 0) return "a node id must not be empty"
  if (text.length > lengthMax) return `a node id has at most ${lengthMax} characters`
  if (text.trim() !== text) return "a node id must not start or end with a space"
  const found = forbidden.exec(text)
  if (found !== null) return `a node id must not contain ${JSON.stringify(found[0])}`
  if (reserved.includes(text)) return `"${text}" is reserved: references to the run's own data start with it`
  return undefined
}

/**
 * Tells why a text cannot name a node that others depend on, or `undefined` when it can. Besides the ids that people give,
 * these are ids of items of a list, such as `fetch[3]`.
 */
export const dependencyProblem = (text: string): string | undefined => {
  const item = /^(.*)\[\d{1,9}\]$/s.exec(text)
  return problem(item?.[1] ?? text)
}

/** The schema of a node id. */
export const NodeId = Schema.String.pipe(
  Schema.check(
    Schema.makeFilter((text: string) => problem(text) ?? true, {
      identifier: "NodeId",
      arbitraryConstraint: { minLength: 1, maxLength: lengthMax }
    })
  )
)

/** The schema of the id of a node that another one depends on: a node id, or the id of an item of a list. */
export const DependencyId = Schema.String.pipe(
  Schema.check(
    Schema.makeFilter((text: string) => dependencyProblem(text) ?? true, {
      identifier: "DependencyId",
      arbitraryConstraint: { minLength: 1, maxLength: lengthMax }
    })
  )
)
