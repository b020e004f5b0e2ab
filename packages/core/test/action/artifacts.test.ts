import { describe, expect, it } from "@effect/vitest"
import { ContentHash } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Action from "../../src/action/Action.ts"
import { bindings, flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const rows = Array.from({ length: 50 }, (_, index) => ({ index, text: "é".repeat(20) }))

const config = { artifactBytesMin: 300 }

const make = Action.fn("make", () => ({ rows, small: "s" }))

describe("row 112: large outputs are artifacts", () => {
  it.effect("an output is stored once, by its hash, and the log holds hash and size", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [make] })
      const log = yield* engine.runToEnd(flow([node("a make"), node("b make")], config))
      const text = JSON.stringify(rows)
      const stub = { $artifact: ContentHash.ofText(text), bytes: new TextEncoder().encode(text).length }
      const completed = log.filter(({ event }) => event._tag === "NodeCompleted").map(({ event }) => event)
      expect(completed).toMatchObject([
        { outputs: { rows: stub, small: "s" } },
        { outputs: { rows: stub, small: "s" } }
      ])
      expect([...engine.data.artifacts]).toEqual([[stub.$artifact, text]])
    })
  )

  it.effect("an output of exactly artifactBytesMin bytes is one, and of a byte less is none", () =>
    Effect.gen(function* () {
      // A text has two quotes as JSON.
      const engine = yield* TestEngine.open()
      const texts = { least: "x".repeat(298), most: "y".repeat(297) }
      const nodes = Object.entries(texts).map(([id, value]) => node(`${id} ok`, [], { value }))
      const run = yield* engine.start(flow(nodes, config))
      yield* run.outcome
      expect([...engine.data.artifacts.values()]).toHaveLength(1)
      const outputs = (id: string) =>
        engine
          .log("run")
          .flatMap(({ event }) =>
            event._tag === "NodeCompleted" && event.nodeId === id ? [event.outputs["value"]] : []
          )
      expect(outputs("least")).toEqual([
        { $artifact: ContentHash.ofText(JSON.stringify(texts.least)), bytes: 300 }
      ])
      expect(outputs("most")).toEqual([texts.most])
    })
  )

  it.effect("a dependent gets the whole value, and by a path a part of it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [make] })
      const given = { all: "=a.rows", one: "=a.rows[3].index", small: "=a.small" }
      yield* engine.runToEnd(flow([node("a make"), node("b ok", ["a"], given)], config))
      expect(engine.script.calls[0]?.input).toEqual({ all: rows, one: 3, small: "s" })
    })
  )

  it.effect("a path that leads nowhere takes the default, or fails the node", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [make] })
      const b = { ...node("b ok", ["a"]), inputs: { x: { ref: "a.rows[99].index", default: 7 } } }
      const run = yield* engine.start(
        flow([node("a make"), b, node("c ok", ["a"], { x: "=a.rows[99]" })], {
          ...config,
          onFailure: "continue"
        })
      )
      yield* run.outcome
      expect(engine.script.calls.map((call) => call.input)).toEqual([{ x: 7 }])
      expect((yield* run.node("c"))?.error?.cause).toBe("MissingReference")
    })
  )

  it.effect("a run that is taken up finds it again", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script, actions: [make] })
      const nodes = [
        node("a make"),
        node("b hold", ["a"]),
        node("c ok", ["b"], { last: "=a.rows[49].index" })
      ]
      const run = yield* first.start(flow(nodes, config))
      yield* TestEngine.awaitNode(run, "NodeStarted", "b")
      yield* first.close
      const second = yield* TestEngine.open({ data, script, actions: [make] })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      script.release("b")
      yield* resumed.outcome
      expect(script.calls.at(-1)?.input).toEqual({ last: 49 })
    })
  )

  it.effect("the outputs of a run are whole", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [make] })
      const run = yield* engine.start(flow([node("a make")], config))
      expect(yield* run.outputs).toEqual({ a: { rows, small: "s" } })
    })
  )

  it.effect("an artifact that is gone fails the node that needs it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [make] })
      const run = yield* engine.start(
        flow([node("a make"), node("b hold", ["a"]), node("c ok", ["b"])], config)
      )
      yield* TestEngine.awaitNode(run, "NodeStarted", "b")
      yield* run.send({ _tag: "SetNodeInputs", nodeId: "c", inputs: bindings({ rows: "=a.rows" }) })
      engine.data.artifacts.clear()
      engine.script.release("b")
      yield* run.outcome
      expect((yield* run.node("c"))?.error).toMatchObject({ message: expect.stringContaining("is gone") })
    })
  )
})

describe("payloadBytesMax", () => {
  it.effect("an output that is larger fails the node and says both sizes", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [make] })
      const run = yield* engine.start(
        flow([node("a make", [], {}, { retry: { tries: 3 } })], { payloadBytesMax: 1000 })
      )
      yield* run.outcome
      const view = yield* run.node("a")
      expect(view?.attempts).toHaveLength(1)
      expect(view?.error).toMatchObject({
        cause: "TooLarge",
        message: expect.stringMatching(/\d{4} .*payloadBytesMax is 1000/)
      })
      expect(engine.data.artifacts.size).toBe(0)
    })
  )

  it.effect("one that is exactly as large as allowed is kept", () =>
    Effect.gen(function* () {
      const text = "x".repeat(1000 - '{"t":""}'.length)
      const engine = yield* TestEngine.open({ actions: [Action.fn("fit", () => ({ t: text }))] })
      const log = yield* engine.runToEnd(flow([node("a fit")], { payloadBytesMax: 1000 }))
      expect(log.at(-1)?.event._tag).toBe("RunCompleted")
    })
  )
})
