import { type Command, RunError, type StoreError } from "@dagflow/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CommandResult } from "../decide/decideCommand.ts"
import { outcomeOf } from "./commandOutcome.ts"
import type { Coordinator } from "./Coordinator.ts"
import { InsideRun } from "./InsideRun.ts"
import { storeFailed } from "./mapStoreError.ts"
import { proposeCommand } from "./proposeCommand.ts"
import type { Look, RunAccess } from "./runAccess.ts"
import type { CommandOutcome } from "./RunHandle.ts"

/** What never comes, unless this process gives the run up: then it says why. */
const lost = (coordinator: Coordinator): Effect.Effect<never, RunError> =>
  Effect.andThen(Deferred.await(coordinator.done), Effect.never)

/** Looks at the durable state between two turns. */
const see = <A>(coordinator: Coordinator, look: Look<A>): Effect.Effect<A, RunError> =>
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

/** Whether an operation failed because its run was parked meanwhile, so that it goes on by another way. */
export const wasParked = (coordinator: Coordinator, { reason }: RunError): boolean =>
  reason._tag === "Parked" && coordinator.isParked

/** The way to a run that this process executes. Once it has given the run up, everything fails with the reason. */
export const localAccess = (coordinator: Coordinator): RunAccess => {
  const { feed } = coordinator
  return {
    see: (look) => see(coordinator, look),
    settle: (look) => Effect.andThen(settle(coordinator), see(coordinator, look)),
    send: (command) => sendTo(coordinator, command),
    events: (after) => toItsEnd(coordinator, feed.events(after)),
    live: ({ capacity, ...options }) => toItsEnd(coordinator, feed.live(capacity, options))
  }
}

/** The events of a run that this process has given up go on elsewhere: their end here is not the end of the run. */
const toItsEnd = <A>(
  coordinator: Coordinator,
  stream: Stream.Stream<A, StoreError>
): Stream.Stream<A, RunError> =>
  Stream.mapError(stream, (error) => storeFailed(coordinator.state.runId, error)).pipe(
    Stream.concat(
      Stream.fromEffectDrain(
        Effect.suspend(() => (coordinator.isGivenUp ? Deferred.await(coordinator.done) : Effect.void))
      )
    )
  )
