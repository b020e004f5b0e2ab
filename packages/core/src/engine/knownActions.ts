import * as Result from "effect/Result"
import * as SchemaAST from "effect/SchemaAST"
import type { ActionRegistry } from "../action/Actions.ts"
import { toReduce } from "../action/ChannelReducer.ts"
import type * as Action from "../action/Action.ts"
import { compiledAction } from "../action/compiledAction.ts"
import type { KnownActions } from "../decide/knownActions.ts"
import * as Plan from "../plan/Plan.ts"
import { conformAnswer } from "./conformAnswer.ts"

/** What decisions need to know of the actions of a process. */
export const knownActions = (actions: ActionRegistry, lengthOf: KnownActions["lengthOf"]): KnownActions => ({
  has: actions.has,
  versionOf: (name) => actions.get(name)?.version,
  estimateOf: (name) => actions.get(name)?.estimate,
  reducerOf: (name) => {
    const reducer = actions.reducers.get(name)
    return reducer && toReduce(reducer)
  },
  names: () => actions.list.map((action) => action.name),
  conform: (node, outputs) => {
    const action = actions.get(node.spec.action)
    return action === undefined
      ? Result.fail(`there is no action "${node.spec.action}" in this process`)
      : conformAnswer(compiledAction(action), outputs)
  },
  outputNames: (name) => outputNames(actions.get(name)?.output),
  flowProblems: (flow) => {
    const planned = Plan.ofFlow(flow, actions)
    return Result.isSuccess(planned)
      ? []
      : planned.failure.problems.flatMap(({ message, severity }) => (severity === "error" ? [message] : []))
  },
  lengthOf
})

/** The names that the schema of an action's outputs lists. */
const outputNames = (schema: Action.JsonSchema<never> | undefined): ReadonlyArray<string> => {
  const encoded = schema === undefined ? undefined : SchemaAST.toEncoded(schema.ast)
  return encoded !== undefined && SchemaAST.isObjects(encoded)
    ? encoded.propertySignatures.map(({ name }) => String(name))
    : []
}
