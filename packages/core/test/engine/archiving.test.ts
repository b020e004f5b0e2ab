import { describe, expect, it } from "@effect/vitest"
import { RunArchive, RunDelta } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const large = Action.fn("large", ({ size }: { size: number }) => ({ text: "x".repeat(size) }))

const spec = flow([node("a large", [], { size: 5_000 }), node("b ok", ["a"], { value: "=a.text" })], {
  artifactBytesMin: 1_000
})

const recorded = (size = 5_000) =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open({ actions: [large] })
    const run = yield* engine.start(
      { ...spec, nodes: spec.nodes.map((one) => (one.id === "a" ? node("a large", [], { size }) : one)) },
      { id: "source" }
    )
    yield* Effect.orDie(run.outcome)
    return engine
  })

describe("row 96: a run is one JSON document, and the other way round", () => {
  it.effect("what is imported equals what was exported, event for event, with its large outputs", () =>
    Effect.gen(function* () {
      const first = yield* recorded()
      const document = JSON.stringify(yield* Effect.orDie(first.dagflow.exportRun("source")))
      const second = yield* TestEngine.open({ actions: [large] })
      expect(yield* Effect.orDie(second.dagflow.importRun(JSON.parse(document)))).toBe("source")
      expect(second.log("source")).toEqual(first.log("source"))
      expect(second.data.artifacts).toEqual(first.data.artifacts)
      expect(second.data.runs.get("source")).toMatchObject({ owner: undefined, status: "completed" })
      expect(yield* Effect.orDie(second.dagflow.exportRun("source"))).toEqual(JSON.parse(document))
      const run = yield* Effect.orDie(second.dagflow.resume("source"))
      expect(yield* Effect.orDie(run.outputs)).toEqual({ b: { value: "x".repeat(5_000) } })
    })
  )

  it.effect("a run that has not ended goes on where it is imported, under another id too", () =>
    Effect.gen(function* () {
      const first = yield* TestEngine.open()
      const waiting = yield* first.start(flow([node("a ok"), node("b hold", ["a"]), node("c ok", ["b"])]), {
        id: "source"
      })
      yield* TestEngine.awaitNode(waiting, "NodeStarted", "b")
      yield* Effect.orDie(first.dagflow.exportRun("source"))
      yield* first.close
      // Taken up once more, so that its epoch is not the first any more.
      const again = yield* TestEngine.open({ data: first.data, script: new Script() })
      yield* TestEngine.awaitNode(yield* Effect.orDie(again.dagflow.resume("source")), "NodeStarted", "b", 2)
      const document = yield* Effect.orDie(again.dagflow.exportRun("source"))
      const second = yield* TestEngine.open()
      expect(yield* Effect.orDie(second.dagflow.importRun(document, { id: "copy" }))).toBe("copy")
      const run = yield* Effect.orDie(second.dagflow.resume("copy"))
      second.script.release("b")
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
      expect(second.script.called).toEqual(["b", "c"])
    })
  )

  it.effect("a child run is found below its parent where it is imported, and a copy of it is not", () =>
    Effect.gen(function* () {
      const first = yield* TestEngine.open()
      const inner = flow([node("work ok")], {}, { name: "inner", tags: ["nightly"] })
      yield* first.runToEnd(flow([subFlow("a", inner)]), { id: "source" })
      const document = yield* Effect.orDie(first.dagflow.exportRun("source/a/1"))
      const second = yield* TestEngine.open()
      yield* Effect.orDie(second.dagflow.importRun(document))
      yield* Effect.orDie(second.dagflow.importRun(document, { id: "copy" }))
      const listed = (tag: string) =>
        Effect.map(Effect.orDie(second.dagflow.list({ tags: [tag] })), ({ runs }) =>
          runs.map(({ runId }) => runId).toSorted()
        )
      expect(yield* listed("parent:source")).toEqual(["source/a/1"])
      expect(yield* listed("nightly")).toEqual(["copy", "source/a/1"])
    })
  )

  it.effect("what came after any event, added to the export that ended there, is the whole export", () =>
    Effect.gen(function* () {
      const { dagflow } = yield* recorded()
      const whole = yield* Effect.orDie(dagflow.exportRun("source"))
      for (let after = 0; after <= whole.events.length; after++) {
        const events = whole.events.slice(0, after)
        const known = RunArchive.artifactsOf(events).map((hash) => [hash, whole.artifacts[hash] ?? ""])
        const base = { ...whole, events, artifacts: Object.fromEntries(known) }
        const delta = yield* Effect.orDie(dagflow.exportDelta("source", after))
        const sent = JSON.parse(JSON.stringify(delta)) as unknown
        expect(Result.getOrThrow(RunDelta.apply(base, sent))).toEqual(whole)
      }
    })
  )

  it.effect("a later part that belongs to another run or place, or is damaged, is refused", () =>
    Effect.gen(function* () {
      const { dagflow } = yield* recorded()
      const whole = yield* Effect.orDie(dagflow.exportRun("source"))
      const delta = yield* Effect.orDie(dagflow.exportDelta("source", 2))
      const base = { ...whole, events: whole.events.slice(0, 2), artifacts: {} }
      const refusals: ReadonlyArray<readonly [unknown, string]> = [
        [{ ...delta, runId: "other" }, 'it is a part of run "other" and not of "source"'],
        [{ ...delta, after: 1 }, "it begins after event 1, and the export ends with 2"],
        [{ ...delta, events: delta.events.slice(1) }, "event 4 stands where 3 belongs"],
        [{ ...delta, artifacts: {} }, "is missing"],
        [whole, "this is no later part of an export"]
      ]
      for (const [given, message] of refusals) {
        const result = RunDelta.apply(base, given)
        expect(Result.isFailure(result) ? result.failure : "").toContain(message)
      }
      for (const after of [-1, 0.5, whole.events.length + 1]) {
        const error = yield* Effect.flip(dagflow.exportDelta("source", after))
        expect(error.reason._tag).toBe("InvalidInput")
      }
      const unknown = yield* Effect.flip(dagflow.exportDelta("nothing", 0))
      expect(unknown.reason._tag).toBe("RunNotFound")
    })
  )

  it.effect("a document that is none, is damaged or breaks the rules is refused, and a known id too", () =>
    Effect.gen(function* () {
      const engine = yield* recorded()
      const good = yield* Effect.orDie(engine.dagflow.exportRun("source"))
      const { events } = good
      const [hash = ""] = Object.keys(good.artifacts)
      const wrong: ReadonlyArray<readonly [unknown, string]> = [
        [null, "no export of a run"],
        [{ ...good, format: "zip" }, "no export of a run"],
        [{ ...good, version: 2 }, "no export of a run"],
        [{ ...good, events: [] }, "no events"],
        [{ ...good, events: events.slice(1) }, "stands where 1 belongs"],
        [{ ...good, events: [...events.slice(0, 3), ...events.slice(4)] }, "stands where 4 belongs"],
        [{ ...good, runId: "other" }, 'is of run "source"'],
        [{ ...good, artifacts: {} }, `artifact ${hash} is missing`],
        [{ ...good, artifacts: { [hash]: '"other"' } }, "is not what was hashed"],
        [
          {
            ...good,
            events: events.map((one, at) => (at === 3 ? { ...one, event: events[2]?.event } : one))
          },
          "breaks the rules"
        ]
      ]
      for (const [document, message] of wrong) {
        const reason = yield* TestEngine.reasonOf(engine.dagflow.importRun(document, { id: "copy" }))
        expect(reason).toMatchObject({ _tag: "InvalidInput", message: expect.stringContaining(message) })
      }
      expect([...engine.data.runs.keys()]).toEqual(["source"])
      expect(yield* TestEngine.reasonOf(engine.dagflow.importRun(good))).toEqual({ _tag: "RunExists" })
      expect(yield* TestEngine.reasonOf(engine.dagflow.exportRun("nobody"))).toEqual({ _tag: "RunNotFound" })
    })
  )

  it.effect("a run whose large output is gone cannot be exported in silence", () =>
    Effect.gen(function* () {
      const engine = yield* recorded()
      engine.data.artifacts.clear()
      expect(yield* TestEngine.reasonOf(engine.dagflow.exportRun("source"))).toMatchObject({
        _tag: "StoreFailed",
        reason: { _tag: "Corrupt" }
      })
    })
  )
})

