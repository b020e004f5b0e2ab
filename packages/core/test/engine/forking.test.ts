import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import * as Hook from "../../src/hook/Hook.ts"
import { lines } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** Adds two nodes in answer to the completion of `plan`, and one in answer to that of the first of them. */
const grower = Hook.make({
  name: "grower",
  on: ["NodeCompleted"],
  handle: ({ event }) => {
    if (event._tag !== "NodeCompleted") return []
    if (event.nodeId === "plan") {
      return [
        {
          _tag: "AddNodes",
          nodes: [node("g1 ok", ["plan"], { value: "=plan.value" }), node("g2 flaky", [], { failures: 1 })]
        }
      ]
    }
    if (event.nodeId === "g1") return [{ _tag: "AddNode", node: { action: "ok", dependencies: ["g1"] } }]
    return []
  }
})

/** A flow with growth, retries, a failure that is passed over, a failure handler, and a join. */
const spec = flow(
  [
    node("load flaky", [], { failures: 2 }, { retry: { tries: 3, backoff: "immediate" } }),
    node("plan ok", ["load"]),
    node("broken fail", ["load"]),
    node("mourn ok", ["broken"], {}, { trigger: "one_failed" }),
    node("saved fail", ["load"], {}, { failure: "ok" }),
    node("never ok", ["broken"]),
    node("join ok", ["plan", "saved"], { value: "=plan.value" })
  ],
  { onFailure: "continue", maxParallel: 2, retry: { tries: 2, backoff: "immediate" } }
)

const source = (options: TestEngine.TestEngineOptions = {}) =>
  Effect.gen(function* () {
    const script = new Script()
    const engine = yield* TestEngine.open({ script, hooks: [grower], ...options })
    const run = yield* engine.start(spec, { id: "source" })
    yield* Effect.orDie(run.outcome)
    return {
      engine,
      script,
      log: engine.log("source"),
      stored: () => JSON.stringify(engine.data.runs.get("source")?.events)
    }
  })

const ends = (run: RunHandle) =>
  Effect.map(Effect.orDie(run.report), ({ nodes }) =>
    Object.fromEntries(nodes.map(({ nodeId, outputs, status }) => [nodeId, { status, outputs }]))
  )

describe("a fork goes on from a point of another run", () => {
  it.effect(
    "at every event it ends as the other run did, runs what the preview names, and leaves the other run alone",
    () =>
      Effect.gen(function* () {
        const { engine, log, script, stored } = yield* source()
        const before = stored()
        const expected = yield* ends(yield* Effect.orDie(engine.dagflow.resume("source")))
        expect(log.length).toBeGreaterThan(40)
        for (const { sequence: at } of log) {
          const preview = yield* Effect.orDie(engine.dagflow.previewFork("source", { at }))
          const called = script.calls.length
          const fork = yield* Effect.orDie(engine.dagflow.fork("source", { at, id: `fork ${at}` }))
          const report = yield* Effect.orDie(fork.outcome)
          expect(report.status, `fork at ${at}`).toBe("failed")
          const ran = new Set(script.called.slice(called))
          expect([...ran].sort(), `what ran after ${at}`).toEqual([...preview.runs].sort())
          expect(yield* ends(fork), `ends of the fork at ${at}`).toEqual(expected)
          for (const nodeId of preview.kept) expect(ran).not.toContain(nodeId)
          expect(report.fork).toMatchObject({ runId: "source", sequence: preview.at })
        }
        expect(stored()).toBe(before)
      })
  )

  it.effect("an answer of a hook that the cut would tear apart has not been given", () =>
    Effect.gen(function* () {
      const { engine, log } = yield* source()
      const added = log.find(({ event }) => event._tag === "NodesAdded")?.sequence ?? 0
      expect(log[added]?.event._tag).toBe("HookAnswered")
      const preview = yield* Effect.orDie(engine.dagflow.previewFork("source", { at: added }))
      expect(preview.at).toBe(added - 1)
      const fork = yield* Effect.orDie(engine.dagflow.fork("source", { at: added, id: "fork" }))
      yield* Effect.orDie(fork.outcome)
      const growth = engine.log("fork").filter(({ event }) => event._tag === "NodesAdded")
      expect(growth).toHaveLength(2)
    })
  )

  it.effect(
    "a run that was brought to its end is cut anywhere and still ends so, with every node cancelled",
    () =>
      Effect.gen(function* () {
        const script = new Script()
        const engine = yield* TestEngine.open({ script })
        const halting = flow([node("a fail"), ...["b", "c", "d"].map((id) => node(`${id} ok`, ["a"]))])
        const run = yield* engine.start(halting, { id: "source" })
        yield* Effect.orDie(run.outcome)
        const log = engine.log("source")
        const halted = log.find(({ event }) => event._tag === "RunInterrupted")?.sequence ?? 0
        for (const { sequence: at } of log.filter(({ sequence }) => sequence >= halted)) {
          const called = script.calls.length
          const fork = yield* Effect.orDie(engine.dagflow.fork("source", { at }))
          expect((yield* Effect.orDie(fork.outcome)).totals.byStatus).toMatchObject({
            failed: 1,
            cancelled: 3
          })
          expect(script.calls).toHaveLength(called)
        }
      })
  )

  it.effect("an event that there is none of, an unknown run and a known id are refused by type", () =>
    Effect.gen(function* () {
      const { engine, log } = yield* source()
      for (const at of [0, 1.5, -1, log.length + 1, NaN]) {
        const reason = yield* TestEngine.reasonOf(engine.dagflow.fork("source", { at }))
        expect(reason).toMatchObject({
          _tag: "InvalidInput",
          message: expect.stringContaining(`1 to ${log.length}`)
        })
      }
      expect(yield* TestEngine.reasonOf(engine.dagflow.fork("nobody"))).toEqual({ _tag: "RunNotFound" })
      expect(yield* TestEngine.reasonOf(engine.dagflow.fork("source", { id: "source" }))).toEqual({
        _tag: "RunExists"
      })
    })
  )

  it.effect("the time-out of a run counts anew from the fork", () =>
    Effect.gen(function* () {
      const script = new Script()
      const engine = yield* TestEngine.open({ script })
      const limited = flow([node("a ok"), node("b hold", ["a"])], { timeoutMillis: 60_000 })
      const run = yield* engine.start(limited, { id: "source" })
      script.release("b")
      yield* Effect.orDie(run.outcome)
      yield* TestClock.adjust("1 hour")
      const at = engine.log("source").find(({ event }) => event._tag === "NodeCompleted")?.sequence ?? 0
      const fork = yield* Effect.orDie(engine.dagflow.fork("source", { at }))
      expect((yield* Effect.orDie(fork.outcome)).status).toBe("completed")
    })
  )
})

