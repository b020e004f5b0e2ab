/** The runs below a run, read from the store, whoever executes them. */
import {
  Descendants,
  NodeView,
  RunReport,
  type RunStatus,
  type RunState,
  type StoreError
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { RunStore } from "../store/RunStore.ts"
import { loadRun } from "./loadRun.ts"
import type { Look } from "./runAccess.ts"

/**
 * Most runs below one run that a report looks at: those that go on first, level by level. How many it leaves out, the report tells.
 * Whoever has waited until a run has come to rest looks at all of them.
 */
const looksMax = 200

/** Runs that are looked at at once. */
const concurrency = 8

/** Reads the runs below a run that go on, level by level, and looks up where those stand that have ended. */
export const loadDescendants = (
  store: RunStore,
  { ended, open }: Pick<Descendants.Kin, "ended" | "open">,
  most = looksMax
): Effect.Effect<Descendants.Descendants, StoreError> =>
  Effect.gen(function* () {
    const states = new Map<string, RunState.RunState>()
    const statuses = new Map<string, RunStatus.RunStatus>()
    let level = open.map(({ runId }) => runId)
    let unseen = 0
    while (level.length > 0 && states.size < most) {
      const ids = level.slice(0, most - states.size)
      unseen += level.length - ids.length
      const read = yield* Effect.forEach(ids, (runId) => loadIfThere(store, runId), { concurrency })
      const found = read.filter((state) => state !== undefined)
      for (const state of found) states.set(state.runId, state)
      level = found.flatMap((state) => Descendants.openChildren(state.children).map(({ runId }) => runId))
    }
    const lookUp = (runId: string) =>
      Effect.map(store.get(runId), (row) => row !== undefined && statuses.set(runId, row.status))
    yield* Effect.forEach(ended.slice(0, most - states.size), lookUp, { concurrency, discard: true })
    unseen += level.length
    return { states, statuses, ...(unseen > 0 && { unseen }) }
  })

/** A child run that its parent has just named may not be created yet, and one of long ago may be gone. */
const loadIfThere = (
  store: RunStore,
  runId: string
): Effect.Effect<RunState.RunState | undefined, StoreError> =>
  Effect.catchTag(
    Effect.map(loadRun(store, runId), ({ state }) => state),
    "StoreError",
    (error) => (error.reason._tag === "RunNotFound" ? Effect.undefined : Effect.fail(error))
  )

/**
 * The report of a run with what is known of the runs below it. A run that never had any costs nothing more. `isWhole`: also where
 * those stand that attempts have ended with, and not more than a report looks at; what holds the run up needs only those that go
 * on, and all of them.
 */
export const lookAtReport =
  (store: RunStore, isWhole: boolean): Look<Effect.Effect<RunReport.RunReport, StoreError>> =>
  (state, nowMillis) => {
    const report = RunReport.make(state, nowMillis)
    const isAsked = isWhole || state.children.size > 0
    const kin = isAsked ? Descendants.kinOf(state) : undefined
    return kin === undefined
      ? Effect.succeed(report)
      : Effect.map(loadDescendants(store, kin, isWhole ? looksMax : Infinity), (below) =>
          RunReport.withDescendants(report, kin, below, nowMillis)
        )
  }

/** The view of a node with where the child runs of its attempts stand. */
export const lookAtNode =
  (store: RunStore, nodeId: string): Look<Effect.Effect<NodeView.NodeView | undefined, StoreError>> =>
  (state, nowMillis) => {
    const view = NodeView.ofRun(state, nodeId, nowMillis)
    const node = state.byId.get(nodeId)
    if (view === undefined || node?.spec.flow === undefined) return Effect.succeed(view)
    const kin = Descendants.kinOf(state, [node])
    return kin === undefined
      ? Effect.succeed(view)
      : Effect.map(loadDescendants(store, kin), (below) => NodeView.withDescendants(view, below))
  }