describe("row 159: two runs are compared", () => {
  it.effect(
    "runs of one flow are equal, whatever their ids, times and owners; so is the import of an export",
    () =>
      Effect.gen(function* () {
        const engine = yield* recorded()
        yield* TestClock.adjust("1 hour")
        const again = yield* engine.start(spec, { id: "again", seed: 2 })
        yield* Effect.orDie(again.outcome)
        const same = { isEqual: true, nodes: [] }
        expect(yield* Effect.orDie(engine.dagflow.compare("source", "again"))).toEqual(same)
        const document: RunArchive.RunArchive = yield* Effect.orDie(engine.dagflow.exportRun("source"))
        yield* Effect.orDie(engine.dagflow.importRun(document, { id: "imported" }))
        expect(yield* Effect.orDie(engine.dagflow.compare("source", "imported"))).toEqual(same)
      })
  )

  it.effect(
    "the first difference is named with its events, its place and both values, and every node that differs",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const of = (value: number, id: string) =>
          Effect.gen(function* () {
            const nodes = [
              node("a ok", [], { value: "=inputs.x" }),
              node("b ok", ["a"], { value: "=a.value" }),
              node("c ok")
            ]
            const run = yield* engine.start(flow(nodes), { id, input: { x: value } })
            yield* Effect.orDie(run.outcome)
          })
        yield* of(1, "left")
        yield* of(2, "right")
        expect(yield* Effect.orDie(engine.dagflow.compare("left", "right"))).toEqual({
          isEqual: false,
          first: {
            path: ["inputs", "x"],
            left: { sequence: 1, event: "RunStarted", value: 1 },
            right: { sequence: 1, event: "RunStarted", value: 2 }
          },
          nodes: [
            { nodeId: "a", what: "outputs", left: { value: 1 }, right: { value: 2 } },
            { nodeId: "b", what: "outputs", left: { value: 1 }, right: { value: 2 } }
          ]
        })
      })
  )

  it.effect("a fork differs from its source at the first event that went otherwise", () =>
    Effect.gen(function* () {
      const engine = yield* recorded()
      const edit = { outputs: { text: "short" }, id: "edited" }
      yield* Effect.orDie((yield* Effect.orDie(engine.dagflow.rerunFrom("source", "a", edit))).outcome)
      const { first, nodes } = yield* Effect.orDie(engine.dagflow.compare("source", "edited"))
      expect(first).toMatchObject({
        path: ["outputs", "text"],
        left: { sequence: 4, event: "NodeCompleted" },
        right: { sequence: 4, event: "NodeCompleted", value: "short" }
      })
      expect(nodes.map(({ nodeId, what }) => [nodeId, what])).toEqual([
        ["a", "outputs"],
        ["b", "outputs"]
      ])
    })
  )

  it.effect("a log that ends earlier differs there, and a node that only one of them has is named", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      yield* Effect.orDie((yield* engine.start(flow([node("a ok")]), { id: "left" })).outcome)
      const paused = yield* engine.start(flow([node("a ok"), node("b fail")]), { id: "right" })
      yield* Effect.orDie(paused.outcome)
      const { isEqual, nodes } = yield* Effect.orDie(engine.dagflow.compare("left", "right"))
      expect(isEqual).toBe(false)
      expect(nodes).toEqual([{ nodeId: "b", what: "presence", left: false, right: true }])
      const begun = yield* engine.start(flow([node("a ok"), node("b fail")]), { id: "begun" })
      yield* Effect.orDie(begun.outcome)
      const at = engine.log("begun").length - 1
      const document = yield* Effect.orDie(engine.dagflow.exportRun("begun"))
      const cut = { ...document, events: document.events.slice(0, at) }
      yield* Effect.orDie(engine.dagflow.importRun(cut, { id: "cut" }))
      const difference = yield* Effect.orDie(engine.dagflow.compare("begun", "cut"))
      expect(difference.first).toEqual({
        path: [],
        left: { sequence: at + 1, event: "RunFailed" },
        right: {}
      })
    })
  )
})

