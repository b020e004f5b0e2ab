import { type ProblemCode, Suggestion } from "@dagflow/protocol"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { schemaCopy } from "../../action/schemaCopy.ts"

/** One value that does not fit its schema. */
export interface Misfit {
  readonly code: ProblemCode
  readonly message: string
  readonly path: ReadonlyArray<string | number>
  /** The word that was probably meant, where one of several is expected. */
  readonly suggestion?: string
}

/** Finds what in a value does not fit a schema; nothing when it fits, or when that cannot be told at once. */
export type Finder = (value: unknown) => ReadonlyArray<Misfit>

/** Makes the finder of a schema. It follows the schema's transformations as far as they need no waiting. */
export const finder = (
  schema: Schema.Codec<unknown, unknown>,
  options: SchemaAST.ParseOptions = {}
): Finder => {
  const decode = schemaCopy(schema.ast).decodeExit(schema, { ...options, errors: "all" })
  return (value) => {
    const exit = decode(value)
    if (Exit.isSuccess(exit)) return []
    const byPlace = new Map<string, Misfit>()
    for (const reason of exit.cause.reasons) {
      if (reason._tag !== "Fail") continue
      for (const misfit of misfits(reason.error.issue, [], value)) {
        // What several checks have against one value, its first one says best: no integer is no port either.
        const place = JSON.stringify(misfit.path)
        if (!byPlace.has(place)) byPlace.set(place, misfit)
      }
    }
    return [...byPlace.values()]
  }
}

/** Makes the finder of a schema's own form, without what it turns it into. */
export const finderOf = (ast: SchemaAST.AST): Finder => finder(schemaCopy(ast).encodedForm(ast))

// -- internal -------------------------------------------------------------------------------------------------------

const format = SchemaIssue.makeFormatterDefault()

const misfits = (issue: SchemaIssue.Issue, path: Misfit["path"], value: unknown): ReadonlyArray<Misfit> => {
  if (issue._tag === "Pointer") {
    return misfits(issue.issue, [...path, ...issue.path.map(step)], inside(value, issue.path))
  }
  if (issue._tag === "Composite") return issue.issues.flatMap((inner) => misfits(inner, path, value))
  return [{ ...described(issue), ...meant(issue, value), path }]
}

const step = (key: PropertyKey): string | number => (typeof key === "number" ? key : String(key))

const described = (issue: SchemaIssue.Issue): Omit<Misfit, "path"> => {
  if (issue._tag === "MissingKey") return { code: "MissingKey", message: "this key is missing" }
  if (issue._tag === "UnexpectedKey") return { code: "UnknownKey", message: "there is no such key" }
  // Each member of a union says why it does not fit; what counts is that none does.
  if (issue._tag === "AnyOf" && issue.issues.length > 1) {
    return { code: "InvalidValue", message: "this is none of the forms that are allowed here" }
  }
  const [first = ""] = format(issue).split("\n")
  return { code: "InvalidValue", message: first.replace(/^Expected/, "expected") }
}

/** The word that was probably meant by a text that is none of those that are expected. */
const meant = (issue: SchemaIssue.Issue, value: unknown): Pick<Misfit, "suggestion"> => {
  if (issue._tag !== "AnyOf" || typeof value !== "string") return {}
  const words = issue.ast.types.flatMap((one) =>
    one._tag === "Literal" && typeof one.literal === "string" ? [one.literal] : []
  )
  const suggestion = Suggestion.nearest(value, Suggestion.vocabulary(words))
  return suggestion === undefined ? {} : { suggestion }
}

/** What is inside of a value at the keys of a path. */
const inside = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Readonly<Record<PropertyKey, unknown>>)[key] : undefined,
    value
  )
