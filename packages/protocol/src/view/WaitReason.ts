/** What holds a run up: everything that somebody, or the clock, has to do before more of it can start. */
import * as Schema from "effect/Schema"
import { Interrupt } from "../message/Step.ts"
import * as BudgetState from "../state/BudgetState.ts"
import type { NodeState } from "../state/NodeState.ts"
import type { RunState } from "../state/RunState.ts"
import * as RunStatus from "../state/RunStatus.ts"
import * as VisitState from "../state/VisitState.ts"
import { formatDuration } from "./internal/formatDuration.ts"
import { present } from "./internal/present.ts"
import * as WaitView from "./WaitView.ts"

const own = [
  /**
   * The whole run is paused; `failedNodeIds` are the failures whose policy paused it, `overdueNodeIds` the waits whose
   * deadline did.
   */
  Schema.TaggedStruct("RunPaused", {
    reason: Schema.optionalKey(Schema.String),
    failedNodeIds: Schema.Array(Schema.String),
    overdueNodeIds: Schema.optionalKey(Schema.Array(Schema.String)),
    /** The budget of the run is used up. */
    isExhausted: Schema.optionalKey(Schema.Boolean),
    /** Where between two steps the run was told to pause. */
    interrupt: Schema.optionalKey(Interrupt)
  }),
  /** A branch is paused; `nodeCount` of its nodes would start, or be tried again, if it were not. */
  Schema.TaggedStruct("BranchPaused", {
    branch: Schema.String,
    reason: Schema.optionalKey(Schema.String),
    nodeCount: Schema.Int,
    /** The budget of the branch is used up. */
    isExhausted: Schema.optionalKey(Schema.Boolean)
  }),
  /** A gate hook has not answered to an event; until it has, the end of the node does not count for its dependents. */
  Schema.TaggedStruct("HookOwes", {
    hook: Schema.String,
    sequence: Schema.Int,
    nodeId: Schema.optionalKey(Schema.String)
  }),
  /** A failed attempt will be followed by the next one at that time, or later if what is paused does not go on before. */
  Schema.TaggedStruct("RetryTimer", {
    nodeId: Schema.String,
    attempt: Schema.Int,
    atMillis: Schema.Finite,
    /** The run, or a branch of the node, is paused. */
    isHeld: Schema.optionalKey(Schema.Boolean)
  }),
  /** A node waits for an answer, a time, or both; `atMillis` is when its deadline passes. */
  Schema.TaggedStruct("NodeWaits", {
    nodeId: Schema.String,
    attempt: Schema.Int,
    kind: WaitView.WaitKind,
    prompt: Schema.optionalKey(Schema.String),
    atMillis: Schema.optionalKey(Schema.Finite),
    onTimeout: Schema.optionalKey(Schema.Literals(["complete", "pause", "fail"]))
  })
] as const

/** One thing that holds a run up by itself. */
export const OwnReason = Schema.Union(own)
/** One thing that holds a run up by itself. */
export type OwnReason = typeof OwnReason.Type

/** A node goes on as a child run, and that run, or one below it, is held up: `runId` is the one to answer or to resume. */
export const ChildWaits = Schema.TaggedStruct("ChildWaits", {
  nodeId: Schema.String,
  attempt: Schema.Int,
  runId: Schema.String,
  reason: OwnReason
})
/** A node goes on as a child run that is held up. */
export type ChildWaits = typeof ChildWaits.Type

/** One thing that holds a run up. */
export const WaitReason = Schema.Union([...own, ChildWaits])
/** One thing that holds a run up. */
export type WaitReason = typeof WaitReason.Type

/**
 * Everything that holds a run up: the pause of the run, paused branches in the order in which they were first named,
 * owed answers by event, retries and waits in plan order. Empty for a run that has ended. What holds up its child runs is in
 * their logs: `Descendants` tells that.
 */
