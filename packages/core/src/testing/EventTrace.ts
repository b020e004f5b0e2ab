/**
 * A log as text, one short line an event, so that a test can say what happened and its failure can be read.
 *
 * A line starts with the event's name; then come what it is about and what is special about it.
 */
import type { Envelope, Event } from "@dagflow/protocol"

/** What a trace shows. */
export interface EventTraceOptions {
  /** Whether each line starts with its time since the start of the run, such as `+2000 `; default false. */
  readonly times?: boolean
  /** Only events of these names; default all. */
  readonly only?: ReadonlyArray<Event.EventTag>
  /** Whether what hooks answered and who owned the run are left out; default false. */
  readonly brief?: boolean
}

const bookkeeping: ReadonlySet<string> = new Set<Event.EventTag>([
  "RunStarted",
  "RunOwned",
  "RunEnding",
  "HookAnswered"
])

const words = (...parts: ReadonlyArray<string | number | false | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== "").join(" ")

const failedWords = (event: Event.EventOf<"NodeFailed">, at: number): string =>
  words(
    event.nodeId,
    event.attempt,
    event.error.tag,
    event.handlerError && `after its handler: ${event.handlerError.tag}`,
    event.retryAtMillis !== undefined && `again in ${event.retryAtMillis - at} ms`,
    event.handling === true && "its handler is next"
  )

const nodeWords = (event: Event.Event, at: number): string | undefined => {
  switch (event._tag) {
    case "NodeStarted":
      return words(event.nodeId, event.attempt, event.role)
    case "NodeExpanded":
      return words(event.nodeId, event.attempt, `to ${event.count} items`)
    case "SubFlowStarted":
      return words(event.nodeId, event.attempt, `as ${event.runId}`)
    case "NodeCompleted":
      return words(event.nodeId, event.attempt, event.recovered === true && "recovered")
    case "NodeFailed":
      return failedWords(event, at)
    case "NodeSkipped":
      return words(event.nodeId, event.reason, event.causeNodeId && `because of ${event.causeNodeId}`)
    case "NodeCancelled":
      return words(event.nodeId, event.reason, event.stopped)
    case "NodeRetryRequested":
      return event.nodeId
    case "NodeInputsSet":
      return words(event.nodeId, ...Object.keys(event.inputs))
    case "NodesAdded":
      return words(...event.nodes.map((node) => node.id))
    case "NodesEnabled":
    case "NodesDisabled":
      return words(...event.nodeIds)
    default:
      return undefined
  }
}

const runWords = (event: Event.Event): string => {
  switch (event._tag) {
    case "RunOwned":
      return event.owner
    case "RunPaused":
      return words(event.nodeId && `by ${event.nodeId}`, event.reason)
    case "RunInterrupted":
      return words(event.cause, event.nodeId ?? event.hook)
    case "RunEnding":
      return event.result._tag
    case "RunFailed":
      return event.failure._tag
    case "BranchPaused":
    case "BranchResumed":
    case "BranchCancelled":
      return event.branch
    case "HookAnswered":
      return words(
        event.hook,
        `to ${event.sequence}`,
        event.commandCount && `with ${event.commandCount} commands`
      )
    case "HookFailed":
      return words(event.hook, `at ${event.sequence}`, event.cause)
    case "CommandRejected":
      return words(event.command, event.rejection._tag)
    case "CommandAccepted":
      return event.command
    case "EventEmitted":
      return event.name
    default:
      return ""
  }
}

/** An event as one line. */
export const line = ({ at, event }: Envelope.Envelope): string =>
  words(event._tag, nodeWords(event, at) ?? runWords(event))

/**
 * The lines of a log.
 *
 * **Example**
 * ```ts
 * EventTrace.lines(log, { brief: true })
 * // => ["NodeStarted load 1", "NodeFailed load 1 Busy again in 2000 ms", "NodeStarted load 2", …]
 * ```
 */
export const lines = (
  log: ReadonlyArray<Envelope.Envelope>,
  options: EventTraceOptions = {}
): ReadonlyArray<string> => {
  const { brief = false, only, times = false } = options
  const startedAt = log[0]?.at ?? 0
  return log
    .filter(({ event }) => only === undefined || only.includes(event._tag))
    .filter(({ event }) => !brief || !bookkeeping.has(event._tag))
    .map((envelope) => (times ? `+${envelope.at - startedAt} ${line(envelope)}` : line(envelope)))
}

/** The lines of a log as one text. */
export const text = (log: ReadonlyArray<Envelope.Envelope>, options: EventTraceOptions = {}): string =>
  lines(log, options).join("\n")
