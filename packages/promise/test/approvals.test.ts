/*
 * Goal: a program approves what it knows the name of, whenever it comes to that, and as often as it is started. Method: runs that
 * have not asked yet, ask elsewhere, or never ask, and answers that are given twice or differ.
 */
import { describe, expect, it } from "vitest"
import { Action, type DagFlow, Flow, Hook, NodeOutput, type Run } from "@dagflow/promise"
import * as z from "zod"
import { engine, gathered, rejection } from "./engines.ts"

const ask = Action.fn("ask", async () => NodeOutput.approval({ prompt: "Go on?" }))
const use = Action.fn("use", async ({ approved }: { approved: boolean }) => ({ used: approved }))
const asking = Flow.make("asking", (f) => ({ ask: f.node("ask", ask) }))

/** An action that ends when it is told to. */
const latched = () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: opened, reject: fail, resolve: open } = Promise.withResolvers<void>()
  const action = Action.fn("latch", async (_: {}, { signal }) => {
    signal.addEventListener("abort", () => fail(signal.reason))
    begin()
    await opened
    return {}
  })
  return { action, begun, open, fail }
}

/** A run whose question comes after something that has begun, and goes on until it is told otherwise. */
const runBeforeItsQuestion = async (dagflow: DagFlow = engine()) => {
  const latch = latched()
  const flow = Flow.make("later", (f) => {
    const before = f.node("before", latch.action)
    const { approved } = f.node("ask", ask, {}, { dependsOn: [before] }).out
    return { use: f.node("use", use, { approved }) }
  })
  const run = await dagflow.start(flow)
  await latch.begun
  return { run, ...latch }
}

const signals = async (run: Run<unknown>) =>
  (await gathered(run.events())).flatMap(({ event }) => (event._tag === "SignalReceived" ? [event] : []))

