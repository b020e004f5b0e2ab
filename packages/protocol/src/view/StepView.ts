/** The steps of a run by the strategy `superstep`, as people ask about them. */
import * as Schema from "effect/Schema"
import { Interrupt, StepConflict } from "../message/Step.ts"
import type { RunState } from "../state/RunState.ts"
import { type StepRecord, unended } from "../state/StepState.ts"
import { present } from "./internal/present.ts"

const nodeIds = Schema.Array(Schema.String)

/** A step: what was in it, what came of it, and whether the run paused at it. */
export const StepView = Schema.Struct({
  /** Its number, from 1 on. */
  step: Schema.Int,
  status: Schema.Literals(["running", "completed"]),
  startedAtMillis: Schema.Finite,
  endedAtMillis: Schema.optionalKey(Schema.Finite),
  /** The nodes that could start when it began, in their order. */
  frontier: nodeIds,
  /** Nodes that ran and ended since the step before, in the order in which they ended. */
  ran: nodeIds,
  /** Nodes that were skipped or cancelled since the step before. */
  skipped: nodeIds,
  /** Nodes of it that have not ended: they run, wait for somebody, or their branch is paused. */
  waiting: nodeIds,
  /** Channels whose content it has changed. */
  updated: nodeIds,
  /** Versions of the channels after it. */
  versions: Schema.Record(Schema.String, Schema.Int),
  conflicts: Schema.Array(StepConflict),
  /** Where and why the run paused after it, before the next one began. */
  pause: Schema.optionalKey(Schema.Struct({ ...Interrupt.fields, reason: Schema.optionalKey(Schema.String) }))
})
/** A step. */
export type StepView = typeof StepView.Type

/** Most steps of one page. */
export const pageMax = 1000

/** Which steps are asked for. Every condition has to hold; lists name what all has to be there. */
export interface StepQuery {
  /** Only steps after the one of this number; default 0, which is all. */
  readonly after?: number
  /** How many at most, 1 to 1,000; default 100. More than 1,000 counts as 1,000. */
  readonly limit?: number
  /** Steps in which all of these nodes ran. */
  readonly ran?: ReadonlyArray<string>
  /** Steps in which all of these nodes were skipped or cancelled. */
  readonly skipped?: ReadonlyArray<string>
  /** Steps that changed all of these channels. */
  readonly updated?: ReadonlyArray<string>
  /** Steps after which the run paused at an interrupt, or did not. */
  readonly paused?: boolean
}

/** Steps in their order. With `next` there are more: ask for those `after` it. */
export interface StepPage {
  readonly steps: ReadonlyArray<StepView>
  readonly next: number | undefined
}

/** The view of one step. */
export const make = (state: RunState, record: StepRecord): StepView => {
  const { completed, completedAtMillis, pause, started, startedAtMillis } = record
  const open = completed === undefined ? state.step : undefined
  const idsOf = (nodes: ReadonlyArray<{ readonly spec: { readonly id: string } }> = []) =>
    nodes.map(({ spec }) => spec.id)
  return present({
    step: started.step,
    status: completed === undefined ? ("running" as const) : ("completed" as const),
    startedAtMillis,
    endedAtMillis: completedAtMillis,
    frontier: started.frontier,
    ran: completed?.ran ?? idsOf(open?.ran),
    skipped: completed?.skipped ?? idsOf(open?.skipped),
    waiting: completed?.waiting ?? (open === undefined ? [] : idsOf(unended(open))),
    updated: completed?.updated ?? [],
    versions: completed?.versions ?? {},
    conflicts: completed?.conflicts ?? [],
    pause: pause?.interrupt && present({ ...pause.interrupt, reason: pause.reason })
  })
}

/** The first step that has completed after the event of this number, or `undefined` when none has. */
export const firstSince = (state: RunState, sequence: number): StepView | undefined => {
  const record = state.step?.records.find(({ completedSequence }) => completedSequence > sequence)
  return record && make(state, record)
}

/** All steps of a run so far; none for a run by another strategy. */
export const ofRun = (state: RunState): ReadonlyArray<StepView> =>
  (state.step?.records ?? []).map((record) => make(state, record))

/**
 * A page of the steps that fit.
 *
 * **Example**
 * ```ts
 * StepView.find(state, { ran: ["review"], after: 20, limit: 10 })
 * // => { steps: [{ step: 23, status: "completed", ran: ["review"], … }], next: undefined }
 * ```
 */
export const find = (state: RunState, query: StepQuery = {}): StepPage => {
  const { after = 0, limit = 100, paused, ran = [], skipped = [], updated = [] } = query
  const most = Math.min(pageMax, Math.max(1, Math.floor(limit)))
  const steps: Array<StepView> = []
  for (const record of state.step?.records ?? []) {
    if (record.started.step <= after) continue
    const step = make(state, record)
    const fits =
      ran.every((id) => step.ran.includes(id)) &&
      skipped.every((id) => step.skipped.includes(id)) &&
      updated.every((name) => step.updated.includes(name)) &&
      (paused === undefined || paused === (step.pause !== undefined))
    if (!fits) continue
    if (steps.length === most) return { steps, next: steps.at(-1)?.step }
    steps.push(step)
  }
  return { steps, next: undefined }
}
