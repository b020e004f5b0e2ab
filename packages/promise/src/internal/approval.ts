import type { RunHandle } from "@dagflow/core"
import type { Event } from "@dagflow/protocol"

/** Who says yes or no, and what else they want to say. */
export interface ApprovalOptions {
  /** Who answers, in words that others understand. */
  readonly by?: string
  readonly note?: string
}

/** The same for a question that is waited for. */
export interface AskedOptions extends ApprovalOptions {
  /** Aborting it ends the waiting for the question. A deadline is `AbortSignal.timeout(60_000)`; default none. */
  readonly signal?: AbortSignal
}

/** What answers a wait. */
export interface Answer {
  readonly outputs: Event.Outputs
  readonly options: RunHandle.AnswerOptions
}

/** A yes or a no, as the action `approval` and whoever else asks for one takes it. */
export const approval = (approved: boolean, { by, note }: ApprovalOptions = {}): Answer => ({
  outputs: { approved, ...(note !== undefined && { note }) },
  options: by === undefined ? {} : { by }
})
