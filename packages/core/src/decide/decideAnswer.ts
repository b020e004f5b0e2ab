/** What follows from the answer of a hook. */
import { type Command, type Event, RunStatus } from "@dagflow/protocol"
import { type CommandResult, type CommandSource, decideCommand } from "./decideCommand.ts"
import type { KnownActions } from "./knownActions.ts"
import { interruptRun } from "./interruptRun.ts"
import type { Turn } from "./Turn.ts"

/** A command as a hook gave it: decoded, or with the reason why it is none. */
export type Proposed =
  | { readonly _tag: "Command"; readonly command: Command.Command }
  | { readonly _tag: "Malformed"; readonly name: string; readonly message: string }

/** The answer of a hook to one event. */
export type HookAnswer =
  | { readonly _tag: "Answered"; readonly commands: ReadonlyArray<Proposed> }
  | {
      readonly _tag: "Failed"
      readonly cause: Event.EventOf<"HookFailed">["cause"]
      readonly message: string
    }

/** Decides a command, or refuses what is none. */
export const decideProposed = (
  turn: Turn,
  proposed: Proposed,
  source: CommandSource,
  actions: KnownActions
): CommandResult => {
  if (proposed._tag === "Command") return decideCommand(turn, proposed.command, source, actions)
  const { message, name } = proposed
  const rejection = { _tag: "InvalidInput", message } as const
  if (!RunStatus.isEnded(turn.state.status)) {
    turn.record(
      { _tag: "CommandRejected", command: name, rejection },
      source.hook === undefined
        ? undefined
        : { hook: source.hook, ...(source.sequence !== undefined && { sequence: source.sequence }) }
    )
  }
  return { sequence: turn.state.sequence, rejection, nodeIds: [] }
}

const fail = (
  turn: Turn,
  hook: string,
  sequence: number,
  answer: HookAnswer & { readonly _tag: "Failed" }
): void => {
  const { state } = turn
  const { cause, message } = answer
  turn.record({ _tag: "HookFailed", hook, sequence, cause, message })
  const isFatal = state.config.onHookFailure === "fail" && state.result === undefined
  if (isFatal && state.interrupted === undefined) {
    interruptRun(turn, { cause: "hook_failed", hook, reason: message })
  }
}

/**
 * Decides the answer of a gate hook: its commands are carried out in their order, then the answer is recorded, and with
 * the last owed one the event counts. An answer that nobody waits for changes nothing.
 */
export const decideAnswer = (
  turn: Turn,
  hook: string,
  sequence: number,
  answer: HookAnswer,
  actions: KnownActions
): void => {
  if (turn.state.owed.get(sequence)?.hooks.includes(hook) !== true) return
  if (answer._tag === "Failed") return fail(turn, hook, sequence, answer)
  for (const proposed of answer.commands) decideProposed(turn, proposed, { hook, sequence }, actions)
  const commandCount = answer.commands.length
  turn.record({ _tag: "HookAnswered", hook, sequence, ...(commandCount > 0 && { commandCount }) })
}

/** Decides what an observing hook left behind: its failure is recorded, and its commands are refused. */
export const decideObservation = (turn: Turn, hook: string, sequence: number, answer: HookAnswer): void => {
  if (answer._tag === "Failed") {
    const { cause, message } = answer
    return turn.record({ _tag: "HookFailed", hook, sequence, cause, message })
  }
  const rejection = {
    _tag: "NotAllowed",
    message: `hook "${hook}" observes, so it cannot command: set its mode to "gate"`
  } as const
  for (const proposed of answer.commands) {
    const command = proposed._tag === "Command" ? proposed.command._tag : proposed.name
    turn.record({ _tag: "CommandRejected", command, rejection }, { hook, sequence })
  }
}
