import { type Envelope, Rejection } from "@dagflow/protocol"
import * as Effect from "effect/Effect"

/**
 * The warning that a command of a hook was refused, or that a hook failed; `undefined` for a command of somebody else, who is
 * told what came of it. The number of the event is with it, for whoever shows events too.
 */
export const hookWarning = (trouble: Envelope.Envelope): Effect.Effect<void> | undefined => {
  const text = textOf(trouble)
  if (text === undefined) return undefined
  const about = { run: trouble.runId, "dagflow.sequence": trouble.sequence }
  return Effect.annotateLogs(Effect.logWarning(text), about)
}

const textOf = ({ cause, event }: Envelope.Envelope): string | undefined => {
  if (event._tag === "HookFailed") {
    return `hook "${event.hook}" failed at event ${event.sequence}: ${event.message}`
  }
  if (event._tag !== "CommandRejected" || cause?.hook === undefined) return undefined
  const answered = cause.sequence === undefined ? "" : ` in answer to event ${cause.sequence}`
  return `${event.command} of hook "${cause.hook}" was refused${answered}: ${Rejection.describe(event.rejection)}`
}
