import { describe, expect, it } from "vitest"
import { Action, Flow, NodeOutput } from "@dagflow/promise"
import { engine, gathered, rejection } from "./engines.ts"

const review = Action.fn("review", async ({ text }: { text: string }) =>
  NodeOutput.wait<{ accepted: boolean }>({
    prompt: `Accept "${text}"?`,
    schema: { type: "object", properties: { accepted: { type: "boolean" } }, required: ["accepted"] }
  })
)

/** A task and the node that waits for what somebody says about it. */
const task = (work: Promise<string>) => {
  const write = Action.fn("write", async () => ({ text: await work }))
  return Flow.make("task", { config: { onFailure: "continue" } }, (f) => ({
    review: f.node("review", review, { text: f.node("write", write).out.text })
  }))
}

describe("row 165: tasks that are accepted or rejected", () => {
  it.each([true, false])("what was completed is accepted or rejected, once: %s", async (accepted) => {
    const run = await engine().start(task(Promise.resolve("done")))
    await run.outcome()
    await run.answer("review", { accepted })
    expect(await run.result()).toEqual({ review: { accepted } })
  })

  it("what is not completed yet is neither: an answer is kept until it is", async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const run = await engine().start(task(promise))
    expect(await run.answer("review", { accepted: true })).toMatchObject({ isKept: true })
    expect((await run.node("review"))?.status).toBe("pending")
    resolve("done")
    expect(await run.result()).toEqual({ review: { accepted: true } })
    const ended = (await gathered(run.events())).flatMap(({ event }) =>
      event._tag === "NodeCompleted" ? [event.nodeId] : []
    )
    expect(ended).toEqual(["write", "review"])
  })

  it("what failed can be neither, and an answer that was kept for it is refused", async () => {
    const { promise, reject } = Promise.withResolvers<string>()
    const run = await engine().start(task(promise))
    await run.answer("review", { accepted: true }, { id: "early" })
    reject(new Error("no paper"))
    expect((await rejection(run.result())).code).toBe("NodesFailed")
    expect((await run.node("review"))?.status).toBe("skipped")
    const refused = (await gathered(run.events())).flatMap(({ cause, event }) =>
      event._tag === "CommandRejected" ? [[cause?.commandId, event.rejection._tag]] : []
    )
    expect(refused).toEqual([["early", "NotWaiting"]])
  })
})