describe("row 147: a node runs again with what depends on it", () => {
  const chainSpec = flow([
    node("a ok", [], { value: 1 }),
    node("b ok", ["a"], { value: "=a.value" }),
    node("c ok", ["b"], { value: "=b.value" }),
    node("beside ok", [], { value: 5 }),
    node("d ok", ["c", "beside"], { value: "=c.value" })
  ])

  const chained = Effect.gen(function* () {
    const script = new Script()
    const engine = yield* TestEngine.open({ script })
    yield* Effect.orDie((yield* engine.start(chainSpec, { id: "source" })).outcome)
    return { engine, script }
  })

  it.effect("only descendants run again, and the preview names them", () =>
    Effect.gen(function* () {
      const { engine, script } = yield* chained
      const preview = yield* Effect.orDie(engine.dagflow.previewRerun("source", "b"))
      expect(preview).toMatchObject({ kept: ["a", "beside"], runs: ["b", "c", "d"], grows: [], skips: [] })
      const called = script.calls.length
      const run = yield* Effect.orDie(engine.dagflow.rerunFrom("source", "b", { id: "again" }))
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
      expect(script.called.slice(called)).toEqual(["b", "c", "d"])
      expect(script.calls.at(-1)?.key).toBe("again/d")
      expect((yield* Effect.orDie(run.report)).fork).toMatchObject({
        runId: "source",
        rerun: ["b", "c", "d"]
      })
    })
  )

  it.effect("with edited outputs the node itself does not run, and what follows sees them", () =>
    Effect.gen(function* () {
      const { engine, script } = yield* chained
      const edit = { outputs: { value: 42 } }
      expect((yield* Effect.orDie(engine.dagflow.previewRerun("source", "b", edit))).runs).toEqual(["c", "d"])
      const called = script.calls.length
      const run = yield* Effect.orDie(engine.dagflow.rerunFrom("source", "b", edit))
      yield* Effect.orDie(run.outcome)
      expect(script.called.slice(called)).toEqual(["c", "d"])
      expect(yield* Effect.orDie(run.node("b"))).toMatchObject({ outputs: { value: 42 }, edited: true })
      expect(yield* Effect.orDie(run.node("d"))).toMatchObject({ outputs: { value: 42 } })
    })
  )

  it.effect("a halted run goes on from its failure, with the nodes that were cancelled for it", () =>
    Effect.gen(function* () {
      let isMended = false
      const mend = Action.fn("mend", () => {
        if (!isMended) throw new Error("not yet")
        return { value: 1 }
      })
      const script = new Script()
      const engine = yield* TestEngine.open({ script, actions: [mend] })
      const halting = flow([
        node("a ok"),
        node("b mend", ["a"]),
        node("c ok", ["b"]),
        node("slow hold", ["a"]),
        node("after ok", ["slow"])
      ])
      const run = yield* engine.start(halting, { id: "source" })
      expect((yield* Effect.orDie(run.outcome)).status).toBe("failed")
      isMended = true
      const preview = yield* Effect.orDie(engine.dagflow.previewRerun("source", "b"))
      expect(preview).toMatchObject({ kept: ["a"], runs: ["b", "c", "slow", "after"] })
      const again = yield* Effect.orDie(engine.dagflow.rerunFrom("source", "b"))
      script.release("slow")
      expect((yield* Effect.orDie(again.outcome)).status).toBe("completed")
      expect(script.count("a")).toBe(1)
    })
  )

  it.effect("outputs can be given for a node that failed", () =>
    Effect.gen(function* () {
      const script = new Script()
      const engine = yield* TestEngine.open({ script })
      const failing = flow([node("a fail"), node("b ok", ["a"], { value: "=a.value" })])
      yield* Effect.orDie((yield* engine.start(failing, { id: "source" })).outcome)
      const run = yield* Effect.orDie(
        engine.dagflow.rerunFrom("source", "a", { outputs: { value: "by hand" } })
      )
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
      expect(yield* Effect.orDie(run.node("b"))).toMatchObject({ outputs: { value: "by hand" } })
      expect(script.called).toEqual(["a", "b"])
    })
  )

  it.effect(
    "every node of a run that has grown can run again: what a hook added for it is added again, once",
    () =>
      Effect.gen(function* () {
        const { engine, script, stored } = yield* source()
        const before = stored()
        const expected = yield* ends(yield* Effect.orDie(engine.dagflow.resume("source")))
        for (const nodeId of Object.keys(expected)) {
          const preview = yield* Effect.orDie(engine.dagflow.previewRerun("source", nodeId))
          const called = script.calls.length
          const run = yield* Effect.orDie(engine.dagflow.rerunFrom("source", nodeId))
          yield* Effect.orDie(run.outcome)
          expect(yield* ends(run), `after ${nodeId}`).toEqual(expected)
          const ran = [...new Set(script.called.slice(called))]
          // What is assumed to succeed this time fails again, and so decides otherwise about what follows it.
          if (nodeId !== "broken" && nodeId !== "load")
            expect(ran.sort(), nodeId).toEqual([...preview.runs].sort())
        }
        const preview = yield* Effect.orDie(engine.dagflow.previewRerun("source", "plan"))
        expect(preview.grows).toEqual(["g1", "g2", "ok_1"])
        expect(stored()).toBe(before)
      })
  )

  it.effect("edited outputs are shown to hooks again, and what they had added for the old ones is gone", () =>
    Effect.gen(function* () {
      const { engine } = yield* source()
      const run = yield* Effect.orDie(
        engine.dagflow.rerunFrom("source", "plan", { outputs: { value: "new" }, id: "edited" })
      )
      yield* Effect.orDie(run.outcome)
      expect(yield* Effect.orDie(run.node("g1"))).toMatchObject({ outputs: { value: "new" } })
      const story = lines(engine.log("edited"))
      expect(story.filter((one) => one.startsWith("adds g1"))).toHaveLength(1)
    })
  )

  it.effect("whatever a hook had commanded in answer to what runs again is commanded again, once", () =>
    Effect.gen(function* () {
      const teller = Hook.make({
        name: "teller",
        on: ["NodeCompleted"],
        handle: ({ event }) =>
          event._tag === "NodeCompleted" && event.nodeId === "b"
            ? [
                { _tag: "EmitEvent", name: "seen", payload: event.outputs },
                {
                  _tag: "SetNodeInputs",
                  nodeId: "c",
                  inputs: { value: { value: event.outputs["value"] ?? null } }
                }
              ]
            : []
      })
      const engine = yield* TestEngine.open({ hooks: [teller] })
      yield* Effect.orDie((yield* engine.start(chainSpec, { id: "source" })).outcome)
      const edit = { outputs: { value: 42 }, id: "edited" }
      const run = yield* Effect.orDie(engine.dagflow.rerunFrom("source", "b", edit))
      yield* Effect.orDie(run.outcome)
      const told = engine
        .log("edited")
        .flatMap(({ event }) => (event._tag === "EventEmitted" ? [event.payload] : []))
      expect(told).toEqual([{ value: 42 }])
      expect(yield* Effect.orDie(run.node("d"))).toMatchObject({ outputs: { value: 42 } })
    })
  )

  it.effect("an unknown node, outputs of a node without an end and outputs that do not fit are refused", () =>
    Effect.gen(function* () {
      const typed = Action.fn("typed", () => ({ count: 1 }))
      const script = new Script()
      const engine = yield* TestEngine.open({ script, actions: [typed] })
      yield* Effect.orDie(
        (yield* engine.start(flow([node("a fail"), node("b ok", ["a"])]), { id: "source" })).outcome
      )
      const refused = (nodeId: string, outputs?: never) =>
        TestEngine.reasonOf(
          engine.dagflow.rerunFrom("source", nodeId, outputs === undefined ? {} : { outputs })
        )
      expect(yield* refused("aa")).toMatchObject({ message: expect.stringContaining('did you mean "a"?') })
      expect(yield* refused("b", {} as never)).toMatchObject({
        message: expect.stringContaining("is cancelled")
      })
      expect(yield* refused("a", { f: () => 1 } as never)).toMatchObject({ _tag: "InvalidInput" })
      expect(yield* refused("a", { big: { $artifact: "x" } } as never)).toMatchObject({
        message: expect.stringContaining("$artifact")
      })
    })
  )
})

