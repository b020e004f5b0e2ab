/** The handle of a run, over its coordinator. */
import {
  type Command,
  NodeView,
  RunError,
  type RunReason,
  RunReport,
  type RunState,
  StepView,
  type StoreError,
  WaitView
} from "@dagflow/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CommandResult } from "../decide/decideCommand.ts"
import type { RunStore } from "../store/RunStore.ts"
import { isStub } from "../action/artifactStub.ts"
import { hasStub, loadArtifact } from "./artifact.ts"
import type { Coordinator } from "./Coordinator.ts"
import { InsideRun } from "./InsideRun.ts"
import { proposeCommand } from "./proposeCommand.ts"
import type { AnswerOptions, CommandOutcome, RunHandle } from "./RunHandle.ts"

/** Messages that a live reader may be behind before it gets a gap. */
const liveCapacity = 1024

const fromStore = (runId: string, error: StoreError): RunError =>
  new RunError({
    runId,
    reason: { _tag: "StoreFailed", operation: error.operation, reason: error.reason }
  })

/** Turns what a store failed with into what the run failed with. */
export const mapStoreError =
  (runId: string) =>
  <A, E, R>(
    effect: Effect.Effect<A, E | StoreError, R>
  ): Effect.Effect<A, Exclude<E, StoreError> | RunError, R> =>
    Effect.catchTag(effect as Effect.Effect<A, StoreError, R>, "StoreError", (error) =>
      Effect.fail(fromStore(runId, error))
    ) as Effect.Effect<A, Exclude<E, StoreError> | RunError, R>

/** What a command's sender is told. */
export const outcomeOf = (
  runId: string,
  command: string,
  result: CommandResult
): Effect.Effect<CommandOutcome, RunError> => {
  const { isKept, nodeIds, rejection, sequence } = result
  return rejection === undefined
    ? Effect.succeed({ sequence, nodeIds, ...(isKept === true && { isKept }) })
    : Effect.fail(new RunError({ runId, reason: { _tag: "CommandRejected", command, rejection } }))
}

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

/** Outputs with the large ones fetched. Most have none, and are given as they are. */
const whole = (
  store: RunStore,
  outputs: Readonly<Record<string, Schema.Json>>
): Effect.Effect<Readonly<Record<string, Schema.Json>>, StoreError> =>
  Effect.map(
    Effect.forEach(Object.entries(outputs), ([name, value]) =>
      Effect.map(
        isStub(value) ? loadArtifact(store, value) : Effect.succeed(value),
        (loaded) => [name, loaded] as const
      )
    ),
    Object.fromEntries<Schema.Json>
  )

/** The nodes whose outputs a run gives when its flow does not name any: those that nothing depends on. */
const leaves = (state: RunState.RunState): Readonly<Record<string, string>> =>
  Object.fromEntries(
    state.nodes
      .filter((node) => node.dependents.length === 0 && node.outputs !== undefined)
      .map((node) => [node.spec.id, node.spec.id])
  )

const outputsOf = (
  store: RunStore,
  state: RunState.RunState,
  returns: Readonly<Record<string, string>>
): Effect.Effect<Readonly<Record<string, unknown>>, StoreError> =>
  Effect.suspend(() => {
    const given: Record<string, Readonly<Record<string, Schema.Json>>> = {}
    const large: Array<string> = []
    for (const key in returns) {
      const outputs = state.byId.get(returns[key] ?? "")?.outputs ?? {}
      given[key] = outputs
      if (hasStub(outputs)) large.push(key)
    }
    if (large.length === 0) return Effect.succeed(given)
    const fetched = Effect.forEach(large, (key) =>
      Effect.map(whole(store, given[key] ?? {}), (outputs) => [key, outputs] as const)
    )
    return Effect.map(fetched, (entries) => ({ ...given, ...Object.fromEntries(entries) }))
  })

/** What never comes, unless this process gives the run up: then it says why. */
const lost = (coordinator: Coordinator): Effect.Effect<never, RunError> =>
  Effect.andThen(Deferred.await(coordinator.done), Effect.never)

