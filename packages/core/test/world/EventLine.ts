/** Events as one line each, so that a test can say what a log holds. */
import type { Envelope, Event } from "@dagflow/protocol"

const waitEnd = ({ waitEnd: end }: Event.EventOf<"NodeCompleted" | "NodeFailed">): string => {
  if (end === undefined) return ""
  return end._tag === "Expired" ? " expired" : ` answered ${end.sequence}`
}

const nodeLine = (event: Event.Event & { readonly nodeId?: string }): string => {
  switch (event._tag) {
    case "NodeStarted":
      return `${event.nodeId} starts${event.attempt === 1 ? "" : ` ${event.attempt}`}${event.role === undefined ? "" : " handler"}`
    case "NodeExpanded":
      return `${event.nodeId} expands to ${event.count}`
    case "SubFlowStarted":
      return `${event.nodeId} goes on as ${event.runId}`
    case "NodeCompleted":
      return `${event.nodeId} completes${event.recovered === true ? " recovered" : ""}${waitEnd(event)}`
    case "NodeFailed": {
      const next = event.retryAtMillis !== undefined ? " retry" : event.handling === true ? " handling" : ""
      const handler = event.handlerError === undefined ? "" : ` handler ${event.handlerError.cause}`
      return `${event.nodeId} fails ${event.error.cause}${handler}${next}${waitEnd(event)}`
    }
    case "NodeWaiting": {
      const deadline =
        event.deadline === undefined ? "" : ` ${event.deadline.action} at ${event.deadline.atMillis}`
      return `${event.nodeId} waits ${event.wait._tag}${deadline}`
    }
    case "SignalReceived": {
      const by = event.by === undefined ? "" : ` by ${event.by}`
      return `${event.nodeId} signal${event.attempt === undefined ? " kept" : ""}${by}`
    }
    case "NodeRouted": {
      const inactive = event.inactive === undefined ? "" : ` without ${event.inactive.join(",")}`
      return `${event.nodeId} routed${inactive}${event.error === undefined ? "" : ` ${event.error.cause}`}`
    }
    case "NodeSkipped":
      return `${event.nodeId} skipped ${event.reason}${event.causeNodeId === undefined ? "" : ` by ${event.causeNodeId}`}`
    case "NodeCancelled":
      return `${event.nodeId} cancelled ${event.reason} ${event.stopped}`
    case "NodeRetryRequested":
      return `${event.nodeId} retry requested`
    case "NodeInputsSet":
      return `${event.nodeId} inputs ${Object.keys(event.inputs).join(",")}`
    default:
      return event._tag
  }
}

const stepLine = (event: Event.EventOf<"StepStarted" | "StepCompleted">): string => {
  if (event._tag === "StepStarted") return `step ${event.step} of ${event.frontier.join(",")}`
  const { ran, skipped, waiting = [] } = event
  const parts = { ran, skipped, waiting }
  const told = Object.entries(parts).flatMap(([part, ids]) =>
    ids.length === 0 ? [] : [` ${part} ${ids.join(",")}`]
  )
  return `step ${event.step} ends${told.join("")}`
}

const runLine = (event: Event.Event): string => {
  switch (event._tag) {
    case "RunPaused": {
      const { exhausted, interrupt, nodeId } = event
      if (interrupt !== undefined) return `RunPaused ${[interrupt.when, ...interrupt.nodeIds].join(" ")}`
      return `RunPaused${nodeId === undefined ? "" : ` by ${nodeId}`}${exhausted === true ? " exhausted" : ""}`
    }
    case "RunInterrupted":
      return `RunInterrupted ${event.cause}`
    case "RunEnding":
      return `RunEnding ${event.result._tag}`
    case "RunFailed":
      return `RunFailed ${event.failure._tag}`
    default:
      return event._tag
  }
}

/** One event as one line. */
export const line = (event: Event.Event): string => {
  switch (event._tag) {
    case "NodesAdded": {
      const met = event.met === undefined ? "" : ` met ${Object.values(event.met).flat().join(",")}`
      return `adds ${event.nodes.map((node) => node.id).join(",")}${met}`
    }
    case "NodesEnabled":
    case "NodesDisabled":
      return `${event._tag} ${event.nodeIds.join(",")}`
    case "BranchPaused":
    case "BranchResumed":
    case "BranchCancelled":
      return `${event._tag} ${event.branch}`
    case "StepStarted":
    case "StepCompleted":
      return stepLine(event)
    case "BudgetExhausted": {
      const { branch, nodeId, resource } = event
      return `BudgetExhausted ${resource}${branch === undefined ? "" : ` of ${branch}`} at ${nodeId}`
    }
    case "HookAnswered":
      return `${event.hook} answers ${event.sequence}`
    case "HookFailed":
      return `${event.hook} ${event.cause} ${event.sequence}`
    case "CommandRejected":
      return `${event.command} rejected ${event.rejection._tag}${event.signal === undefined ? "" : ` kept ${event.signal.sequence}`}`
    case "CommandAccepted":
      return `${event.command} accepted`
    case "EventEmitted":
      return `emits ${event.name}`
    default:
      return event._tag.startsWith("Run") ? runLine(event) : nodeLine(event)
  }
}

/** A log as lines. */
export const lines = (log: ReadonlyArray<Envelope.Envelope>): ReadonlyArray<string> =>
  log.map((envelope) => line(envelope.event))

/** The lines between the start of the run and its end. */
export const story = (log: ReadonlyArray<Envelope.Envelope>): ReadonlyArray<string> =>
  lines(log.filter(({ event }) => !/^Run(Started|Owned|Ending|Completed)$/.test(event._tag)))