export const ofRun = (state: RunState): ReadonlyArray<OwnReason> => {
  const reasons: Array<OwnReason> = []
  if (RunStatus.isEnded(state.status)) return reasons
  if (state.status === "paused") {
    const pausedBy = [...state.pausedBy]
    const overdue = pausedBy.filter((node) => node.status === "waiting").map((node) => node.spec.id)
    const failedNodeIds = pausedBy.filter((node) => node.status !== "waiting").map((node) => node.spec.id)
    reasons.push({
      _tag: "RunPaused",
      failedNodeIds,
      ...present({
        reason: state.pause?.reason,
        overdueNodeIds: overdue.length === 0 ? undefined : overdue,
        isExhausted: state.budget?.run?.shortage === undefined ? undefined : true,
        interrupt: state.pause?.interrupt
      })
    })
  }
  for (const { budget, members, name, reason, status } of state.branches.values()) {
    if (status !== "paused") continue
    const isExhausted = budget?.shortage === undefined ? undefined : true
    const nodeCount = [...members].filter(isToBegin).length
    reasons.push({ _tag: "BranchPaused", branch: name, nodeCount, ...present({ reason, isExhausted }) })
  }
  for (const { hooks, nodeId, sequence } of state.owed.values()) {
    for (const hook of hooks) reasons.push({ _tag: "HookOwes", hook, sequence, ...present({ nodeId }) })
  }
  if (state.counts.retrying > 0) {
    for (const node of state.nodes) {
      if (node.status !== "retrying" || node.retryAtMillis === undefined) continue
      const isHeld = state.status === "paused" || node.pausedBranches > 0 ? true : undefined
      const timer = { nodeId: node.spec.id, attempt: node.attempt + 1, atMillis: node.retryAtMillis }
      reasons.push({ _tag: "RetryTimer", ...timer, ...present({ isHeld }) })
    }
  }
  for (const wait of WaitView.ofRun(state)) reasons.push(ofWait(wait))
  return reasons
}

/** An open wait of a node, as the reason that it is. */
export const ofWait = ({
  attempt,
  kind,
  nodeId,
  onTimeout,
  prompt,
  untilMillis
}: WaitView.OpenWait): Extract<OwnReason, { readonly _tag: "NodeWaits" }> => ({
  _tag: "NodeWaits",
  nodeId,
  attempt,
  kind,
  ...present({
    prompt,
    atMillis: untilMillis,
    onTimeout: untilMillis === undefined ? undefined : onTimeout
  })
})

/**
 * Tells whether nothing runs, and nothing starts before one of the reasons for waiting is gone. Of a run with children that go
 * on the log alone does not tell that: `Descendants.onlyWaits` does.
 */
export const onlyWaits = (state: RunState): boolean =>
  state.children.size === 0 && restsBesides(state) && (state.status === "paused" || ofRun(state).length > 0)

/** Tells whether whatever goes on in a run goes on in its child runs, and nothing starts before that has changed. */
export const restsBesides = (state: RunState): boolean => {
  if (RunStatus.isEnded(state.status) || state.inFlight > 0) return false
  if (state.status === "paused") return true
  return !state.nodes.some(
    (node) =>
      ((node.status === "pending" && mayBegin(node)) ||
        (node.status === "running" && node.handling && node.pausedBranches === 0)) &&
      !isBehindChildren(state, node)
  )
}

/** Whether an attempt of a node is to follow: its first one, another one, or that of its failure handler. */
const isToBegin = ({ handling, inFlight, status }: NodeState): boolean =>
  status === "pending" || status === "retrying" || (status === "running" && handling && !inFlight)

/** Whether a node waits until child runs have ended, because the strategy or a budget that they share says so. */
const isBehindChildren = (state: RunState, node: NodeState): boolean => {
  const { children, config, level, step } = state
  if (children.size === 0) return false
  if (BudgetState.accountsOf(state, node).some(({ inFlight }) => inFlight > 0)) return true
  switch (config.strategy) {
    case "level":
      return node.level > level
    case "superstep":
      return step?.isOpen === true && node.step !== step.number
    case "work_queue":
      return [...children].some((child) => (child.spec.priority ?? 0) > (node.spec.priority ?? 0))
    default:
      return false
  }
}

