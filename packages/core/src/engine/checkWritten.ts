import {
  AnswerCheck,
  ChannelSpec,
  type Event,
  type NodeError,
  Reducer,
  type RunState,
  Suggestion,
  VisitState
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"

/** Why an attempt fails that wrote or led where it may not. */
export interface Refused {
  readonly cause: NodeError.FailureCause
  readonly message: string
  readonly channel?: string
}

/** The reducer of one's own of that name. */
export type ReducerOf = (name: string) => Reducer.Reduce | undefined

/**
 * Checks what an attempt wrote to channels and where it led. Each update is tried on what the channel holds in the step, so
 * that one that its reducer or its schema refuses fails the node that wrote it.
 */
export const checkWritten = (
  state: RunState.RunState,
  updates: Readonly<Record<string, Schema.Json>> | undefined,
  routes: Event.Routes | undefined,
  reducerOf: ReducerOf
): Refused | undefined => {
  for (const [channel, update] of Object.entries(updates ?? {})) {
    const message = updateProblem(state, channel, update, reducerOf)
    if (message !== undefined) return { cause: "InvalidUpdate", message, channel }
  }
  const message = routes && routeProblem(state, routes)
  return message === undefined ? undefined : { cause: "InvalidRoute", message }
}

/** What keeps a channel from holding a value: its schema. */
export const valueProblem = (
  { flow }: RunState.RunState,
  channel: string,
  value: Schema.Json
): string | undefined => {
  const schema = flow?.channels?.[channel]?.schema
  const problem = schema && AnswerCheck.answerProblem(schema, value)
  return problem && `channel "${channel}" does not take it: ${problem}`
}

// -- internal -------------------------------------------------------------------------------------------------------

const hint = (name: string, known: Iterable<string>): string => {
  const nearest = Suggestion.nearest(name, Suggestion.vocabulary(known))
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`
}

const updateProblem = (
  state: RunState.RunState,
  channel: string,
  update: Schema.Json,
  reducerOf: ReducerOf
): string | undefined => {
  const held = state.channels.get(channel)
  if (held === undefined) return `the flow has no channel "${channel}"${hint(channel, state.channels.keys())}`
  const name = ChannelSpec.reducerOf(state.flow?.channels?.[channel] ?? {})
  const reduce = Reducer.find(name)?.reduce ?? reducerOf(name)
  if (reduce === undefined)
    return `channel "${channel}" has the reducer "${name}", which this process does not have`
  const reduced = reduce(held.value, update)
  return Result.isFailure(reduced)
    ? `channel "${channel}" does not take it: ${reduced.failure}`
    : valueProblem(state, channel, reduced.success)
}

const routeProblem = (state: RunState.RunState, { to }: Event.Routes): string | undefined => {
  if (state.step === undefined) {
    return `a node leads from one step to the next, and this run goes by "${state.config.strategy}", which has no steps`
  }
  for (const id of to) {
    const target = state.byId.get(id)
    if (target === undefined) return `there is no node "${id}" to go to${hint(id, state.byId.keys())}`
    if (target.list !== undefined) {
      const { id: list } = VisitState.firstOf(target.list).spec
      return `"${id}" is an item of a list: go to "${list}", and the list is mapped anew`
    }
    if (VisitState.isLater(target)) {
      return `"${id}" is a visit: go to "${VisitState.firstOf(target).spec.id}", and the next visit of it is made`
    }
  }
  return undefined
}
