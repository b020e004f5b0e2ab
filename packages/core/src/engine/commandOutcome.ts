import { RunError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { CommandResult } from "../decide/decideCommand.ts"
import type { CommandOutcome } from "./RunHandle.ts"

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
