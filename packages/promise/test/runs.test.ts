import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import path from "node:path"
import { inspect } from "node:util"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Action, DagFlowError, Flow, Hook, NodeOutput } from "@dagflow/promise"
import * as z from "zod"
import { engine, gathered, rejection } from "./engines.ts"

const one = Action.fn("one", async () => ({ value: 1 }))
const ask = Action.fn("ask", async () => NodeOutput.wait<{ approved: boolean }>({ prompt: "Go on?" }))
const fail = Action.fn("fail", async () => {
  throw new RangeError("out of range")
})

const asking = Flow.make("asking", (f) => ({ ask: f.node("ask", ask) }))
const failing = Flow.make("failing", (f) => ({ fail: f.node("fail", fail) }))

/** An action that stands still until it is told to go on, or its signal is aborted. */
const latched = () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const { promise: aborted, resolve: abort } = Promise.withResolvers<unknown>()
  const wait = Action.fn("latch", async (_: {}, { signal }) => {
    signal.addEventListener("abort", () => abort(signal.reason))
    begin()
    await Promise.race([opened, aborted])
    return { passed: true }
  })
  const flow = Flow.make("latched", (f) => ({ latch: f.node("latch", wait) }))
  return { flow, begun, open, aborted }
}

describe("a run", () => {
  it("gives its result after the people it waits for, however often that is asked for", async () => {
    const run = await engine().start(asking)
    const results = [run.result(), run.result()]
    const report = await run.outcome()
    expect([report.status, report.nodes[0]?.status]).toEqual(["running", "waiting"])
    await run.approve("ask", { by: "Ada", note: "fine" })
    expect(await Promise.all(results)).toEqual(Array(2).fill({ ask: { approved: true, note: "fine" } }))
    expect(await run.result()).toEqual({ ask: { approved: true, note: "fine" } })
  })

  it("goes step by step, tells what ran in each step, and finds steps again", async () => {
    const stepped = Flow.make(
      "stepped",
      { config: { strategy: "superstep", interrupts: { atStart: true } } },
      (f) => {
        const first = f.node("first", one)
        return { second: f.node("second", one, {}, { dependsOn: [first] }) }
      }
    )
    const run = await engine().start(stepped)
    const ran: Array<ReadonlyArray<string>> = []
    for (let step = await run.step(); step !== undefined; step = await run.step()) ran.push(step.ran)
    expect(ran).toEqual([["first"], ["second"]])
    expect((await run.steps({ ran: ["second"] })).steps.map(({ step }) => step)).toEqual([2])
    expect(await run.result()).toEqual({ second: { value: 1 } })
  })

  it("is answered once: who comes second is told who was first", async () => {
    const run = await engine().start(asking)
    await run.outcome()
    await run.reject("ask", { by: "Ada" })
    const late = await rejection(run.approve("ask", { by: "Bob" }))
    expect(late.code).toBe("CommandRejected")
    expect(await run.result()).toEqual({ ask: { approved: false } })
  })

  it("tells all its events in order, also to a reader who comes when it is over", async () => {
    const run = await engine().start(Flow.make("plain", (f) => ({ one: f.node("one", one) })))
    const tags: Array<string> = []
    for await (const { event } of run.events()) tags.push(event._tag)
    expect(tags[0]).toBe("RunStarted")
    expect(tags.at(-1)).toBe("RunCompleted")
    const after = await gathered(run.events({ after: tags.length - 1 }))
    expect(after.map(({ sequence }) => sequence)).toEqual([tags.length])
  })

  it("lets go of a reader who breaks off, and goes on", async () => {
    const { begun, flow, open } = latched()
    const run = await engine().start(flow)
    await begun
    const events = run.events()
    for await (const { event } of events) if (event._tag === "NodeStarted") break
    expect(await events.next()).toEqual({ done: true, value: undefined })
    open()
    expect(await run.result()).toEqual({ latch: { passed: true } })
  })

  it("shows live what actions emit and log, and ends with the run", async () => {
    const { promise: ready, resolve } = Promise.withResolvers<void>()
    const speak = Action.fn("speak", async (_: {}, { emit, log }) => {
      await ready
      emit("a")
      log("said a")
      return {}
    })
    const run = await engine().start(Flow.make("speaking", (f) => ({ speak: f.node("speak", speak) })))
    const seen: Array<string> = []
    const reading = (async () => {
      for await (const message of run.live()) {
        if (message._tag === "Emitted") seen.push(JSON.stringify(message.value))
        if (message._tag === "Logged") seen.push(message.message)
      }
    })()
    await run.report()
    resolve()
    await reading
    expect(seen).toEqual(['"a"', "said a"])
  })

  it("reads nothing that an action emits once the last reader has broken off", async () => {
    let reads = 0
    const costly = {
      get value() {
        return ++reads
      }
    }
    const { promise: over, resolve } = Promise.withResolvers<void>()
    let tell: (value: typeof costly) => void = () => {}
    const speak = Action.fn("speak", async (_: {}, { emit }) => {
      tell = emit
      await over
      return {}
    })
    const run = await engine().start(Flow.make("speaking", (f) => ({ speak: f.node("speak", speak) })))
    for await (const message of run.live({ after: 0 })) {
      if (message._tag === "Recorded" && message.envelope.event._tag === "NodeStarted") break
    }
    tell(costly)
    expect(reads).toBe(0)
    // The same action is read while somebody follows it.
    const first = run.emitted("speak").next()
    await vi.waitFor(() => {
      tell(costly)
      expect(reads).toBeGreaterThan(0)
    })
    expect((await first).value).toMatchObject({ _tag: "Gap" })
    resolve()
    await run.result()
  })

  it("tells what one node emits, value by value with a mark at the end, and ends with the node", async () => {
    const { promise: ready, resolve } = Promise.withResolvers<void>()
    const speak = Action.fn("speak", async (_: {}, { emit }) => {
      await ready
      for (const word of ["a", "b", "c"]) emit(word)
      return {}
    })
    const flow = Flow.make("speaking", (f) => {
      const said = f.node("speak", speak)
      f.node("other", speak)
      return { ask: f.node("ask", ask, {}, { dependsOn: [said] }) }
    })
    const run = await engine().start(flow)
    const reading = gathered(run.emitted("speak"))
    await run.report()
    resolve()
    expect(await reading).toEqual([
      ...["a", "b", "c"].map((value, at) => ({
        _tag: "Emitted",
        nodeId: "speak",
        attempt: 1,
        index: at + 1,
        value
      })),
      { _tag: "EmittedAll", nodeId: "speak", attempt: 1, count: 3 }
    ])
    // The run goes on: it waits for an answer.
    expect((await run.report()).status).toBe("running")
    expect(await gathered(run.emitted("speak"))).toEqual([])
  })

  it("is cancelled when the signal that it was started with is aborted, which reaches a user's fetch", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const { promise: hungUp, resolve: hangUp } = Promise.withResolvers<void>()
    const server = createServer((request) => {
      request.on("close", hangUp)
      resolve()
    }).listen(0)
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const get = Action.fn("get", async ({ url }: { url: string }, { signal }) => ({
      status: (await fetch(url, { signal })).status
    }))
    const flow = Flow.make("getting", (f) => ({
      get: f.node("get", get, { url: `http://127.0.0.1:${port}/` })
    }))
    const controller = new AbortController()
    const run = await engine().start(flow, { signal: controller.signal })
    await asked
    controller.abort(new Error("the user left"))
    await hungUp
    const ended = await rejection(run.result())
    expect(ended.code).toBe("Cancelled")
    expect(ended.message).toContain("the user left")
  })

  it("goes on when only the waiting for it is aborted", async () => {
    const { begun, flow, open } = latched()
    const run = await engine().start(flow)
    await begun
    const controller = new AbortController()
    const waiting = rejection(run.result({ signal: controller.signal }))
    controller.abort()
    expect((await waiting).code).toBe("Aborted")
    open()
    expect(await run.result()).toEqual({ latch: { passed: true } })
  })

  it("is not started with a signal that is aborted already", async () => {
    const dagflow = engine()
    const refused = await rejection(dagflow.start(asking, { id: "never", signal: AbortSignal.abort() }))
    expect(refused.code).toBe("Aborted")
    expect((await rejection(dagflow.report("never"))).code).toBe("RunNotFound")
  })

  it("can be paused, resumed and cancelled", async () => {
    const { begun, flow, open } = latched()
    const run = await engine().start(flow)
    await begun
    await run.pause("lunch")
    open()
    expect((await run.outcome()).status).toBe("paused")
    await run.resume()
    await run.result()
    const second = await engine().start(asking)
    expect((await second.cancel("enough")).status).toBe("cancelled")
    expect((await rejection(second.result())).code).toBe("Cancelled")
  })
})

