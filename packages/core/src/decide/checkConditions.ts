/** Whether the expressions of a node that is to be added can be evaluated when its turn comes. */
import {
  Dependency,
  Expression,
  NodeExpressions,
  type NodeSpec,
  type Rejection,
  type RunState
} from "@dagflow/protocol"
import * as Result from "effect/Result"

/** Refuses texts that are no expressions, never give what they are for, or read what can be known not to exist. */
export const checkConditions = (
  state: RunState.RunState,
  spec: NodeSpec.NodeSpec,
  batch: ReadonlyMap<string, NodeSpec.NodeSpec>
): Rejection.Rejection | undefined => {
  if (!NodeExpressions.isIn(spec)) return undefined
  const refuse = (message: string): Rejection.Rejection => ({
    _tag: "InvalidInput",
    nodeId: spec.id,
    message
  })
  for (const placed of NodeExpressions.ofNode(spec)) {
    const name = `node "${spec.id}": the ${placed.use} "${placed.text}"`
    const expression = Expression.compile(placed.text)
    if (Result.isFailure(expression)) return refuse(`${name}: ${expression.failure.message}`)
    const { kind, uses } = expression.success
    const never = NodeExpressions.neverGives(placed, kind)
    if (never !== undefined) return refuse(`${name} is never ${never}`)
    const wrong = uses.find((use) => !mayRead(state, use, batch))
    if (wrong !== undefined) return refuse(`node "${spec.id}" reads "${wrong.text}", which does not exist`)
  }
  return undefined
}

/** Refuses drafts of which one has two edges from one node, one of them with a condition: the other would be lost. */
export const checkEdges = (drafts: ReadonlyArray<NodeSpec.NodeDraft>): Rejection.Rejection | undefined => {
  for (const { dependencies, id } of drafts) {
    if (dependencies?.some((one) => typeof one !== "string") !== true || !repeats(dependencies)) continue
    const message = `a node lists a dependency with a condition twice: join the conditions with "||"`
    return { _tag: "InvalidInput", message, ...(id !== undefined && { nodeId: id }) }
  }
  return undefined
}

// -- internal -------------------------------------------------------------------------------------------------------

const repeats = (dependencies: ReadonlyArray<Dependency.Dependency>): boolean => {
  const ids = dependencies.map(Dependency.nodeOf)
  return new Set(ids).size < ids.length
}

/** Whether a value can be there. That an expression tests whether it is there is no reason to refuse it. */
const mayRead = (
  state: RunState.RunState,
  use: Expression.Use,
  batch: ReadonlyMap<string, NodeSpec.NodeSpec>
): boolean => {
  // Which channels there are is settled when the run starts; without a name all of them are read.
  if (use._tag === "Channel") {
    return use.name === undefined ? state.channels.size > 0 : state.channels.has(use.name)
  }
  if (use._tag === "Input") {
    const declared = state.flow?.inputs
    if (use.name === undefined || declared === undefined) return true
    return Object.hasOwn(declared, use.name) && declared[use.name]?.secret !== true
  }
  const source = state.byId.get(use.nodeId)?.spec ?? batch.get(use.nodeId)
  if (source === undefined) return false
  const { outputs } = source
  return use.output === undefined || outputs === undefined || outputs.some(({ name }) => name === use.output)
}
