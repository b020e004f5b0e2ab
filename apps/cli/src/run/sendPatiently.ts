import { DagFlow, type RunHandle } from "@dagflow/core"
import type { Command, RunError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { OutputShape } from "../output/Output.ts"
import { duration, oneLine } from "../output/Phrase.ts"

/** Tells that the owner of a run is silent, once it has not prolonged its claim in time; one that lives does so thrice a lease. */
const tellSilence = (runId: string, output: OutputShape) =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const { leaseMillis, leaseUntilMillis, owner } = yield* dagflow.get(runId)
    if (owner === undefined) return
    yield* Effect.sleep(leaseMillis / 2)
    const now = yield* dagflow.get(runId)
    if (now.owner !== owner || now.leaseUntilMillis !== leaseUntilMillis) return
    const most = duration(leaseMillis / 2)
    yield* output.note(
      `${oneLine(owner)} owns ${oneLine(runId)} and gives no sign of life; in ${most} more it counts as dead`
    )
  })

/**
 * Sends a command to a run and waits until its owner has recorded it. `undefined`: nobody owns the run, or its owner has
 * died, which shows when a lease has passed without a sign of life; the command then stays in the store for whoever takes
 * the run up. Somebody who waits for that is told so.
 */
export const sendPatiently = (
  runId: string,
  command: Command.Command & { readonly id: string },
  output: OutputShape
): Effect.Effect<RunHandle.CommandOutcome | undefined, RunError, DagFlow> =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const telling = yield* Effect.forkChild(Effect.ignore(tellSilence(runId, output)))
    return yield* Effect.ensuring(dagflow.send(runId, command), Fiber.interrupt(telling))
  })
