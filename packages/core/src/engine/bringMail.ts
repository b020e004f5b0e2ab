/** Brings runs that are executed here what has been left for them. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { RunStore } from "../store/RunStore.ts"
import type { Coordinator } from "./Coordinator.ts"
import { takeAllMail, takeMail } from "./Mailroom.ts"

/** What is needed to bring a run its mail. */
export interface BringMailOptions {
  readonly store: RunStore
  /** Where it is read on. */
  readonly scope: Scope.Scope
}

/** Brings a run what has been left for it, before it goes on. */
export const bringFirstMail = (options: BringMailOptions, coordinator: Coordinator): Effect.Effect<void> =>
  Effect.matchEffect(takeMail(options.store, coordinator), {
    onSuccess: (isMore) => (isMore ? bringMail(options, coordinator) : Effect.void),
    onFailure: () => bringMail(options, coordinator)
  })

/** Brings a run its mail, beside everything else; while the store is unavailable it is tried again. */
export const bringMail = (
  { scope, store }: BringMailOptions,
  coordinator: Coordinator
): Effect.Effect<void> => {
  const brought = Effect.retry(takeAllMail(store, coordinator), {
    schedule: Schedule.spaced("1 second"),
    while: (error) => error.isRetryable && !coordinator.isOver
  }).pipe(
    Effect.catchCause((cause) => Effect.logWarning("the mail of a run could not be read", cause)),
    Effect.annotateLogs({ run: coordinator.state.runId })
  )
  return Effect.asVoid(Effect.forkIn(brought, scope))
}
