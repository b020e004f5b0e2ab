/**
 * Tells which nodes of a fork will run, by deciding its course without carrying anything out: the same decisions as those
 * of a run, with ends of attempts that are assumed instead of reported.
 */
import {
  type Envelope,
  Evolve,
  type NodeError,
  type NodeState,
  NodeStatus,
  type RunState,
  RunStatus
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import type { ForkedLog } from "./forkLog.ts"
import type { KnownActions } from "./knownActions.ts"
import { decideReport, failAttempt, type Report } from "./decideReport.ts"
import { Frontier } from "./Frontier.ts"
import { resumeRun } from "./decideCommand.ts"
import { schedule } from "./schedule.ts"
import { strategyOf } from "./strategy/strategyOf.ts"
import { takeUp } from "./takeUp.ts"
import { Turn } from "./Turn.ts"

/** What a fork will do. */
export interface ForkPreview {
  /** Number of the last event of the other run that counts. */
  readonly at: number
  /** How many events the fork begins with. */
  readonly eventCount: number
  /** Nodes whose recorded ends stay, in plan order. */
  readonly kept: ReadonlyArray<string>
  /**
   * Nodes that will run, in plan order: those of the fork, if every attempt goes as in the other run (one that is run again
   * on purpose is assumed to succeed), then those that the other run grew after this point or in answer to what runs again.
   */
  readonly runs: ReadonlyArray<string>
  /** Those of `runs` that are not there yet: they come if hooks and people answer as they did. */
  readonly grows: ReadonlyArray<string>
  /** Nodes that will be skipped or cancelled. */
  readonly skips: ReadonlyArray<string>
}

const failed: NodeError.NodeError = { cause: "Failed", tag: "Assumed", message: "", isRetryable: true }

const slots = { tryTake: () => true }

/** How an attempt is assumed to end: as that of the other run did. */
const succeeds = (
  source: RunState.RunState,
  isAgain: ReadonlySet<string>,
  node: NodeState.NodeState
): boolean => {
  const known = source.byId.get(node.spec.id)
  if (known === undefined || isAgain.has(node.spec.id)) return true
  if (known.recovered) return node.handling
  return known.status !== "failed"
}

/** The attempts in flight, in the order in which those of the other run ended. */
const nextEnd = (source: RunState.RunState, inFlight: ReadonlyArray<NodeState.NodeState>) => {
  const end = ({ spec }: NodeState.NodeState): number => source.byId.get(spec.id)?.endedSequence || Infinity
  return inFlight.reduce<NodeState.NodeState | undefined>(
    (first, node) => (first === undefined || end(node) < end(first) ? node : first),
    undefined
  )
}

/** Lets the fork run to its end on assumptions, and answers the nodes that started. The state is used up. */
const rehearse = ({ rerun, state }: ForkedLog, source: RunState.RunState): ReadonlySet<string> => {
  const turn = new Turn(state)
  const frontier = new Frontier(strategyOf(state.config.strategy))
  const actions = assumed(source)
  const started = new Set<string>()
  const isAgain = new Set(rerun)
  const inFlight = new Set<NodeState.NodeState>()
  // Attempts are assumed to go as they went, and not to use up what they used up.
  state.budget = undefined
  // Every retry is due: the rehearsal does not wait.
  turn.nowMillis = Infinity
  takeUp(turn, "", [])
  resumeRun(turn, {}, undefined)
  for (const branch of state.branches.values()) {
    if (branch.status === "paused") turn.record({ _tag: "BranchResumed", branch: branch.name })
  }
  for (const node of state.nodes) {
    if (node.status === "retrying") frontier.add(node)
    if (node.status === "waiting") inFlight.add(node)
  }
  while (true) {
    schedule(turn, frontier, slots, actions, false)
    for (const { event } of turn.take()) {
      if (event._tag !== "NodeStarted" && event._tag !== "SubFlowStarted") continue
      const node = state.byId.get(event.nodeId)
      if (node === undefined) continue
      started.add(node.spec.id)
      inFlight.add(node)
    }
    const node = nextEnd(source, [...inFlight])
    if (node === undefined) return started
    inFlight.delete(node)
    const isSuccess = succeeds(source, isAgain, node)
    if (node.status === "waiting") endWait(turn, node, isSuccess, source)
    else decideReport(turn, reportOf(state, source, node, isSuccess))
    if (node.status === "retrying") frontier.add(node)
  }
}

/** Whatever was answered is taken as it is, and lists are as long as they were. */
const assumed = (source: RunState.RunState): KnownActions => ({
  has: () => true,
  versionOf: () => undefined,
  names: () => [],
  estimateOf: () => undefined,
  reducerOf: () => (_, update) => Result.succeed(update),
  conform: (_, outputs) => Result.succeed(outputs),
  outputNames: () => [],
  flowProblems: () => [],
  lengthOf: ({ spec }) => ({ _tag: "Known", count: source.byId.get(spec.id)?.items?.nodes.length ?? 0 })
})

const endWait = (
  turn: Turn,
  node: NodeState.NodeState,
  isSuccess: boolean,
  source: RunState.RunState
): void => {
  const waitEnd = { _tag: "Expired" } as const
  if (!isSuccess) return failAttempt(turn, node, failed, { waitEnd })
  turn.record({
    _tag: "NodeCompleted",
    nodeId: node.spec.id,
    attempt: node.attempt,
    outputs: source.byId.get(node.spec.id)?.outputs ?? {},
    ...(node.handling && { recovered: true }),
    waitEnd
  })
}

/** A node leads where it led in the other run, and gives what it gave there, on which conditions may depend. */
const reportOf = (
  state: RunState.RunState,
  source: RunState.RunState,
  node: NodeState.NodeState,
  isSuccess: boolean
): Report => {
  const known = source.byId.get(node.spec.id)
  const routes = known?.written?.routes
  const base = { node, attempt: node.attempt, usage: undefined }
  if (state.interrupted !== undefined) return { _tag: "AttemptInterrupted", ...base, ignored: false }
  return isSuccess
    ? { _tag: "AttemptSucceeded", ...base, outputs: known?.outputs ?? {}, metadata: undefined, routes }
    : { _tag: "AttemptFailed", ...base, error: failed }
}

/** Tells what a fork will do. `log` is the whole log of the other run; the state of the fork is used up. */
export const forkPreview = (log: ReadonlyArray<Envelope.Envelope>, fork: ForkedLog): ForkPreview => {
  const source = Evolve.fold(log[0]?.runId ?? "", log)
  const { at, events, state } = fork
  const eventCount = events.length
  const kept = state.nodes.flatMap(({ spec, status }) => (NodeStatus.isEnded(status) ? [spec.id] : []))
  if (RunStatus.isEnded(state.status)) return { at, eventCount, kept, runs: [], grows: [], skips: [] }
  const started = rehearse(fork, source)
  // Items of lists are there by now.
  const grows = source.nodes.flatMap(({ attempt, spec }) =>
    attempt > 0 && !state.byId.has(spec.id) ? [spec.id] : []
  )
  const stays = new Set(kept)
  const runs = state.nodes.flatMap(({ spec }) => (started.has(spec.id) ? [spec.id] : []))
  // Who was waiting, or had expanded, ends without starting again: that is no skip.
  const skips = state.nodes.flatMap(({ spec, status }) =>
    (status === "skipped" || status === "cancelled") && !started.has(spec.id) && !stays.has(spec.id)
      ? [spec.id]
      : []
  )
  return { at, eventCount, kept, runs: [...runs, ...grows], grows, skips }
}
