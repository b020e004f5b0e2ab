import type { Event } from "@dagflow/protocol"

const about = (event: Event.Event): ReadonlyArray<string> => {
  switch (event._tag) {
    case "NodeStarted":
      return event.role === undefined ? [event.nodeId] : [event.nodeId, event.role]
    case "NodeFailed": {
      if (event.error.cause === "OwnerLost") return [event.nodeId, "lost"]
      return event.handling === true ? [event.nodeId, "handling"] : [event.nodeId, "retry"]
    }
    case "NodesAdded":
      return event.nodes.map((node) => node.id)
    case "EventEmitted":
      return [event.name]
    default:
      return "nodeId" in event && event.nodeId !== undefined ? [event.nodeId] : []
  }
}

/** Whether a run is the child run of another one, by its id. */
export const isChild = (runId: string): boolean => runId.includes("/")

/** What is called so in a run and in its child run is not the same. */
export const nameIn = (runId: string, name: string): string => (isChild(runId) ? `child ${name}` : name)

/** Names an event by what is special about it and the same in every run of one flow, crashed or not. */
export const eventName = (event: Event.Event): string => [event._tag, ...about(event)].join(" ")
