/** Whoever waits for a word of a coordinator: for the result of a command, a look at the state, or the run's rest or end. */

import type { RunState } from "@dagflow/protocol"
import type { Proposed } from "../decide/decideAnswer.ts"
import { type CommandResult, recallCommand } from "../decide/decideCommand.ts"

/** What the sender of a command is told that comes after the end of the run. */
export const lateResult = (state: RunState.RunState, proposed: Proposed): CommandResult => {
  const { sequence, status } = state
  const known = proposed._tag === "Command" ? recallCommand(state, proposed.command) : undefined
  return known ?? { sequence, rejection: { _tag: "RunEnded", status }, nodeIds: [] }
}

/** The callers of one run. */
export class Callers {
  #replies: Array<() => void> = []
  #waiters: Array<() => void> = []

  /** Whether somebody waits until the run has ended or only waits. */
  get isWaitedFor(): boolean {
    return this.#waiters.length > 0
  }

  /** Replies once the events of the turn are durable. */
  replyLater(reply: () => void): void {
    this.#replies.push(reply)
  }

  /** Gives all replies. */
  reply(): void {
    const replies = this.#replies
    this.#replies = []
    for (const reply of replies) reply()
  }

  /** Forgets all replies: what they tell never happened. */
  forget(): void {
    this.#replies = []
  }

  /** Calls back once the run has ended, was given up, or only waits. */
  onceSettled(callback: () => void): void {
    this.#waiters.push(callback)
  }

  /** Calls back whoever waits for the run. */
  settle(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }
}
