/** What a child run starts from: the flow of a node, and the inputs of the node. */
import {
  Expression,
  type NodeError,
  NodeExpressions,
  type NodeState,
  type RunState,
  type StoreError,
  SubFlow
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { ActionRegistry } from "../action/Actions.ts"
import type { ArtifactStub } from "../action/artifactStub.ts"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import { keyedRandom } from "../decide/keyedRandom.ts"
import * as Plan from "../plan/Plan.ts"
import type { NewChild } from "./kinRuns.ts"
import { missing, type ResolvedInputs, resolveInputs, storedValue } from "./resolveInputs.ts"

type Node = NodeState.NodeState

/** What a child run is made of. */
export interface NewRunParts {
  readonly state: RunState.RunState
  readonly actions: ActionRegistry
  /** Fetches what is kept outside the log, for the attempt of a node. */
  readonly load: (stub: ArtifactStub, node: Node) => Effect.Effect<Schema.Json, StoreError>
}

/** Why a node cannot begin its child run. */
interface Refused {
  readonly error: NodeError.NodeError
}

const refused = (cause: NodeError.FailureCause, message: string): Refused => ({
  error: ErrorDescription.make(cause, message)
})

/** Seeds are whole numbers below this one. */
const seedMax = 2 ** 31

/** Completes the inputs of a child. What is secret stays the text that names it: the child's log holds no more. */
const complete = (
  { load }: NewRunParts,
  node: Node,
  { artifacts, templates, values }: ResolvedInputs
): Effect.Effect<Result.Result<Readonly<Record<string, Schema.Json>>, Refused>, StoreError> =>
  Effect.gen(function* () {
    for (const stored of artifacts) {
      const value = storedValue(yield* load(stored.stub, node), stored)
      if (value === undefined) return Result.fail(refused("MissingReference", missing(stored.binding)))
      stored.put(value)
    }
    for (const { place, put, text } of templates) {
      const [name] = place
      if (place.length > 1 || node.spec.flow?.inputs?.[name]?.secret !== true) {
        const message = `input "${name}" names variables of the environment, and its flow does not declare it as secret`
        return Result.fail(refused("InvalidInput", message))
      }
      put(text)
    }
    return Result.succeed(values)
  })

/** Plans the child run of a node, or says why it cannot begin. */
export const planChild = (
  parts: NewRunParts,
  node: Node,
  runId: string
): Effect.Effect<Omit<NewChild, "span"> | Refused, StoreError> =>
  Effect.gen(function* () {
    const { actions, state } = parts
    const { attempt, route, spec } = node
    const { flow } = spec
    if (route?.error !== undefined) return { error: route.error }
    const depth = (state.parent?.depth ?? 0) + 1
    if (flow === undefined || depth > SubFlow.depthMax) {
      const message = `it would be a run below ${depth} others, and ${SubFlow.depthMax} are the most`
      return { error: { ...ErrorDescription.make("SubFlowFailed", message), isRetryable: false } }
    }
    const inputs = resolveInputs(state, node)
    if (Result.isFailure(inputs)) return refused("MissingReference", inputs.failure)
    const values = yield* complete(parts, node, inputs.success)
    if (Result.isFailure(values)) return values.failure
    if (NodeExpressions.areIn(flow.nodes)) yield* Expression.load
    const planned = Plan.make(flow, { runId, actions, input: values.success })
    if (Result.isFailure(planned)) {
      const { failure } = planned
      const isMissing =
        failure._tag === "DefinitionError" && failure.problems.some(({ code }) => code === "UnknownAction")
      return refused(isMissing ? "UnknownAction" : "InvalidInput", failure.message)
    }
    const seed = Math.floor(keyedRandom(state.seed, spec.id, attempt, "sub-flow") * seedMax)
    const returns = SubFlow.returnsOf(spec) ?? {}
    const parent = { runId: state.runId, nodeId: spec.id, attempt, depth, returns }
    return { runId, planned: planned.success, parent, seed }
  })
