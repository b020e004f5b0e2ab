/** What a run does, told while it happens: the words of the model as they come, and what becomes of its calls. */
import { type DagFlowShape, type RunHandle } from "@dagflow/core"
import { type Event, Rejection, type RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"

/** Writes a piece of text. */
export type Write = (text: string) => void

const told = (event: Event.Event): string | undefined => {
  switch (event._tag) {
    case "NodesAdded":
      return `+ ${event.nodes.map(({ action, id }) => `${id} (${action})`).join(", ")}`
    case "NodeFailed":
      return `✗ ${event.nodeId}: ${event.error.message}${event.retryAtMillis === undefined ? "" : ", tried again"}`
    case "EventEmitted":
      return event.name === "budget_warning" ? `! ${warning(event.payload)}` : undefined
    case "CommandRejected":
      // Somebody may have decided otherwise while nobody was there to tell them.
      return `! refused: ${Rejection.describe(event.rejection)}`
    case "NodeCompleted":
      return `✓ ${event.nodeId}`
    default:
      return undefined
  }
}

const warning = (payload: unknown): string => {
  const { at, limit, resource } = payload as {
    readonly at: number
    readonly limit: number
    readonly resource: string
  }
  return `${Math.round(at * 100)} % of ${limit} ${resource} are used up`
}

const wordOf = (message: RunHandle.LiveMessage): string | undefined => {
  if (message._tag !== "Emitted" || typeof message.value !== "object" || message.value === null)
    return undefined
  const { delta } = message.value as { readonly delta?: unknown }
  return typeof delta === "string" ? delta : undefined
}

/** Follows a run until it has ended, or needs somebody, and answers how it stands. */
export const narrate = (
  run: RunHandle.RunHandle,
  write: Write
): Effect.Effect<RunReport.RunReport, Effect.Error<DagFlowShape.DagFlowShape["recover"]>> =>
  Effect.gen(function* () {
    let isInLine = false
    const line = (text: string) => {
      write(`${isInLine ? "\n" : ""}${text}\n`)
      isInLine = false
    }
    const show = (message: RunHandle.LiveMessage) => {
      const word = wordOf(message)
      if (word !== undefined) {
        write(word)
        isInLine = true
      } else if (message._tag === "Gap") line("… words that came too fast to be shown")
      else if (message._tag === "Recorded") {
        const text = told(message.envelope.event)
        if (text !== undefined) line(text)
      }
    }
    const showing = yield* Effect.forkChild(
      Stream.runForEach(run.live(), (message) => Effect.sync(() => show(message))),
      { startImmediately: true }
    )
    const report = yield* run.outcome
    yield* Fiber.interrupt(showing)
    if (isInLine) write("\n")
    return report
  })
