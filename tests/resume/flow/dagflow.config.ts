/** Actions that note each of their executions outside of the store, and a hook that makes the run grow. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs"
import { Action, Hook } from "@dagflow/core"

const note = (line: string): void => {
  const file = openSync(process.env["LEDGER"] ?? "ledger.txt", "a")
  writeSync(file, `${line}\n`)
  fsyncSync(file)
  closeSync(file)
}

const step = Action.fn("step", async (_input: {}, { attempt, nodeId, signal }) => {
  note(`${nodeId} ${attempt}`)
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, 15)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      reject(new Error("aborted"))
    })
  })
  return { done: nodeId }
})

const flaky = Action.fn("flaky", async (_input: {}, { attempt, nodeId }) => {
  note(`${nodeId} ${attempt}`)
  if (attempt === 1) throw new Error("not yet")
  return { done: nodeId }
})

const broken = Action.fn("broken", async (_input: {}, { attempt, nodeId }) => {
  note(`${nodeId} ${attempt}`)
  throw new Error("never")
})

const repair = Action.fn("repair", async (_input: {}, { attempt, nodeId }) => {
  note(`${nodeId} ${attempt}`)
  return { done: "repaired" }
})

const grow = Hook.make({
  name: "grow",
  on: ["NodeCompleted"],
  handle: async ({ event }) => {
    if (event._tag !== "NodeCompleted" || event.nodeId !== "b") return []
    await new Promise((resolve) => setTimeout(resolve, 15))
    return [
      {
        _tag: "AddNodes" as const,
        nodes: [
          { id: "grown-2", action: "step", dependencies: ["grown-1"] },
          { id: "grown-1", action: "step", dependencies: ["b"] }
        ]
      }
    ]
  }
})

export default { actions: [step, flaky, broken, repair], hooks: [grow] }
