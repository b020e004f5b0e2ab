import type { ProblemCode } from "@dagflow/protocol"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"

/** One value that does not fit its schema. */
export interface Misfit {
  readonly code: ProblemCode
  readonly message: string
  readonly path: ReadonlyArray<string | number>
}

/** Finds what in a value does not fit a schema; nothing when it fits, or when that cannot be told at once. */
export type Finder = (value: unknown) => ReadonlyArray<Misfit>

/** Makes the finder of a schema. It follows the schema's transformations as far as they need no waiting. */
export const finder = (
  schema: Schema.Codec<unknown, unknown>,
  options: SchemaAST.ParseOptions = {}
): Finder => {
  const decode = Schema.decodeUnknownExit(schema, { ...options, errors: "all" })
  return (value) => {
    const exit = decode(value)
    if (Exit.isSuccess(exit)) return []
    const byPlace = new Map<string, Misfit>()
    for (const reason of exit.cause.reasons) {
      if (reason._tag !== "Fail") continue
      for (const misfit of misfits(reason.error.issue, [])) {
        // What several checks have against one value, its first one says best: no integer is no port either.
        const place = JSON.stringify(misfit.path)
        if (!byPlace.has(place)) byPlace.set(place, misfit)
      }
    }
    return [...byPlace.values()]
  }
}

/** Makes the finder of a schema's own form, without what it turns it into. */
export const finderOf = (ast: SchemaAST.AST): Finder => finder(Schema.make<Schema.Codec<unknown>>(ast))

// -- internal -------------------------------------------------------------------------------------------------------

const format = SchemaIssue.makeFormatterDefault()

const misfits = (issue: SchemaIssue.Issue, path: Misfit["path"]): ReadonlyArray<Misfit> => {
  if (issue._tag === "Pointer") return misfits(issue.issue, [...path, ...issue.path.map(step)])
  if (issue._tag === "Composite") return issue.issues.flatMap((inner) => misfits(inner, path))
  return [{ ...described(issue), path }]
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