describe("an approval", () => {
  it("is a yes or a no, and takes no text for either", async () => {
    const run = await engine().start(asking)
    await run.outcome()
    const refused = await rejection(run.answer("ask", { approved: "yes" }))
    expect([refused.code, refused.message]).toEqual(["CommandRejected", expect.stringContaining("approved")])
    await run.reject("ask", { note: "too dear" })
    expect(await run.result()).toEqual({ ask: { approved: false, note: "too dear" } })
  })

  it("waits for its question, and answers nothing before that", async () => {
    const { open, run } = await runBeforeItsQuestion()
    const approved = run.approve("ask", { by: "Ada" })
    // A question from here to the run and back: whatever the approval sent at once would be there.
    expect((await run.node("ask"))?.keptSignals).toBeUndefined()
    open()
    expect(await approved).toEqual({ sequence: expect.any(Number), isKept: false })
    expect(await run.result()).toEqual({ use: { used: true } })
    // It answered an open wait: one that came before would name no attempt.
    expect(await signals(run)).toMatchObject([{ nodeId: "ask", attempt: 1, by: "Ada" }])
  })

  it("is told the same when the same person says the same again, at once, later and after the end", async () => {
    const { open, run } = await runBeforeItsQuestion()
    const both = Promise.all([run.approve("ask", { by: "Ada" }), run.approve("ask", { by: "Ada" })])
    open()
    const [first, second] = await both
    expect(second).toEqual(first)
    await run.result()
    expect(await run.approve("ask", { by: "Ada" })).toEqual(first)
    expect(await signals(run)).toHaveLength(1)
  })

  it("is refused, naming who was first, when it is another one or somebody else's", async () => {
    const dagflow = engine()
    const run = await dagflow.start(asking, { id: "r1" })
    await run.approve("ask", { by: "Ada", note: "fine" })
    const others = [
      () => run.reject("ask", { by: "Ada" }),
      () => run.approve("ask", { by: "Ada" }),
      () => run.approve("ask", { by: "Ada", note: "fine indeed" }),
      () => run.approve("ask", { by: "Bob", note: "fine" }),
      () => dagflow.reject("r1", "ask", { by: "Ada" })
    ]
    for (const other of others) {
      const { code, message, rejection: why } = await rejection(other())
      expect([code, why]).toMatchObject(["CommandRejected", { _tag: "AlreadyAnswered", by: "Ada" }])
      expect(message).toMatch(/the wait of "ask" was answered by Ada at /)
    }
    const again = await run.approve("ask", { by: "Ada", note: "fine" })
    expect(await dagflow.approve("r1", "ask", { by: "Ada", note: "fine" })).toMatchObject({
      sequence: again.sequence
    })
  })

  it("is the same answer, whatever the action's schema makes of it", async () => {
    const output = z.object({ approved: z.boolean(), team: z.string().default("red") })
    const checked = Action.make("checked", {
      input: z.object({}),
      output,
      run: async () => NodeOutput.wait<z.input<typeof output>>()
    })
    const run = await engine().start(Flow.make("checking", (f) => ({ ask: f.node("ask", checked) })))
    const first = await run.approve("ask")
    expect(await run.result()).toEqual({ ask: { approved: true, team: "red" } })
    expect(await run.approve("ask")).toEqual(first)
  })

  it.each([
    ["fails before it asks", "cancelled", ({ fail }) => fail(new Error("broken"))],
    ["is cancelled before it asks", "cancelled", ({ run }) => void run.cancel()],
    [
      "goes on without the node",
      "skipped",
      ({ open, run }) => void run.send({ _tag: "DisableNodes", nodeIds: ["ask"] }).then(() => open())
    ]
  ] as ReadonlyArray<[string, string, (given: Awaited<ReturnType<typeof runBeforeItsQuestion>>) => void]>)(
    "of a run that %s is refused with the status of the node: %s",
    async (_, status, end) => {
      const given = await runBeforeItsQuestion()
      const refused = rejection(given.run.approve("ask"))
      // The approval waits by now: the run has answered something that was asked after it.
      await given.run.report()
      end(given)
      expect((await refused).rejection).toEqual({ _tag: "NotWaiting", nodeId: "ask", status })
      // The same once it is over.
      await given.run.outcome()
      expect((await rejection(given.run.approve("ask"))).rejection).toEqual({
        _tag: "NotWaiting",
        nodeId: "ask",
        status
      })
    }
  )

  it("of a name that no node has is refused once nothing goes on, with the name that was meant", async () => {
    const { open, run } = await runBeforeItsQuestion()
    const refused = rejection(run.approve("aks"))
    open()
    expect((await refused).rejection).toEqual({ _tag: "UnknownNode", nodeId: "aks", suggestion: "ask" })
  })

  it("waits for a node that a hook adds", async () => {
    const { action, begun, open } = latched()
    const grow = Hook.make({
      name: "grow",
      on: ["NodeCompleted"],
      handle: ({ event }) =>
        event._tag === "NodeCompleted" && event.nodeId === "before"
          ? [{ _tag: "AddNode", node: { id: "more", action: "ask" } }]
          : []
    })
    const flow = Flow.make("growing", (f) => ({ before: f.node("before", action) }))
    const run = await engine({ actions: [ask], hooks: [grow] }).start(flow)
    await begun
    const approved = run.approve("more")
    open()
    expect((await approved).isKept).toBe(false)
    expect((await run.outcome()).status).toBe("completed")
  })

  it("answers the question of its name and no other", async () => {
    const flow = Flow.make("two", (f) => ({ left: f.node("left", ask), right: f.node("right", ask) }))
    const run = await engine().start(flow)
    await run.approve("left")
    expect((await run.waits()).map(({ nodeId }) => nodeId)).toEqual(["right"])
    await run.reject("right")
    expect(await run.result()).toEqual({ left: { approved: true }, right: { approved: false } })
  })

  it("that does not fit is refused, and the question stays", async () => {
    const sized = Action.fn("sized", async () =>
      NodeOutput.wait({ schema: z.object({ approved: z.boolean(), size: z.number() }) })
    )
    const run = await engine().start(Flow.make("sizing", (f) => ({ ask: f.node("ask", sized) })))
    expect((await rejection(run.approve("ask"))).rejection?._tag).toBe("InvalidInput")
    await run.answer("ask", { approved: true, size: 3 })
    expect(await run.result()).toEqual({ ask: { approved: true, size: 3 } })
  })
})

