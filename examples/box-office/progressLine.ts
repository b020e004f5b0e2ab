/** What just happened in a run, as a line of text. */
import type { Envelope } from "@dagflow/protocol"

const seconds = (millis: number): string => `${(Math.max(0, millis) / 1000).toFixed(1)} s`

/** The line for an event, or `undefined` for one that a spectator need not know of. */
export const progressLine = ({ at, cause, event }: Envelope.Envelope): string | undefined => {
  switch (event._tag) {
    case "NodeStarted":
      return event.role === "handler" ? `  ! ${event.nodeId}: its failure handler stands in` : undefined
    case "NodeCompleted":
      return `  ✓ ${event.nodeId}${event.recovered === true ? " (by its failure handler)" : ""}`
    case "NodeFailed": {
      const next = event.retryAtMillis === undefined ? "" : `; again in ${seconds(event.retryAtMillis - at)}`
      return `  ✗ ${event.nodeId}, attempt ${event.attempt}: ${event.error.message}${next}`
    }
    case "NodesAdded":
      return `  + ${cause?.hook ?? "a command"} adds ${event.nodes.map(({ id }) => id).join(", ")}`
    case "NodeSkipped":
      return `  - ${event.nodeId} is skipped`
    case "NodeCancelled":
      return `  - ${event.nodeId} is cancelled`
    default:
      return undefined
  }
}
