/** What the end of a step makes of channels and routes. */
import {
  AnswerCheck,
  ChannelSpec,
  ChannelState,
  type Event,
  type NodeState,
  Reducer,
  type RunState,
  type StepState,
  VisitState
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { KnownActions } from "../knownActions.ts"
import { interruptRun } from "../interruptRun.ts"
import type { Turn } from "../Turn.ts"

type Node = NodeState.NodeState

/** What the end of a step says of channels. */
type OfChannels = Pick<
  Event.EventOf<"StepCompleted">,
  "updated" | "versions" | "values" | "conflicts" | "unmerged"
>

/**
 * Merges what the nodes of a step wrote, given in the order of the frontier, and answers what is to be recorded of it. When it
 * cannot be put together, the run comes to its end and the channels stay as they are.
 */
export const mergeUpdates = (
  turn: Turn,
  { number }: StepState.StepState,
  ran: ReadonlyArray<Node>,
  actions: KnownActions
): OfChannels => {
  const { state } = turn
  if (state.channels.size === 0) return {}
  const merged = Result.flatMap(mergedStep(state, ran, actions), (one) => checked(state, one, ran))
  if (Result.isSuccess(merged)) return recordOf(state, merged.success)
  if (state.interrupted === undefined) {
    const failure = { _tag: "ChannelFailed", step: number, ...merged.failure } as const
    interruptRun(turn, { cause: "channel_failed", failure })
  }
  return { unmerged: true }
}

/**
 * Adds the visits to which the routes of a step lead. A loop that would go beyond a limit brings the run to its end, with the
 * nodes that it would have gone to.
 */
export const addVisits = (turn: Turn, { number }: StepState.StepState, ran: ReadonlyArray<Node>): void => {
  const { state } = turn
  const visits = VisitState.visitsAfter(state, ran)
  if (visits.length === 0) return
  const limit = exceeded(state, visits.length)
  if (limit === undefined) return turn.record({ _tag: "NodesAdded", nodes: [], visits })
  const frontier = visits.map(({ id }) => id)
  const failure = { _tag: "LimitReached", ...limit, step: number, frontier } as const
  interruptRun(turn, { cause: "limit_reached", failure })
}

/**
 * Skips the nodes that every route has led past, once nothing is left that could still lead to them; answers whether there
 * were any.
 */
export const skipUnrouted = (turn: Turn): boolean => {
  const { state } = turn
  const unrouted = [...state.passedOver].filter(isUnrouted).sort((a, b) => a.index - b.index)
  if (unrouted.length === 0 || isLive(state)) return false
  for (const node of unrouted) {
    const causeNodeId = node.lastUnsuccessful?.spec.id
    turn.record({
      _tag: "NodeSkipped",
      nodeId: node.spec.id,
      reason: "not_routed",
      ...(causeNodeId !== undefined && { causeNodeId })
    })
  }
  return true
}

// -- internal -------------------------------------------------------------------------------------------------------

const specOf = ({ flow }: RunState.RunState, channel: string): ChannelSpec.ChannelSpec =>
  flow?.channels?.[channel] ?? {}

const noReducer: Reducer.Reduce = () => Result.fail("this process does not have its reducer")

const mergedStep = (
  state: RunState.RunState,
  ran: ReadonlyArray<Node>,
  actions: KnownActions
): Result.Result<ChannelState.Merged, ChannelState.MergeFailure> =>
  ChannelState.mergeStep(
    state.flow?.channels ?? {},
    state.channels,
    VisitState.updatesOf(ran),
    state.edits,
    (channel) => actions.reducerOf(ChannelSpec.reducerOf(specOf(state, channel))) ?? noReducer
  )

/** Each update fits by itself, but what several of them come to may not. */
const checked = (
  state: RunState.RunState,
  merged: ChannelState.Merged,
  ran: ReadonlyArray<Node>
): Result.Result<ChannelState.Merged, ChannelState.MergeFailure> => {
  for (const [channel, { value }] of merged.changed) {
    const { schema } = specOf(state, channel)
    const message = schema && AnswerCheck.answerProblem(schema, value)
    if (message === undefined) continue
    const writer = ran.findLast(({ written }) => Object.hasOwn(written?.updates ?? {}, channel))
    return Result.fail({ channel, nodeId: writer?.spec.id ?? "", message })
  }
  return Result.succeed(merged)
}

const recordOf = (state: RunState.RunState, { changed, conflicts }: ChannelState.Merged): OfChannels => {
  const versions: Record<string, number> = {}
  const values: Record<string, Schema.Json> = {}
  for (const [name, { value, version }] of changed) {
    versions[name] = version
    const isOwn = Reducer.find(ChannelSpec.reducerOf(specOf(state, name))) === undefined
    if (isOwn && value !== undefined) values[name] = value
  }
  return {
    ...(changed.size > 0 && { updated: [...changed.keys()], versions }),
    ...(Object.keys(values).length > 0 && { values }),
    ...(conflicts.length > 0 && { conflicts })
  }
}

const exceeded = (
  { config, iterations, nodes }: RunState.RunState,
  count: number
): { readonly limit: "maxIterations" | "nodesMax"; readonly maximum: number } | undefined => {
  const { maxIterations, nodesMax } = config
  if (iterations + 1 > maxIterations) return { limit: "maxIterations", maximum: maxIterations }
  return nodes.length + count > nodesMax ? { limit: "nodesMax", maximum: nodesMax } : undefined
}

const isUnrouted = (node: Node): boolean =>
  node.status === "pending" &&
  node.unsettled === 0 &&
  VisitState.isLedPast(node) &&
  !VisitState.isRouted(node)

/** Whether anything goes on, or waits for somebody, that may still lead to a node. */
const isLive = ({ counts, nodes }: RunState.RunState): boolean =>
  counts.running + counts.retrying + counts.waiting > 0 ||
  nodes.some((node) => node.status === "pending" && node.pausedBranches > 0)
