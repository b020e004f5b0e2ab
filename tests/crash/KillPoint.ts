/** Where a process is to be killed, and the names by which that is said from outside. */
import type { Event } from "@dagflow/protocol"

/**
 * Where a process is to be killed: around the append that holds an event, a while after it, while a hook thinks about its
 * answer, or inside an action.
 */
export interface KillPoint {
  readonly when: "before" | "after" | "later" | "hook" | "action"
  /** The event, as `nameOf` names it; for `hook` and `action` the name of the hook or the node. */
  readonly name: string
}

/** The variable of the environment that tells a process where to die. */
export const variable = "DAGFLOW_TEST_KILL"

/** Names an event by what is special about it, the same in every run of one flow. */
export const nameOf = (event: Event.Event): string => {
  const words = [event._tag, "nodeId" in event ? event.nodeId : undefined, "attempt" in event ? event.attempt : undefined]
  return words.filter((word) => word !== undefined).join(" ")
}

/** Ends this process as if its power were cut. */
export const die = (): void => {
  process.kill(process.pid, "SIGKILL")
}

/** Where this process is to be killed, if anywhere. */
export const ofThisProcess = (): KillPoint | undefined => {
  const text = process.env[variable]
  return text === undefined ? undefined : (JSON.parse(text) as KillPoint)
}

/** Dies when this is the place. */
export const dieAt = (when: KillPoint["when"], name: string): void => {
  const point = ofThisProcess()
  if (point?.when === when && point.name === name) die()
}
