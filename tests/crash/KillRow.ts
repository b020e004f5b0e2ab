/** The kinds of places where processes are killed: the rows of the histogram, and what each of them tries. */
import type { Envelope, Event } from "@dagflow/protocol"
import { eventName, nameIn } from "./eventName.ts"
import type { KillPoint } from "./KillPoint.ts"

/** A kind of places. */
export interface KillRow {
  readonly name: string
  readonly points: ReadonlyArray<KillPoint>
  /** Whether there is such a place only after another kill, since another process has to take a run up. */
  readonly isAfterAnother?: boolean
}

const takeUpRow = (at: "before" | "after"): KillRow => ({
  name: `${at} a take-up`,
  points: [{ at, event: "RunOwned" }],
  isAfterAnother: true
})

/** What the appends that are told apart are called, by one of the events in them. */
const appends: ReadonlyArray<readonly [tag: Event.EventTag, name: string]> = [
  ["RunStarted", "the first append"],
  ["NodeStarted", "a start"],
  ["NodeCompleted", "a completion"],
  ["NodeFailed", "a failure"],
  ["SubFlowStarted", "a start of a child run"],
  ["HookAnswered", "an answer"],
  ["NodesAdded", "a growth batch"],
  ["RunEnding", "the settled result"],
  ["RunCompleted", "the last append"]
]

/** Kills after the end of a run prove nothing about it; they are made all the same, and counted apart. */
export const afterTheEnd = "after the last append"

/** The last moment that is tried, as a share of the time of a run that is not disturbed. */
const latest = 0.9

/** The places in a child run, by its undisturbed log. */
const childRows = (log: ReadonlyArray<Envelope.Envelope>): ReadonlyArray<KillRow> => {
  const named = ["RunStarted", "NodeStarted", "NodeCompleted", "HookAnswered", "RunEnding", "RunCompleted"]
  const names = new Set(
    log.flatMap(({ event, runId }) => (named.includes(event._tag) ? [nameIn(runId, eventName(event))] : []))
  )
  return (["before", "after"] as const).map((at) => ({
    name: `${at} an append of a child run`,
    points: [...names].map((event) => ({ at, event }))
  }))
}

/** The kinds of places, for a flow whose undisturbed run has this log, and its child run the other one. */
export const killRows = (
  log: ReadonlyArray<Envelope.Envelope>,
  child: ReadonlyArray<Envelope.Envelope>
): ReadonlyArray<KillRow> => {
  const events = log.map(({ event }) => event)
  const names = (tag: Event.EventTag): ReadonlyArray<string> => [
    ...new Set(events.filter((event) => event._tag === tag).map(eventName))
  ]
  const nodesOf = (role: "action" | "handler"): ReadonlyArray<string> => [
    ...new Set(
      events.flatMap((event) =>
        event._tag === "NodeStarted" && (event.role ?? "action") === role ? [event.nodeId] : []
      )
    )
  ]
  const around = (["before", "after"] as const).flatMap((at) =>
    appends.map(([tag, name]) => ({
      name: `${at} ${name}`,
      points: names(tag).map((event) => ({ at, event }))
    }))
  )
  const questions = ["RunStarted", ...names("NodeCompleted"), ...names("NodeFailed"), "RunEnding"]
  const millis = (log.at(-1)?.at ?? 0) - (log[0]?.at ?? 0)
  return [
    ...around,
    ...childRows(child),
    takeUpRow("before"),
    takeUpRow("after"),
    { name: "during a growth batch", points: names("NodesAdded").map((event) => ({ at: "during", event })) },
    { name: "during a gate answer", points: questions.map((event) => ({ at: "gate", event })) },
    { name: "in a retry wait", points: [{ at: "retry", node: "b" }] },
    { name: "in an action", points: nodesOf("action").map((node) => ({ at: "action", node })) },
    { name: "in a failure handler", points: nodesOf("handler").map((node) => ({ at: "handler", node })) },
    {
      name: "at a random time",
      points: Array.from({ length: 50 }, (_, place) => ({
        at: "time",
        millis: Math.round((millis * latest * place) / 50)
      }))
    }
  ]
}
