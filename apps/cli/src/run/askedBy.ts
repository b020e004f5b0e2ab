/** What a run asks people. */
import { DagFlow } from "@dagflow/core"
import type { RunError, WaitView } from "@dagflow/protocol"
import * as Effect from "effect/Effect"

/** Whether somebody is asked, and not only a time waited for. */
export const isAsked = ({ kind }: WaitView.OpenWait): boolean => kind !== "timer"

/** The open waits of a run that people can answer. */
export const askedBy = (runId: string): Effect.Effect<ReadonlyArray<WaitView.OpenWait>, RunError, DagFlow> =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const run = yield* dagflow.attach(runId)
    return (yield* run.waits).filter(isAsked)
  })