/** Whether a pending node may start or be skipped at once. One that was led past waits for what may still lead to it. */
const mayBegin = (node: NodeState): boolean =>
  VisitState.isDue(node) &&
  node.pausedBranches === 0 &&
  !isHeldBack(node) &&
  (VisitState.isRouted(node) || !VisitState.isLedPast(node))

/** Whether as many items of its list go on as may at once. */
const isHeldBack = ({ list }: NodeState): boolean =>
  list?.items !== undefined && list.items.inFlight >= list.items.bound

const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (${reason})`)

const wayOn = ({ isExhausted }: { readonly isExhausted?: boolean }): string =>
  isExhausted === true ? "raise the budget, or cancel it" : "resume it, or cancel it"

const thenText = {
  complete: "its default is taken",
  pause: "the run is paused",
  fail: "the attempt fails"
} as const

const waitText = (
  { atMillis, kind, nodeId, onTimeout, prompt }: Extract<WaitReason, { readonly _tag: "NodeWaits" }>,
  nowMillis: number
): string => {
  const left = atMillis === undefined ? undefined : formatDuration(Math.max(0, atMillis - nowMillis))
  switch (kind) {
    case "timer":
      return `"${nodeId}" waits for its time, in ${left ?? "no time"}`
    case "recovery":
      return `"${nodeId}" was lost with its process and must not run twice: say whether to run it again, or what came of it`
    case "signal": {
      const asked = prompt === undefined ? "" : `: ${prompt}`
      const then = onTimeout === undefined || left === undefined ? "" : ` (${thenText[onTimeout]} in ${left})`
      return `"${nodeId}" waits for an answer${asked}${then}`
    }
  }
}

/** Says in a sentence what the run waits for, and who can end the wait. */
export const describe = (reason: WaitReason, nowMillis: number): string => {
  switch (reason._tag) {
    case "RunPaused": {
      const failed = reason.failedNodeIds.map((id) => `"${id}"`).join(", ")
      const after = failed === "" ? "" : ` after the failure of ${failed}`
      const overdue = (reason.overdueNodeIds ?? []).map((id) => `"${id}"`).join(", ")
      const until = overdue === "" ? "" : ` because nobody answered ${overdue} in time`
      // The engine's own reason says once more what failed, or what nobody answered.
      const isSaid =
        reason.failedNodeIds.some((id) => reason.reason === `node "${id}" failed`) ||
        (reason.overdueNodeIds ?? []).some((id) => reason.reason === `nobody answered "${id}" in time`)
      const why = isSaid ? "" : because(reason.reason)
      return `the run is paused${after}${until}${why}: ${wayOn(reason)}`
    }
    case "BranchPaused": {
      const nodes = reason.nodeCount === 1 ? "1 node" : `${reason.nodeCount} nodes`
      return `branch "${reason.branch}" is paused${because(reason.reason)} and holds ${nodes} back: ${wayOn(reason)}`
    }
    case "HookOwes": {
      const about = reason.nodeId === undefined ? "" : ` about "${reason.nodeId}"`
      return `hook "${reason.hook}" owes its answer to event ${reason.sequence}${about}`
    }
    case "RetryTimer": {
      const left = reason.atMillis - nowMillis
      const now = reason.isHeld === true ? "once what is paused goes on" : "now"
      return `attempt ${reason.attempt} of "${reason.nodeId}" is due ${left > 0 ? `in ${formatDuration(left)}` : now}`
    }
    case "NodeWaits":
      return waitText(reason, nowMillis)
    case "ChildWaits":
      return `"${reason.nodeId}" waits for run "${reason.runId}": ${describe(reason.reason, nowMillis)}`
  }
}
