import { DagFlow, type RunHandle } from "@dagflow/core"
import type { Command, RunError, StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** How often it is looked at whether there still is an owner. */
const lookMillis = 500

/**
 * Sends a command to a run and waits until its owner has recorded it. `undefined`: nobody owns the run, or its owner has
 * died meanwhile; the command then stays in the store for whoever takes the run up.
 */
export const sendPatiently = (
  driver: StoreDriverShape,
  runId: string,
  command: Command.Command & { readonly id: string }
): Effect.Effect<RunHandle.CommandOutcome | undefined, RunError | StoreError, DagFlow> =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    while (true) {
      const sent = yield* Effect.raceFirst(
        Effect.asSome(dagflow.send(runId, command)),
        Effect.as(untilUnowned(driver, runId), Option.none())
      )
      if (Option.isSome(sent)) return sent.value
      // The owner is gone. The same command again finds what became of it, or that it has to wait; it is never two.
    }
  })

const untilUnowned = (driver: StoreDriverShape, runId: string): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep(lookMillis)
      const row = yield* driver.get(runId)
      const now = yield* Clock.currentTimeMillis
      if (row?.owner === undefined || row.leaseUntilMillis <= now) return
    }
  })
