/** The handle of a run, over whichever way to it there is. */
import {
  type Command,
  FrontierSnapshot,
  RunError,
  type RunReason,
  type RunReport,
  StepView,
  type StoreError,
  WaitView
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { RunStore } from "../store/RunStore.ts"
import { mapStoreError } from "./mapStoreError.ts"
import { lookAtNode, lookAtReport } from "./descendants.ts"
import { emittedBy } from "./emittedBy.ts"
import { leaves, outputsOf } from "./runOutputs.ts"
import type { RunAccess } from "./runAccess.ts"
import type { AnswerOptions, RunHandle } from "./RunHandle.ts"

/** Messages that a live reader may be behind before it gets a gap. */
const liveCapacity = 1024

/** A run that waits for nothing but a budget says what was spent, and not only that it waits. */
const shortageOf = (
  waiting: RunReport.RunReport["waiting"],
  budgets: RunReport.RunReport["budgets"] = []
): RunReason | undefined => {
  const shortages = budgets.flatMap(({ shortage }) => shortage ?? [])
  const isOnlyShort = waiting.every(
    ({ reason }) =>
      (reason._tag === "RunPaused" || reason._tag === "BranchPaused") && reason.isExhausted === true
  )
  return isOnlyShort && shortages.length > 0 ? { _tag: "BudgetExhausted", shortages } : undefined
}

const reasonOf = ({ budgets, result, waiting }: RunReport.RunReport): RunReason => {
  switch (result?._tag) {
    case "Failed":
      return result.failure
    case "Cancelled":
      return result
    case "Completed":
    case undefined:
      return shortageOf(waiting, budgets) ?? { _tag: "Waiting", reasons: waiting.map((one) => one.text) }
  }
}

/** What an answer carries; keys that are left out stay out. */
export const definedOptions = ({ by, comment, id }: AnswerOptions): AnswerOptions => ({
  ...(by !== undefined && { by }),
  ...(comment !== undefined && { comment }),
  ...(id !== undefined && { id })
})

/** The handle of a run. `returns` names the nodes that its flow returns. */
export const makeRunHandle = (
  runId: string,
  access: RunAccess,
  store: RunStore,
  returns: Readonly<Record<string, string>> | undefined
): RunHandle<Readonly<Record<string, unknown>>> => {
  const mapError = mapStoreError(runId)
  const lookAt = <A>(looked: Effect.Effect<Effect.Effect<A, StoreError>, RunError>) =>
    mapError(Effect.flatten(looked))
  const outcome = lookAt(access.settle(lookAtReport(store, false)))
  const { send } = access
  const tolerant = (command: Command.Command) =>
    Effect.catchIf(
      send(command),
      ({ reason }) => reason._tag === "CommandRejected" && reason.rejection._tag === "RunEnded",
      () => Effect.succeed(undefined)
    )
  const optional = (reason: string | undefined) => (reason === undefined ? {} : { reason })
  return {
    runId,
    events: (options) => access.events(options?.after ?? 0),
    live: (options) => access.live({ capacity: liveCapacity, ...options }),
    emitted: (nodeId, options) => emittedBy(access, nodeId, options?.capacity ?? liveCapacity),
    report: lookAt(access.see(lookAtReport(store, true))),
    node: (nodeId) => lookAt(access.see(lookAtNode(store, nodeId))),
    outcome,
    outputs: Effect.flatten(
      access.settle((state, nowMillis) => {
        if (state.status === "completed") {
          return mapError(outputsOf(store, state, returns ?? leaves(state)))
        }
        const context = FrontierSnapshot.make(state)
        return Effect.flatMap(mapError(lookAtReport(store, false)(state, nowMillis)), (report) =>
          Effect.fail(new RunError({ runId, reason: reasonOf(report), context }))
        )
      })
    ),
    send,
    steps: (query) => access.see((state) => StepView.find(state, query)),
    step: () =>
      Effect.flatMap(tolerant({ _tag: "ResumeRun", steps: 1 }), (resumed) =>
        resumed === undefined
          ? Effect.succeed(undefined)
          : access.settle((state) => StepView.firstSince(state, resumed.sequence))
      ),
    waits: access.see((state) => WaitView.ofRun(state)),
    answer: (nodeId, payload, options = {}) =>
      Effect.map(
        send({ _tag: "SendSignal", nodeId, payload, ...definedOptions(options) }),
        ({ isKept = false, sequence }) => ({ sequence, isKept })
      ),
    pause: (reason) => Effect.asVoid(send({ _tag: "PauseRun", ...optional(reason) })),
    resume: (reason) => Effect.asVoid(send({ _tag: "ResumeRun", ...optional(reason) })),
    cancel: (reason) => Effect.andThen(tolerant({ _tag: "CancelRun", ...optional(reason) }), outcome)
  }
}