describe("pruning", () => {
  it.effect("runs that ended longer ago go, after a dry run that names them; others stay", () =>
    Effect.gen(function* () {
      const engine = yield* recorded()
      const held = yield* engine.start(flow([node("a hold")]), { id: "unfinished" })
      yield* TestClock.adjust("1 hour")
      yield* Effect.orDie((yield* engine.start(flow([node("a ok")]), { id: "young" })).outcome)
      const gone = { runIds: ["source"], eventCount: 8, artifactCount: 1, cachedCount: 0 }
      const olderThan = "59 minutes"
      expect(yield* Effect.orDie(engine.dagflow.prune({ olderThan, dryRun: true }))).toEqual(gone)
      expect(engine.data.runs.size).toBe(3)
      expect(yield* Effect.orDie(engine.dagflow.prune({ olderThan }))).toEqual(gone)
      expect([...engine.data.runs.keys()]).toEqual(["unfinished", "young"])
      engine.script.release("a")
      expect((yield* Effect.orDie(held.outcome)).status).toBe("completed")
    })
  )

  it.effect("many runs go some at a time, and a limit holds over all of them", () =>
    Effect.gen(function* () {
      const sizes: Array<number> = []
      const engine = yield* TestEngine.open({
        driver: (driver) => ({
          ...driver,
          prune: (request) => {
            sizes.push(request.limit)
            return driver.prune(request)
          }
        })
      })
      for (let at = 0; at < 450; at++) {
        yield* Effect.orDie((yield* engine.start(flow([node("a ok")]), { id: `r${at}` })).outcome)
      }
      yield* TestClock.adjust("1 second")
      expect((yield* Effect.orDie(engine.dagflow.prune({ olderThan: 0, limit: 250 }))).runIds).toHaveLength(
        250
      )
      expect((yield* Effect.orDie(engine.dagflow.prune({ olderThan: 0 }))).runIds).toHaveLength(200)
      expect(engine.data.runs.size).toBe(0)
      expect(sizes).toEqual([200, 50, 200, 200])
    })
  )
})

