import { AnswerCheck, ChannelSpec, type FlowSpec, type Problem, Reducer, Suggestion } from "@dagflow/protocol"
import type * as ChannelReducers from "../../action/ChannelReducers.ts"

/** Problems of the channels of a flow that take more than the definition: unknown reducers, and values that fit no schema. */
export const find = (
  flow: FlowSpec.FlowSpec,
  reducers: ChannelReducers.ReducerRegistry
): ReadonlyArray<Problem> =>
  Object.entries(flow.channels ?? {}).flatMap(([name, spec]) => [
    ...reducerProblems(name, spec, reducers),
    ...schemaProblems(name, spec)
  ])

/** Names of the reducers of one's own that the channels of a flow have, sorted, each once. */
export const reducerNames = ({ channels = {} }: FlowSpec.FlowSpec): ReadonlyArray<string> =>
  [...new Set(Object.values(channels).map(ChannelSpec.reducerOf))]
    .filter((name) => Reducer.find(name) === undefined)
    .sort()

// -- internal -------------------------------------------------------------------------------------------------------

const reducerProblems = (
  name: string,
  spec: ChannelSpec.ChannelSpec,
  reducers: ChannelReducers.ReducerRegistry
): ReadonlyArray<Problem> => {
  const reducer = ChannelSpec.reducerOf(spec)
  if (Reducer.find(reducer) !== undefined || reducers.has(reducer)) return []
  const known = [...Object.keys(Reducer.builtIn), ...reducers.keys()]
  const suggestion = Suggestion.nearest(reducer, Suggestion.vocabulary(known))
  return [
    {
      code: "UnknownReducer",
      severity: "error",
      message: `channel "${name}" has the reducer "${reducer}", which is neither built in nor registered`,
      path: ["channels", name, "reducer"],
      ...(suggestion === undefined ? {} : { suggestion })
    }
  ]
}

const schemaProblems = (
  name: string,
  { schema, ...spec }: ChannelSpec.ChannelSpec
): ReadonlyArray<Problem> => {
  if (schema === undefined) return []
  const refuse = (key: string, message: string): ReadonlyArray<Problem> => [
    { code: "InvalidValue", severity: "error", message, path: ["channels", name, key] }
  ]
  const unusable = AnswerCheck.documentProblem(schema)
  if (unusable !== undefined) {
    return refuse("schema", `the schema of channel "${name}" cannot be used: ${unusable}`)
  }
  const value = ChannelSpec.initialOf(spec)
  const misfit = value === undefined ? undefined : AnswerCheck.answerProblem(schema, value)
  if (misfit === undefined) return []
  const what =
    spec.default === undefined ? "channel begins empty, which its schema refuses" : "default does not fit"
  return refuse("default", `channel "${name}": the ${what}: ${misfit}`)
}
