/** What the start of a run gives, checked against what the flow declares. */
import { Binding, FlowSpec, Suggestion } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { InputSchema } from "./FlowInput.ts"
import * as Misfits from "./internal/misfits.ts"
import { remembered } from "./internal/remembered.ts"

/** The inputs of a run as its log records them. */
export type RunInput = Readonly<Record<string, Schema.Json>>

/**
 * Settles the inputs of a run, or says everything that is wrong with them, one sentence each.
 *
 * **Details**
 * A required input has to be there, an unknown one must not, and each has to be of the declared type; `schemaOf` may
 * know more than the declaration. A secret input is a text that names at least one variable of the environment. `null`
 * for an input that need not be given counts as leaving it out, unless its type takes null. Without a declaration a run
 * takes any JSON. No message holds a value.
 */
export const resolve = (
  declared: FlowSpec.FlowSpec["inputs"],
  given: unknown,
  schemaOf: (name: string) => InputSchema | undefined = () => undefined
): Result.Result<RunInput, ReadonlyArray<string>> => {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return Result.fail(["the inputs of a run are given by name, as an object"])
  }
  const values = new Map(Object.entries(given).filter(([, value]) => value !== undefined))
  const settled: Array<readonly [string, Schema.Json]> = []
  const problems: Array<string> = []
  const known = Suggestion.vocabulary(Object.keys(declared ?? {}))
  for (const [name, value] of values) {
    if (declared !== undefined && !Object.hasOwn(declared, name)) problems.push(unknownInput(name, known))
    else if (!isJson(value)) problems.push(`input "${name}" is not JSON`)
    else if (declared === undefined) settled.push([name, value as Schema.Json])
  }
  for (const [name, spec] of Object.entries(declared ?? {})) {
    const value = values.get(name)
    if (value !== undefined && !isJson(value)) continue
    const outcome = settle(name, spec, value as Schema.Json | undefined, schemaOf(name))
    if (Result.isFailure(outcome)) problems.push(...outcome.failure)
    else if (outcome.success !== undefined) settled.push([name, outcome.success])
  }
  return problems.length === 0 ? Result.succeed(Object.fromEntries(settled)) : Result.fail(problems)
}

// -- internal -------------------------------------------------------------------------------------------------------

const isJson = Schema.is(Schema.Json)

const finderOf = remembered((schema: InputSchema) => Misfits.finder(schema))

const unknownInput = (name: string, known: Suggestion.Vocabulary): string => {
  const suggestion = Suggestion.nearest(name, known)
  return `the flow has no input "${name}"${suggestion === undefined ? "" : ` (did you mean "${suggestion}"?)`}`
}

/** The value of one input, `undefined` for none, or what is wrong with it. */
const settle = (
  name: string,
  spec: FlowSpec.InputSpec,
  given: Schema.Json | undefined,
  schema: InputSchema | undefined
): Result.Result<Schema.Json | undefined, ReadonlyArray<string>> => {
  const needNot = spec.required === false || spec.default !== undefined
  const isLeftOut = given === undefined || (given === null && needNot && !takesNull(spec, schema))
  const value = isLeftOut ? spec.default : given
  if (value === undefined)
    return needNot ? Result.succeed(undefined) : Result.fail([`input "${name}" is missing`])
  const problems =
    spec.secret === true ? secretProblems(name, value) : valueProblems(name, spec, value, schema)
  return problems.length === 0 ? Result.succeed(value) : Result.fail(problems)
}

const takesNull = (spec: FlowSpec.InputSpec, schema: InputSchema | undefined): boolean => {
  if (spec.secret === true) return false
  return schema === undefined ? (spec.type ?? "any") === "any" : finderOf(schema)(null).length === 0
}

const secretProblems = (name: string, value: Schema.Json): ReadonlyArray<string> =>
  typeof value === "string" && Binding.environmentNames(value).length > 0
    ? []
    : [
        `input "${name}" is secret: give a text that names a variable of the environment, as "\${env.NAME}" does, and not the value`
      ]

const valueProblems = (
  name: string,
  spec: FlowSpec.InputSpec,
  value: Schema.Json,
  schema: InputSchema | undefined
): ReadonlyArray<string> => {
  const type = spec.type ?? "any"
  if (!FlowSpec.isOfType(type, value)) return [`input "${name}" is not of its type, ${type}`]
  if (schema === undefined) return []
  return finderOf(schema)(value).map(
    ({ message, path }) =>
      `input ${[name, ...path].map((key) => JSON.stringify(key)).join(", at ")}: ${message}`
  )
}
