import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Action from "../../src/action/Action.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

describe("R20: a process checks its actions before it claims a run", () => {
  const version = (text: string) => Action.fn("versioned", () => ({ text }), { version: text })
  const spec = flow([node("a hold"), node("b versioned", ["a"])])
  const started = (actions: ReadonlyArray<Action.Any<never>>) =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script, actions })
      yield* TestEngine.awaitNode(yield* first.start(spec), "NodeStarted", "a")
      yield* first.close
      return { data, script }
    })

  it.effect("a missing action is ActionsMissing, and nothing is claimed", () =>
    Effect.gen(function* () {
      const { data, script } = yield* started([version("1")])
      const second = yield* TestEngine.open({ data, script })
      expect(yield* TestEngine.reasonOf(second.dagflow.resume("run"))).toEqual({
        _tag: "ActionsMissing",
        missing: ["versioned"],
        changed: []
      })
      expect(data.runs.get("run")).toMatchObject({ epoch: 1, owner: undefined })
    })
  )

  it.effect("another version is refused with both, unless it is allowed by name", () =>
    Effect.gen(function* () {
      const { data, script } = yield* started([version("1")])
      const second = yield* TestEngine.open({ data, script, actions: [version("2")] })
      expect(yield* TestEngine.reasonOf(second.dagflow.resume("run"))).toEqual({
        _tag: "ActionsMissing",
        missing: [],
        changed: [{ action: "versioned", recorded: "1", registered: "2" }]
      })
      const run = yield* Effect.orDie(second.dagflow.resume("run", { allowChanged: ["versioned"] }))
      script.release("a")
      yield* run.outcome
      expect((yield* run.node("b"))?.outputs).toEqual({ text: "2" })
    })
  )

  it.effect("an action that only finished nodes used may be missing", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const once = Action.fn("once", () => ({}), { version: "1" })
      const first = yield* TestEngine.open({ data, script, actions: [once] })
      const run = yield* first.start(flow([node("a once"), node("b hold", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "b")
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      script.release("b")
      expect((yield* resumed.outcome).status).toBe("completed")
    })
  )

  it.effect("the version of an action that a node was added with counts too", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script, actions: [version("1")] })
      const run = yield* first.start(flow([node("a hold")]))
      yield* run.send({ _tag: "AddNode", node: { id: "b", action: "versioned", dependencies: ["a"] } })
      yield* first.close
      const changed = yield* TestEngine.open({ data, script, actions: [version("2")] })
      expect(yield* TestEngine.reasonOf(changed.dagflow.resume("run"))).toMatchObject({
        changed: [{ action: "versioned", recorded: "1", registered: "2" }]
      })
      const same = yield* TestEngine.open({ data, script, actions: [version("1")] })
      const resumed = yield* Effect.orDie(same.dagflow.resume("run"))
      script.release("a")
      expect((yield* resumed.outcome).status).toBe("completed")
    })
  )
})

describe("recover", () => {
  it.effect("takes up every unfinished run that nobody owns and whose actions are here", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const rare = Action.fn("rare", () => ({}))
      const first = yield* TestEngine.open({ data, script, actions: [rare] })
      yield* Effect.forEach(["r1", "r2"], (id) => first.start(flow([node("a hold")]), { id }))
      yield* first.start(flow([node("a hold"), node("z rare", ["a"])]), { id: "foreign" })
      const paused = yield* first.start(flow([node("a ok"), node("b ok", ["a"])]), { id: "paused" })
      yield* paused.pause()
      yield* (yield* first.start(flow([node("x ok")]), { id: "over" })).outcome
      yield* first.close
      const living = yield* TestEngine.open({ data, script })
      const alive = yield* living.start(flow([node("c hold")]), { id: "alive" })
      yield* TestEngine.awaitNode(alive, "NodeStarted", "c")
      const second = yield* TestEngine.open({ data, script })
      const handles = yield* Effect.orDie(second.dagflow.recover)
      expect(handles.map((run) => run.runId).sort()).toEqual(["paused", "r1", "r2"])
      expect(yield* Effect.orDie(second.dagflow.recover)).toEqual([])
      script.release("a")
      script.release("c")
      yield* Effect.forEach(handles, (run) => run.outcome)
      yield* alive.outcome
    })
  )

  it.effect("a run whose log cannot be read does not keep the others from being taken up", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script, isUnchecked: true })
      yield* Effect.forEach(["r1", "r2", "r3"], (id) => first.start(flow([node("a hold")]), { id }))
      yield* first.close
      const broken = data.runs.get("r2")?.events[0]
      if (broken !== undefined) Object.assign(broken, { event: "{" })
      const second = yield* TestEngine.open({ data, script, isUnchecked: true })
      const handles = yield* Effect.orDie(second.dagflow.recover)
      expect(handles.map((run) => run.runId).sort()).toEqual(["r1", "r3"])
      expect(yield* TestEngine.reasonOf(second.dagflow.resume("r2"))).toMatchObject({
        _tag: "StoreFailed",
        reason: { _tag: "Corrupt" }
      })
      script.release("a")
      yield* Effect.forEach(handles, (run) => run.outcome)
    })
  )
})
