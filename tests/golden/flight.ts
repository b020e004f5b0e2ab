/**
 * The run that is in flight in the golden files, and what its actions do: it has grown, one of its outputs is large, one node
 * waits for its next attempt, one is at work, and where runs could wait already, one waits for a person.
 *
 * Files of every version hold it, so nothing of it may change.
 */
import { Action, Hook, NodeOutput } from "@dagflow/core"
import type { Command, FlowSpec } from "@dagflow/protocol"

/** What the run is called. */
export const runId = "flight"

/** The flow. `asks`: with a node that waits for a person. */
export const flight = (asks: boolean): FlowSpec.FlowSpec => ({
  name: "flight",
  config: { artifactBytesMin: 256 },
  nodes: [
    { id: "done", action: "work" },
    { id: "large", action: "write" },
    {
      id: "flaky",
      action: "flaky",
      retry: { tries: 3, backoff: "fixed", initialMillis: 600_000, jitter: 0 }
    },
    { id: "busy", action: "busy", dependencies: ["done"] },
    ...(asks ? [{ id: "ask", action: "ask" }] : []),
    {
      id: "end",
      action: "read",
      dependencies: ["large", "flaky", "busy", ...(asks ? ["ask"] : [])],
      inputs: { text: { ref: "large.text" } }
    }
  ]
})

const growth: ReadonlyArray<Command.Command> = [
  { _tag: "AddNode", id: "growth", node: { id: "grown", action: "work", dependencies: ["done"] } }
]

/** Adds a node when the first one has completed. */
export const grow = Hook.make({
  name: "grow",
  on: ["NodeCompleted"],
  handle: ({ event }) => (event._tag === "NodeCompleted" && event.nodeId === "done" ? growth : [])
})

/** The actions; `ran` is told of each node that does something, and `busy` is what the busy one does. */
export const actions = (ran: (nodeId: string) => void, busy: () => Promise<unknown>) => {
  const work = Action.fn("work", (_: object, { nodeId }) => {
    ran(nodeId)
    return { value: nodeId }
  })
  const write = Action.fn("write", () => {
    ran("large")
    return { text: "x".repeat(1000) }
  })
  const flaky = Action.fn("flaky", (_: object, { attempt }) => {
    ran("flaky")
    if (attempt === 1) throw new Error("not yet")
    return { attempt }
  })
  const hold = Action.fn("busy", async (_: object, { attempt }) => {
    ran("busy")
    await busy()
    return { attempt }
  })
  const ask = Action.fn("ask", (): NodeOutput.NodeOutput<{ approved: boolean }> => {
    ran("ask")
    return NodeOutput.wait({ prompt: "Go on?" })
  })
  const read = Action.fn("read", ({ text }: { text: string }) => {
    ran("end")
    return { length: text.length }
  })
  return [work, write, flaky, hold, ask, read] as const
}
