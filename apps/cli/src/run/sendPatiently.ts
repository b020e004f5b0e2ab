import { DagFlow, type RunHandle } from "@dagflow/core"
import type { Command, RunError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"

/**
 * Sends a command to a run and waits until its owner has recorded it. `undefined`: nobody owns the run, or its owner has
 * died, which shows when a lease has passed without a sign of life; the command then stays in the store for whoever takes
 * the run up.
 */
export const sendPatiently = (
  runId: string,
  command: Command.Command & { readonly id: string }
): Effect.Effect<RunHandle.CommandOutcome | undefined, RunError, DagFlow> =>
  Effect.flatMap(DagFlow, (dagflow) => dagflow.send(runId, command))