/** Looks at the durable state between two turns. */
const see = <A>(
  coordinator: Coordinator,
  look: (state: RunState.RunState, nowMillis: number) => A
): Effect.Effect<A, RunError> =>
  Effect.suspend(() => {
    if (coordinator.isOver) {
      const ended = Deferred.await(coordinator.done)
      return Effect.map(ended, () => look(coordinator.state, coordinator.nowMillis()))
    }
    const seen = Effect.callback<A>((resume) =>
      coordinator.offer({
        _tag: "Query",
        see: (state, nowMillis) => resume(Effect.succeed(look(state, nowMillis)))
      })
    )
    return Effect.raceFirst(seen, lost(coordinator))
  })

const sendTo = (
  coordinator: Coordinator,
  command: Command.Command
): Effect.Effect<CommandOutcome, RunError> =>
  Effect.flatMap(InsideRun, (inside) => {
    const { runId } = coordinator.state
    if (inside?.runId === runId) {
      const message =
        "an action or hook of this run waits for a command to it: answer with the command instead of sending it"
      return Effect.fail(new RunError({ runId, reason: { _tag: "WouldDeadlock", message } }))
    }
    const proposed = proposeCommand(command)
    const name = proposed._tag === "Command" ? proposed.command._tag : proposed.name
    const result = Effect.callback<CommandResult>((resume) =>
      coordinator.send(proposed, (given) => resume(Effect.succeed(given)))
    )
    return Effect.flatMap(Effect.raceFirst(result, lost(coordinator)), (given) =>
      outcomeOf(runId, name, given)
    )
  })

/** What an answer carries; keys that are left out stay out. */
export const definedOptions = ({ by, comment, id }: AnswerOptions): AnswerOptions => ({
  ...(by !== undefined && { by }),
  ...(comment !== undefined && { comment }),
  ...(id !== undefined && { id })
})

/** Waits until the run has ended or only waits for somebody. */
const settle = (coordinator: Coordinator): Effect.Effect<void, RunError> =>
  Effect.andThen(
    Effect.callback<void>((resume) => {
      const wake = () => resume(Effect.void)
      if (coordinator.isOver) wake()
      else coordinator.onceSettled(wake)
    }),
    Effect.suspend(() => (coordinator.isOver ? Deferred.await(coordinator.done) : Effect.void))
  )

/** The handle of a run. `returns` names the nodes that its flow returns. */
export const makeRunHandle = (
  coordinator: Coordinator,
  store: RunStore,
  returns: Readonly<Record<string, string>> | undefined
): RunHandle<Readonly<Record<string, unknown>>> => {
  const { runId } = coordinator.state
  const report = see(coordinator, RunReport.make)
  const settled = settle(coordinator)
  const outcome = Effect.andThen(settled, report)
  const send = (command: Command.Command) => sendTo(coordinator, command)
  const tolerant = (command: Command.Command) =>
    Effect.catchIf(
      send(command),
      ({ reason }) => reason._tag === "CommandRejected" && reason.rejection._tag === "RunEnded",
      () => Effect.succeed(undefined)
    )
  const optional = (reason: string | undefined) => (reason === undefined ? {} : { reason })
  return {
    runId,
    events: (options) =>
      Stream.mapError(coordinator.feed.events(options?.after ?? 0), (error) => fromStore(runId, error)).pipe(
        // The events of a run that this process has given up go on elsewhere: their end here is not the end of the run.
        Stream.concat(
          Stream.fromEffectDrain(
            Effect.suspend(() => (coordinator.isGivenUp ? Deferred.await(coordinator.done) : Effect.void))
          )
        )
      ),
    live: (options) => coordinator.feed.live(options?.capacity ?? liveCapacity),
    report,
    node: (nodeId) => see(coordinator, (state, now) => NodeView.ofRun(state, nodeId, now)),
    outcome,
    outputs: Effect.flatMap(settled, () =>
      coordinator.isOver && coordinator.state.status === "completed"
        ? mapStoreError(runId)(outputsOf(store, coordinator.state, returns ?? leaves(coordinator.state)))
        : Effect.flatMap(report, (ended) =>
            Effect.fail(new RunError({ runId, reason: reasonOf(ended), context: coordinator.context() }))
          )
    ),
    send,
    steps: (query) => see(coordinator, (state) => StepView.find(state, query)),
    step: () =>
      Effect.flatMap(tolerant({ _tag: "ResumeRun", steps: 1 }), (resumed) =>
        resumed === undefined
          ? Effect.succeed(undefined)
          : Effect.andThen(
              settled,
              see(coordinator, (state) => StepView.firstSince(state, resumed.sequence))
            )
      ),
    waits: see(coordinator, (state) => WaitView.ofRun(state)),
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
