/**
 * The runs below a run. What a run waits for while its nodes go on as child runs is not in its own log: whoever has read the
 * logs of those runs gives them to the functions here.
 */
import type { NodeState } from "../state/NodeState.ts"
import type { RunState } from "../state/RunState.ts"
import type { RunStatus } from "../state/RunStatus.ts"
import type { ChildView } from "./ChildView.ts"
import { present } from "./internal/present.ts"
import * as WaitReason from "./WaitReason.ts"

/** What is known of the runs below a run, as far as somebody looked. */
export interface Descendants {
  /** Runs that go on, by their ids, with those below them. */
  readonly states: ReadonlyMap<string, RunState>
  /** Where runs stand whose logs nobody read, by their ids. */
  readonly statuses: ReadonlyMap<string, RunStatus>
  /** How many runs that go on nobody has looked at, because there are too many; left out when there is none. */
  readonly unseen?: number
}

/** An attempt that goes on as a child run. */
export interface OpenChild {
  readonly nodeId: string
  readonly attempt: number
  readonly runId: string
}

/** What a run says of the runs below it. */
export interface Kin {
  /** Children that go on, in the order in which they began. */
  readonly open: ReadonlyArray<OpenChild>
  /** Ids of the runs that attempts have ended with, in plan order. */
  readonly ended: ReadonlyArray<string>
  /** Whatever goes on in the run goes on in its children. */
  readonly restsBesides: boolean
}

/** The children that these nodes go on as. */
export const openChildren = (nodes: Iterable<NodeState>): ReadonlyArray<OpenChild> =>
  [...nodes].flatMap(({ attempt, child, spec }) =>
    child === undefined ? [] : [{ nodeId: spec.id, attempt, runId: child }]
  )

/** What a run, or some of its nodes, say of the runs below it; `undefined` without any child run. */
export const kinOf = (state: RunState, nodes: ReadonlyArray<NodeState> = state.nodes): Kin | undefined => {
  const ended = nodes.flatMap(({ attempts, child, spec }) =>
    spec.flow === undefined
      ? []
      : attempts.flatMap(({ childRunId: id }) => (id === undefined || id === child ? [] : [id]))
  )
  const open = openChildren(nodes === state.nodes ? state.children : nodes)
  if (open.length + ended.length === 0) return undefined
  return { open, ended, restsBesides: WaitReason.restsBesides(state) }
}

/** Tells whether nothing runs in a run and below it, and nothing starts before a reason for waiting is gone. */
export const onlyWaits = (state: RunState, below: Descendants): boolean =>
  state.children.size === 0
    ? WaitReason.onlyWaits(state)
    : WaitReason.restsBesides(state) && allWait(openChildren(state.children), below)

/** Tells whether all of these children are known, and only wait. */
export const allWait = (open: ReadonlyArray<OpenChild>, below: Descendants): boolean =>
  open.every(({ runId }) => {
    const child = below.states.get(runId)
    return child !== undefined && onlyWaits(child, below)
  })

/** What holds up the runs below a run, each with the node of the run that it concerns. */
export const reasonsOf = (
  open: ReadonlyArray<OpenChild>,
  below: Descendants
): ReadonlyArray<WaitReason.ChildWaits> =>
  open.flatMap(({ attempt, nodeId, runId }) => {
    const child = below.states.get(runId)
    if (child === undefined) return []
    const own = WaitReason.ofRun(child).map((reason) => ({ runId, reason }))
    return [...own, ...reasonsOf(openChildren(child.children), below)].map(({ reason, runId: waiting }) => ({
      _tag: "ChildWaits" as const,
      nodeId,
      attempt,
      runId: waiting,
      reason
    }))
  })

/** The view of a child run. */
export const viewOf = (runId: string, below: Descendants): ChildView => {
  const state = below.states.get(runId)
  if (state === undefined) return present({ runId, status: below.statuses.get(runId) })
  const { status } = state
  return present({ runId, status, onlyWaits: onlyWaits(state, below) ? true : undefined })
}
