import type { Event, RunState } from "@dagflow/protocol"
import type { Desks } from "./desks.ts"
import { setDeadline, setRetry } from "./nodeAlarms.ts"
import type { Telemetry } from "./Telemetry.ts"

/** What a durable event sets in motion if it says how an attempt went: it is measured, and the next try or a deadline gets an alarm. */
export const attemptEnded = (
  event: Event.Event,
  state: RunState.RunState,
  { alarms, lists }: Pick<Desks, "alarms" | "lists">,
  telemetry: Telemetry
): void => {
  switch (event._tag) {
    case "NodeCompleted": {
      const node = state.byId.get(event.nodeId)
      if (node?.items === undefined) return telemetry.measure(node, event)
      return lists.forget()
    }
    case "NodeFailed": {
      const node = state.byId.get(event.nodeId)
      telemetry.measure(node, event)
      if (event.retryAtMillis !== undefined && node?.status === "retrying") setRetry(alarms, node)
      return
    }
    case "NodeWaiting": {
      const node = state.byId.get(event.nodeId)
      telemetry.measure(node, event)
      if (node !== undefined) setDeadline(alarms, node)
      return
    }
    default:
  }
}