describe("rejections", () => {
  it("show the place of the call, what failed, where the run stood and what to do next, and nothing of the engine", async () => {
    const error = await rejection(engine().run(failing, { id: "shown" }))
    // As Node shows an error that nobody caught.
    const shown = inspect(error, { customInspect: false })
    expect(shown.split("\n")[1]).toContain(path.basename(import.meta.filename))
    expect(shown).toMatch(/fail \(Thrown, 1 attempt\): RangeError: out of range\n +at .*runs\.test\.ts/)
    expect(shown).toContain("where the run stood")
    expect(shown).toMatch(/next\n {2}Fix the action/)
    expect(shown).not.toContain("effect/")
    expect(shown).not.toContain("makeRunHandle")
  })

  it("show nothing of the engine either when no code of the user's has called", async () => {
    const run = await engine().start(failing)
    // Nobody awaits it, so no stack leads back to here.
    const { promise, resolve } = Promise.withResolvers<DagFlowError>()
    void Promise.resolve({}).then(run.result.bind(run)).then(undefined, resolve)
    const error = await promise
    expect(error.stack).toMatch(
      /^DagFlowError: run ".*" failed: RangeError: out of range\n\nerror\[NodesFailed\]/
    )
    expect(error.stack).toMatch(/next\n {2}Fix the action/)
    expect(error.stack).not.toContain("engineRuntime")
  })

  it("name what is no id of a run", async () => {
    const dagflow = engine()
    const calls: ReadonlyArray<(id: string) => Promise<unknown>> = [
      (id) => dagflow.get(id),
      (id) => dagflow.resume(id),
      (id) => dagflow.report(id),
      (id) => dagflow.exportRun(id),
      (id) => dagflow.attach(id),
      (id) => dagflow.fork(id)
    ]
    for (const call of calls) {
      const { code, message } = await rejection(call(undefined as unknown as string))
      expect([code, message]).toEqual(["InvalidInput", 'run "undefined": a run id is a text, not undefined'])
    }
    const half = await rejection(dagflow.start(asking, { id: "\ud800" }))
    expect([half.code, half.message]).toEqual([
      "InvalidInput",
      expect.stringContaining("half of a surrogate pair")
    ])
    const nothing = await rejection(dagflow.start(undefined as unknown as typeof asking))
    expect(nothing.code).toBe("DefinitionError")
  })

  it("are errors with a code, the typed error as cause, and the user's file in the stack", async () => {
    const run = await engine().start(failing)
    const error = await rejection(run.result())
    expect(error).toBeInstanceOf(DagFlowError)
    expect(error).toBeInstanceOf(Error)
    expect([error.code, error.runId, error.isRetryable]).toEqual(["NodesFailed", run.runId, false])
    expect(error.message).toContain("RangeError: out of range")
    expect(error.stack?.split("\n")[1]).toContain(path.basename(import.meta.filename))
    expect(error.nodes).toMatchObject([{ nodeId: "fail", attempts: 1, error: { tag: "RangeError" } }])
    expect(error.cause).toBeUndefined()
    expect(error.frontier).toMatchObject({ failed: { count: 1, first: ["fail"] } })
  })

  it("of a flow tell every problem and the line that made it", async () => {
    const twice = Flow.make("twice", (f) => {
      f.node("a", one)
      f.node("a", one)
    })
    const error = await rejection(engine().run(twice))
    expect(error.problems).toMatchObject([{ code: "DuplicateNode" }])
    expect(error.problems[0]?.position?.file).toContain("runs.test.ts")
    expect(error.stack).toContain("runs.test.ts")
  })
})

