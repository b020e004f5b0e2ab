import { Reference } from "@dagflow/protocol"
import type { Refuse } from "./inputBindings.ts"
import { foreign } from "./inputBindings.ts"
import * as Condition from "../Condition.ts"
import * as ValueRef from "../ValueRef.ts"

/** What an expression is read for. */
export interface Use {
  /** What messages call it. */
  readonly what: "condition" | "list"
  readonly flow: { readonly name: string }
  readonly nodeId: string
  /** Where it stands in the node. */
  readonly path: ReadonlyArray<string | number>
  readonly refuse: Refuse
}

/** An expression as the definition holds it, and the nodes whose outputs its references name. */
export interface ReadCondition {
  readonly text: string
  readonly nodes: ReadonlySet<string>
}

/** Reads a condition, or an expression that makes a list. What cannot be one is reported and left out. */
export const read = (condition: unknown, use: Use): ReadCondition | undefined => {
  const nodes = new Set<string>()
  if (typeof condition === "string") return { text: condition, nodes }
  if (ValueRef.isValueSource(condition)) {
    const text = sourceText(condition, use, nodes)
    return text === undefined ? undefined : { text, nodes }
  }
  if (!Condition.isCelText(condition)) {
    use.refuse(
      "InvalidValue",
      use.path,
      "a condition is a text, what `cel` makes, or a value that is true or false"
    )
    return undefined
  }
  const { strings, values } = condition[Condition.TypeId]
  let text = strings[0] ?? ""
  for (const [index, value] of values.entries()) {
    const part = ValueRef.isValueSource(value) ? sourceText(value, use, nodes) : JSON.stringify(value)
    if (part === undefined) return undefined
    text += part + (strings[index + 1] ?? "")
  }
  return { text, nodes }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** The expression that reads a value of the run. */
const sourceText = (
  source: ValueRef.ValueSource<string, unknown>,
  { flow, nodeId: id, path, refuse, what }: Use,
  nodes: Set<string>
): string | undefined => {
  const { binding, flow: origin, nodeId, problem } = source[ValueRef.TypeId]
  if (origin !== undefined && origin !== flow) {
    refuse("UnknownReference", path, foreign(flow, id, `has a ${what} of a value`))
    return undefined
  }
  if (problem !== undefined || !("ref" in binding)) {
    const message = problem ?? "variables of the environment are not among the data of expressions"
    refuse("MalformedReference", path, `the ${what} of node "${id}": ${message}`)
    return undefined
  }
  const reference = Reference.parse(binding.ref)
  if (reference._tag === "MalformedReference") {
    refuse("MalformedReference", path, `the ${what} of node "${id}": ${reference.message}`)
    return undefined
  }
  if (reference._tag === "Each") {
    const message = `a ${what} is of the node as a whole, and not of a value of its list`
    refuse("UnknownReference", path, `the ${what} of node "${id}": ${message}`)
    return undefined
  }
  if (nodeId !== undefined) nodes.add(nodeId)
  const steps = [reference._tag === "Output" ? reference.output : reference.name, ...reference.path]
  const root = rootOf(reference)
  const names = steps.map(accessOf)
  const whole = `${root}${names.join("")}`
  if (binding.default === undefined) return whole
  // `has` wants a name at the end, so what stands in for a missing value is asked for key by key.
  const tests = steps.map((step, index) => testOf(`${root}${names.slice(0, index).join("")}`, step))
  return `(${tests.join(" && ")} ? ${whole} : ${JSON.stringify(binding.default)})`
}

const rootOf = (reference: Exclude<Reference.Reference, Reference.EachReference>): string => {
  switch (reference._tag) {
    case "Input":
      return "inputs"
    case "Channel":
      return "channels"
    case "Output":
      return `nodes[${JSON.stringify(reference.nodeId)}]`
  }
}

const isName = (step: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(step)

const accessOf = (step: Reference.PathStep): string =>
  typeof step === "string" && isName(step) ? `.${step}` : `[${JSON.stringify(step)}]`

const testOf = (of: string, step: Reference.PathStep): string =>
  typeof step === "string" ? `${JSON.stringify(step)} in ${of}` : `size(${of}) > ${step}`
