import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import { StoreDriver } from "@dagflow/protocol"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import { DagFlow } from "../../src/engine/DagFlow.ts"
import * as Hook from "../../src/hook/Hook.ts"
import * as Flow from "../../src/plan/Flow.ts"

const double = Action.make("double", {
  input: Schema.Struct({ n: Schema.Int }),
  output: Schema.Struct({ n: Schema.Int }),
  run: ({ n }) => Promise.resolve({ n: n * 2 })
})

const doubled = Flow.make("doubled", { inputs: { n: Schema.Int } }, (f) => {
  const once = f.node("once", double, { n: f.inputs.n })
  return { twice: f.node("twice", double, { n: once.out.n }) }
})

describe("DagFlow.runPromise", () => {
  it("runs a flow to its end and gives what it returns", async () => {
    expect(await DagFlow.runPromise(doubled, { store: MemoryStore.layer, input: { n: 3 } })).toEqual({
      twice: { n: 12 }
    })
  })

  it("gives the same outputs again under the same id, without running again", async () => {
    const store = MemoryStore.layerOf(new MemoryStoreData())
    let calls = 0
    const count = Action.fn("count", () => ({ calls: ++calls }))
    const flow = Flow.make("counted", (f) => ({ counted: f.node("counted", count) }))
    const first = await DagFlow.runPromise(flow, { store, id: "run" })
    expect(await DagFlow.runPromise(flow, { store, id: "run" })).toEqual(first)
    expect(calls).toBe(1)
  })

  it("rejects with the typed error itself", async () => {
    const boom = Action.fn("boom", () => Promise.reject(new Error("no")))
    const flow = Flow.make("failing", (f) => void f.node("a", boom))
    await expect(DagFlow.runPromise(flow, { store: MemoryStore.layer })).rejects.toMatchObject({
      _tag: "RunError",
      reason: { _tag: "NodesFailed", nodes: [{ nodeId: "a" }] }
    })
    await expect(
      DagFlow.runPromise(doubled, { store: MemoryStore.layer, input: { n: 0.5 } })
    ).rejects.toMatchObject({
      reason: { _tag: "InvalidInput" }
    })
  })

  it("rejects with a stack that begins where it was called, and prints what failed and what to do instead of its inside", async () => {
    const boom = Action.fn("boom", () => Promise.reject(new TypeError("no rows")))
    const flow = Flow.make("failing", (f) => void f.node("a", boom))
    const error: unknown = await DagFlow.runPromise(flow, { store: MemoryStore.layer, id: "r1" }).catch(
      (reason: unknown) => reason
    )
    const [first, call] = (error as Error).stack?.split("\n") ?? []
    expect(first).toBe('RunError: run "r1": node "a" failed: TypeError: no rows')
    expect(call).toContain("runPromise.test.ts")
    // As Node shows an error that nobody caught.
    const printed = inspect(error, { customInspect: false })
    expect(printed).toContain('\n\nerror[NodesFailed]: run "r1": node "a" failed\n')
    expect(printed).toContain("Fix the action where its stack points")
    expect(printed).not.toContain("makeRunHandle")
    expect(printed).toMatch(/\{\s+_tag: 'RunError',\s+runId: 'r1'\s+\}$/)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ reason: { _tag: "NodesFailed" } })
  })

  it("gives a run up when its signal is aborted, and goes on when it is called again", async () => {
    const data = new MemoryStoreData()
    const store = MemoryStore.layerOf(data)
    const controller = new AbortController()
    let isReady = false
    const wait = Action.fn("wait", (_: {}, { signal }) => {
      if (isReady) return { done: true }
      controller.abort()
      return new Promise<{ done: boolean }>((_resolve, reject) => signal.addEventListener("abort", reject))
    })
    const flow = Flow.make("waiting", (f) => ({ waited: f.node("waited", wait) }))
    await expect(
      DagFlow.runPromise(flow, { store, id: "run", signal: controller.signal })
    ).rejects.toBeDefined()
    expect(data.runs.get("run")).toMatchObject({ owner: undefined, status: "running" })
    isReady = true
    expect(await DagFlow.runPromise(flow, { store, id: "run" })).toEqual({ waited: { done: true } })
  })

  it("takes hooks, and actions that they add nodes with", async () => {
    const seen: Array<number> = []
    const late = Action.fn("late", ({ n }: { n: number }) => void seen.push(n))
    const hook = Hook.make({
      name: "h",
      on: ["NodeCompleted"],
      handle: ({ event }) =>
        event._tag === "NodeCompleted" && event.nodeId === "twice"
          ? [{ _tag: "AddNode", node: { action: "late", inputs: { n: { ref: "twice.n" } } } }]
          : []
    })
    await DagFlow.runPromise(doubled, {
      store: MemoryStore.layer,
      input: { n: 1 },
      hooks: [hook],
      actions: [late]
    })
    expect(seen).toEqual([4])
  })

  it("refuses settings that make no sense, by a rejection that names them", async () => {
    const settings = [
      [{ maxParallel: 0 }, "maxParallel"],
      [{ inboxCapacity: 0 }, "inboxCapacity"],
      [{ hookConcurrency: Number.NaN }, "hookConcurrency"],
      [{ lease: 50 }, "lease"]
    ] as const
    for (const [setting, name] of settings) {
      const run = DagFlow.runPromise(doubled, { store: MemoryStore.layer, input: { n: 1 }, ...setting })
      await expect(run).rejects.toThrow(name)
    }
  })

  it("closes its store when it is done", async () => {
    let isOpen = false
    const store = Layer.effect(
      StoreDriver,
      Effect.acquireRelease(
        Effect.sync(() => {
          isOpen = true
          return MemoryStore.make()
        }),
        () => Effect.sync(() => void (isOpen = false))
      )
    )
    await DagFlow.runPromise(doubled, { store, input: { n: 1 } })
    expect(isOpen).toBe(false)
  })
})