describe("R20: a fork checks the actions of what it will run", () => {
  const version = (text: string) => Action.fn("versioned", () => ({ text }), { version: text })

  const forkable = Effect.gen(function* () {
    const data = new MemoryStoreData()
    const first = yield* TestEngine.open({ data, actions: [version("1")] })
    const run = yield* first.start(flow([node("a ok"), node("b versioned", ["a"])]), { id: "source" })
    yield* Effect.orDie(run.outcome)
    return data
  })

  it.effect("another version is refused with both, in the preview too, unless it is allowed by name", () =>
    Effect.gen(function* () {
      const data = yield* forkable
      const second = yield* TestEngine.open({ data, actions: [version("2")] })
      const diff = {
        _tag: "ActionsMissing",
        missing: [],
        changed: [{ action: "versioned", recorded: "1", registered: "2" }]
      }
      expect(yield* TestEngine.reasonOf(second.dagflow.rerunFrom("source", "a"))).toEqual(diff)
      expect((yield* Effect.orDie(second.dagflow.previewRerun("source", "a"))).refused).toEqual(diff)
      expect(data.runs.size).toBe(1)
      const allowed = { allowChanged: ["versioned"], id: "fork" }
      const run = yield* Effect.orDie(second.dagflow.rerunFrom("source", "a", allowed))
      yield* Effect.orDie(run.outcome)
      expect(yield* Effect.orDie(run.node("b"))).toMatchObject({ outputs: { text: "2" } })
      // It records the version that it goes on with, so that nobody has to allow it again.
      const again = yield* Effect.orDie(second.dagflow.rerunFrom("fork", "a"))
      expect((yield* Effect.orDie(again.outcome)).status).toBe("completed")
    })
  )

  it.effect("a missing one is refused by name; once it is allowed, its node fails", () =>
    Effect.gen(function* () {
      const data = yield* forkable
      const second = yield* TestEngine.open({ data })
      const diff = { _tag: "ActionsMissing", missing: ["versioned"], changed: [] }
      expect(yield* TestEngine.reasonOf(second.dagflow.rerunFrom("source", "b"))).toEqual(diff)
      const run = yield* Effect.orDie(
        second.dagflow.rerunFrom("source", "b", { allowChanged: ["versioned"] })
      )
      yield* Effect.orDie(run.outcome)
      expect(yield* Effect.orDie(run.node("b"))).toMatchObject({
        status: "failed",
        error: { cause: "UnknownAction" }
      })
    })
  )

  it.effect("what has ended needs no action", () =>
    Effect.gen(function* () {
      const data = yield* forkable
      const second = yield* TestEngine.open({ data })
      const at = second.log("source").length
      expect((yield* Effect.orDie(second.dagflow.previewFork("source", { at }))).refused).toBeUndefined()
      const fork = yield* Effect.orDie(second.dagflow.fork("source", { at, id: "copy" }))
      expect((yield* Effect.orDie(fork.outcome)).status).toBe("completed")
      yield* second.close
      expect(data.runs.get("copy")).toMatchObject({ owner: undefined, status: "completed" })
    })
  )
})
