import type { Problem } from "../../error/DefinitionError.ts"
import * as Binding from "../Binding.ts"
import { type FlowSpec, type InputSpec, isOfType } from "../FlowSpec.ts"
import * as ReferableName from "./referableName.ts"

/** Problems of the inputs that a flow declares: names, and defaults that the declaration itself refuses. */
export const find = (flow: FlowSpec): ReadonlyArray<Problem> =>
  Object.entries(flow.inputs ?? {}).flatMap(([name, input]) => {
    const path = ["inputs", name]
    const common = { code: "InvalidValue", severity: "error" } as const
    const ofName = ReferableName.problem(name)
    const ofDefault = defaultProblem(name, input)
    return [
      ...(ofName === undefined ? [] : [{ ...common, path, message: ofName }]),
      ...(ofDefault === undefined ? [] : [{ ...common, path: [...path, "default"], message: ofDefault }])
    ]
  }) satisfies ReadonlyArray<Problem>

const defaultProblem = (name: string, input: InputSpec): string | undefined => {
  if (input.default === undefined) return undefined
  if (input.secret === true) {
    const asks = typeof input.default === "string" && Binding.environmentNames(input.default).length > 0
    return asks
      ? undefined
      : `input "${name}" is secret: its default must name a variable of the environment, as "\${env.NAME}" does`
  }
  return isOfType(input.type ?? "any", input.default)
    ? undefined
    : `the default of input "${name}" is not of its type, ${input.type ?? "any"}`
}
