import type { Event, RunError } from "@dagflow/protocol"
import * as Stream from "effect/Stream"
import type { RunAccess } from "./runAccess.ts"
import type { EmittedMessage, LiveMessage } from "./RunHandle.ts"

/** Whether an event ends a node. */
const isEndOf = (nodeId: string, event: Event.Event): boolean => {
  switch (event._tag) {
    case "NodeCompleted":
    case "NodeSkipped":
    case "NodeCancelled":
      return event.nodeId === nodeId
    case "NodeFailed":
      return event.nodeId === nodeId && event.retryAtMillis === undefined && event.handling !== true
    default:
      return false
  }
}

const isEmitted = (message: LiveMessage): message is EmittedMessage => message._tag !== "Recorded"

/** What one node emits from now on, until it has ended or its run has. */
export const emittedBy = (
  access: RunAccess,
  nodeId: string,
  capacity: number
): Stream.Stream<EmittedMessage, RunError> => {
  const isOver = (message: LiveMessage) =>
    message._tag === "Recorded" && isEndOf(nodeId, message.envelope.event)
  return access.live({ capacity, nodeId }).pipe(Stream.takeUntil(isOver), Stream.filter(isEmitted))
}