describe("hooks", () => {
  it("of plain functions see events, read the report, and make a run grow", async () => {
    const grow = Hook.make({
      name: "grow",
      on: ["NodeCompleted"],
      handle: async ({ event }, { outputs, report }) => {
        if (event._tag !== "NodeCompleted" || event.nodeId !== "first") return []
        const { nodes } = await report()
        const inputs = { text: { value: `${JSON.stringify(outputs("first"))} of ${nodes.length}` } }
        return [{ _tag: "AddNode", node: { id: "more", action: "say", inputs } }]
      }
    })
    const say = Action.fn("say", async ({ text }: { text: string }) => ({ text }))
    const dagflow = engine({ actions: [say], hooks: [grow] })
    const run = await dagflow.start(Flow.make("growing", (f) => ({ first: f.node("first", one) })))
    await run.result()
    expect((await run.node("more"))?.outputs).toEqual({ text: '{"value":1} of 1' })
  })

  it("asks a person about rounds of growth, with a schema of another library", async () => {
    const grow = Hook.make({
      name: "grow",
      on: ["NodeCompleted"],
      handle: ({ event }) =>
        event._tag === "NodeCompleted" && event.nodeId === "first"
          ? [{ _tag: "AddNode", node: { id: "more", action: "say", inputs: { text: { value: "?" } } } }]
          : []
    })
    const review = Hook.humanReview({
      every: 1,
      name: "editor",
      schema: z.object({ text: z.string().min(1) }),
      onAccept: ({ text }, { nodeIds }) =>
        nodeIds.map((nodeId) => ({ _tag: "SetNodeInputs", nodeId, inputs: { text: { value: text ?? "" } } }))
    })
    const say = Action.fn("say", async ({ text }: { text: string }) => ({ text }))
    const dagflow = engine({ actions: [say], hooks: [grow, review] })
    const run = await dagflow.start(Flow.make("growing", (f) => ({ first: f.node("first", one) })))
    await run.outcome()
    const refused = await rejection(run.answer("editor_1", { text: "" }))
    expect(refused.rejection?._tag).toBe("InvalidInput")
    await run.answer("editor_1", { text: "owls" })
    expect((await run.outcome()).status).toBe("completed")
    expect((await run.node("more"))?.outputs).toEqual({ text: "owls" })
  })
})