describe("starting a run whose id exists", () => {
  const asked = flow([node("a hold", [], { x: "=inputs.x" })], {}, { inputs: { x: {}, y: { default: [1] } } })

  it.effect("attaches when flow and inputs are equal, in the same engine and in another one", () =>
    Effect.gen(function* () {
      const first = yield* TestEngine.open()
      const run = yield* first.start(asked, { input: { x: { a: 1, b: 2 } } })
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      const same = yield* first.start(asked, { input: { y: [1], x: { b: 2, a: 1 } } })
      first.script.release("a")
      expect((yield* Effect.orDie(same.outcome)).status).toBe("completed")
      expect(first.script.count("a")).toBe(1)
      yield* first.close
      const second = yield* TestEngine.open({ data: first.data, script: first.script })
      const later = yield* second.start(asked, { input: { x: { a: 1, b: 2 } } })
      expect((yield* Effect.orDie(later.outcome)).status).toBe("completed")
      expect(first.script.count("a")).toBe(1)
    })
  )

  it.effect("is a typed conflict that names the inputs when they are others, running or over", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(asked, { input: { x: 1 } })
      const conflict = (input: Record<string, number>) =>
        TestEngine.reasonOf(
          Effect.catchTag(engine.dagflow.start(asked, { id: "run", input }), "DefinitionError", Effect.die)
        )
      expect(yield* conflict({ x: 2 })).toEqual({ _tag: "InputsChanged", names: ["x"] })
      expect(yield* conflict({ x: 3, y: 2 })).toEqual({ _tag: "InputsChanged", names: ["x", "y"] })
      engine.script.release("a")
      yield* Effect.orDie(run.outcome)
      expect(yield* conflict({ x: 2 })).toEqual({ _tag: "InputsChanged", names: ["x"] })
    })
  )
})
