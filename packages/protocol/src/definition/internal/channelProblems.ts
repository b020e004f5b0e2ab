import type { Problem } from "../../error/DefinitionError.ts"
import * as ChannelSpec from "../ChannelSpec.ts"
import * as FlowConfig from "../FlowConfig.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import * as ReferableName from "./referableName.ts"

/** Problems of the channels that a flow declares: a strategy without steps, names, and defaults that their reducer refuses. */
export const find = (flow: FlowSpec): ReadonlyArray<Problem> => {
  const channels = Object.entries(flow.channels ?? {})
  if (channels.length === 0) return []
  return [
    ...strategyProblems(flow),
    ...channels.flatMap(([name, spec]) => [
      ...problem(["channels", name], ReferableName.problem(name)),
      ...problem(["channels", name, "default"], defaultProblem(name, spec))
    ])
  ]
}

// -- internal -------------------------------------------------------------------------------------------------------

const problem = (path: ReadonlyArray<string>, message: string | undefined): ReadonlyArray<Problem> =>
  message === undefined ? [] : [{ code: "InvalidValue", severity: "error", message, path: [...path] }]

const strategyProblems = (flow: FlowSpec): ReadonlyArray<Problem> => {
  const strategy: string = flow.config?.strategy ?? FlowConfig.defaults.strategy
  if (strategy === "superstep") return []
  const message = `channels change when a step ends, and only the strategy "superstep" has steps; this flow has "${strategy}"`
  return problem(["channels"], message)
}

const defaultProblem = (name: string, spec: ChannelSpec.ChannelSpec): string | undefined =>
  ChannelSpec.reducerOf(spec) === "sum" && spec.default !== undefined && typeof spec.default !== "number"
    ? `the default of channel "${name}" is no number, and its reducer is "sum"`
    : undefined