describe("an approval with a signal", () => {
  it("that is aborted before the question says how the node stands, and has answered nothing", async () => {
    const { open, run } = await runBeforeItsQuestion()
    const aborted = await rejection(run.approve("ask", { signal: AbortSignal.timeout(20) }))
    expect([aborted.code, aborted.message, (aborted.cause as Error).name]).toEqual([
      "Aborted",
      'the signal was aborted: "ask" has not asked, and was not answered: it is pending',
      "TimeoutError"
    ])
    open()
    expect((await run.outcome()).waiting).toMatchObject([{ reason: { _tag: "NodeWaits", nodeId: "ask" } }])
    expect((await run.node("ask"))?.keptSignals).toBeUndefined()
  })

  it("is told that the engine was closed meanwhile", async () => {
    const dagflow = engine()
    const { fail, run } = await runBeforeItsQuestion(dagflow)
    const refused = rejection(run.approve("ask"))
    await run.report()
    fail(new Error("over"))
    await dagflow.close()
    expect(["Closed", "CommandRejected"]).toContain((await refused).code)
    expect((await rejection(run.approve("ask"))).code).toBe("Closed")
  })
})

describe("a question of a flow in a flow", () => {
  const inner = Flow.make("inner", (f) => ({ ask: f.node("ask", ask) }))

  it("is waited for and answered by its path", async () => {
    const { action, begun, open } = latched()
    const flow = Flow.make("outer", (f) => {
      const before = f.node("before", action)
      return { payment: f.subFlow("payment", inner, {}, { dependsOn: [before] }) }
    })
    const run = await engine().start(flow)
    await begun
    const approved = run.approve("payment/ask", { by: "Ada" })
    open()
    const first = await approved
    expect((await run.outcome()).status).toBe("completed")
    expect(await run.approve("payment/ask", { by: "Ada" })).toEqual(first)
    expect((await rejection(run.reject("payment/ask", { by: "Bob" }))).rejection).toMatchObject({
      _tag: "AlreadyAnswered",
      by: "Ada"
    })
  })

  it("is asked again by the next attempt when one has failed before it asked", async () => {
    let attempts = 0
    const flaky = Action.fn("flaky", async () => {
      if (++attempts === 1) throw new Error("not yet")
      return {}
    })
    const shaky = Flow.make("shaky", (f) => {
      const before = f.node("before", flaky)
      return { ask: f.node("ask", ask, {}, { dependsOn: [before] }) }
    })
    const retry = { tries: 2, backoff: "immediate" } as const
    const flow = Flow.make("outer", (f) => ({ payment: f.subFlow("payment", shaky, {}, { retry }) }))
    const run = await engine().start(flow)
    await run.approve("payment/ask")
    expect((await run.outcome()).status).toBe("completed")
    expect(attempts).toBe(2)
  })

  it("that never comes is refused with what became of it there", async () => {
    const broken = Action.fn("broken", async () => {
      throw new Error("broken")
    })
    const failing = Flow.make("failing", (f) => {
      const before = f.node("before", broken)
      return { ask: f.node("ask", ask, {}, { dependsOn: [before] }) }
    })
    const run = await engine().start(Flow.make("outer", (f) => ({ payment: f.subFlow("payment", failing) })))
    const { rejection: why, runId } = await rejection(run.approve("payment/ask"))
    expect([why, runId]).toEqual([
      { _tag: "NotWaiting", nodeId: "ask", status: "cancelled" },
      `${run.runId}/payment/1`
    ])
  })
})
