/*
 * Goal: a node that is mapped over a list runs once for each value of it, wherever the list is kept, and those behind it get
 * lists of what the items gave, in the order of the list.
 * Method: flows in TypeScript and as definitions on a real engine; the actions note what they were given.
 */
import { assert, describe, expect, expectTypeOf, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import * as Action from "../../src/action/Action.ts"
import * as Hook from "../../src/hook/Hook.ts"
import * as Flow from "../../src/plan/Flow.ts"
import { flow, mapped, node } from "../world/FlowNotation.ts"
import { Boom, Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const load = Action.make("load", {
  input: Schema.Struct({ names: Schema.Array(Schema.String) }),
  output: Schema.Struct({ rows: Schema.Array(Schema.Struct({ name: Schema.String, note: Schema.String })) }),
  run: ({ names }) => ({ rows: names.map((name) => ({ name, note: name.repeat(50) })) })
})

const greet = Action.make("greet", {
  input: Schema.Struct({ name: Schema.String, place: Schema.Int }),
  output: Schema.Struct({ text: Schema.String, size: Schema.optionalKey(Schema.Int) }),
  run: ({ name, place }) =>
    name === "bad"
      ? Effect.fail(new Boom({ message: name }))
      : Effect.succeed({ text: `${place}:${name}`, size: name.length })
})

const join = Action.make("join", {
  input: Schema.Struct({ parts: Schema.Array(Schema.NullOr(Schema.String)) }),
  output: Schema.Struct({ text: Schema.String }),
  run: ({ parts }) => ({ text: parts.map((part) => part ?? "-").join(" ") })
})

const greetings = (onItemFailure?: "best_effort") =>
  Flow.make("greetings", { inputs: { names: Schema.Array(Schema.String) } }, (f) => {
    const loaded = f.node("load", load, { names: f.inputs.names })
    const greeted = f.forEach(
      "greet",
      loaded.out.rows,
      greet,
      (row, index) => ({ name: row.at("name"), place: index }),
      onItemFailure === undefined ? {} : { onItemFailure }
    )
    return { greeted, joined: f.node("join", join, { parts: greeted.out.text }) }
  })

describe("forEach in TypeScript", () => {
  it.effect("gives an item and its place to each, and typed lists to those behind it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const made = greetings()
      const outputs = yield* Effect.orDie(
        engine.dagflow.run(made, { id: "run", input: { names: ["b", "a"] } })
      )
      expect(outputs).toEqual({
        greeted: { text: ["0:b", "1:a"], size: [1, 1] },
        joined: { text: "0:b 1:a" }
      })
      expect(made.spec.nodes[1]).toEqual({
        id: "greet",
        action: "greet",
        dependencies: ["load"],
        inputs: { name: { ref: "each.item.name" }, place: { ref: "each.index" } },
        forEach: { items: { ref: "load.rows" } }
      })
    })
  )

  it.effect("gives its lists in the order of the list, whatever the order is in which items end", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [mapped("h hold", { value: [1, 2, 3] }), node("z ok", ["h"], { value: "=h.value" })]
      const run = yield* engine.start(flow(nodes))
      for (const place of [2, 0, 1]) {
        engine.script.release(`h[${place}]`, { value: `value ${place}` })
        yield* run.node(`h[${place}]`).pipe(Effect.repeat({ until: (view) => view?.status === "completed" }))
      }
      yield* run.outcome
      expect(engine.script.calls.at(-1)?.input).toEqual({ value: ["value 0", "value 1", "value 2"] })
    })
  )

  it.effect("gives empty lists of every promised output for an empty list", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const { greeted, joined } = yield* Effect.orDie(
        engine.dagflow.run(greetings(), { id: "run", input: { names: [] } })
      )
      expect(greeted).toEqual({ text: [], size: [] })
      expect(joined.text).toBe("")
    })
  )

  it.effect("shows null in the place of an item that failed where the others go on", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const names = ["a", "bad", "c"]
      const run = yield* Effect.orDie(
        engine.dagflow.start(greetings("best_effort"), { id: "run", input: { names } })
      )
      expect(yield* run.outputs).toEqual({
        greeted: { text: ["0:a", null, "2:c"], size: [1, null, 1] },
        joined: { text: "0:a - 2:c" }
      })
      const { result } = yield* run.report
      expect(result).toMatchObject({ _tag: "Completed", failed: [{ nodeId: "greet[1]" }] })
    })
  )

  it.effect("takes literals and lists of literals and references", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const both = Flow.make("both", (f) => {
        const loaded = f.node("load", load, { names: ["x"] })
        const first = loaded.out.rows.at(0).at("name")
        return {
          lenient: f.forEach("lenient", ["a"], greet, (name, place) => ({ name, place }), {
            onItemFailure: "continue"
          }),
          plain: f.forEach("plain", ["a", "b"], greet, (name, place) => ({ name, place })),
          mixed: f.forEach("mixed", ["a", first], greet, (name, place) => ({ name, place }), {
            maxParallel: 1
          })
        }
      })
      const outputs = yield* Effect.orDie(engine.dagflow.run(both, { id: "run" }))
      expectTypeOf(outputs.plain.text).toEqualTypeOf<ReadonlyArray<string>>()
      expectTypeOf(outputs.plain.size).toEqualTypeOf<ReadonlyArray<number | null>>()
      expectTypeOf(outputs.lenient.text).toEqualTypeOf<ReadonlyArray<string | null>>()
      expect(outputs.plain.text).toEqual(["0:a", "1:b"])
      expect(outputs.mixed.text).toEqual(["0:a", "1:x"])
    })
  )

  it.effect("refuses values of another node's list, what is no list, and options that there are not", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const wrong = Flow.make("wrong", (f) => {
        let kept: unknown
        f.forEach("a", ["x"], greet, (name, place) => {
          kept = name
          return { name, place }
        })
        f.node("b", greet, { name: kept as never, place: 0 })
        // @ts-expect-error -- a text is no list
        f.forEach("c", "abc", greet, (name, place) => ({ name, place }))
        // @ts-expect-error -- a number is no name
        f.forEach("d", [1], greet, (name, place) => ({ name, place }))
        // @ts-expect-error -- there is no such option
        f.forEach("e", ["x"], greet, (name, place) => ({ name, place }), { maxParalel: 1 })
        f.forEach("f", ["x"], greet, (name, place) => ({ name, place }), { maxParallel: 0 })
      })
      const error = yield* Effect.flip(engine.dagflow.plan(wrong))
      expect(error.problems.map(({ code, path }) => [code, path.join(".")])).toEqual([
        ["UnknownReference", "nodes.1.inputs.name"],
        ["InvalidValue", "nodes.2.forEach.items"],
        ["InvalidValue", "nodes.4.maxParalel"],
        ["InvalidValue", "nodes.5.forEach.maxParallel"]
      ])
    })
  )
})

describe("the list of a node", () => {
  const calls = (engine: TestEngine.TestEngine, nodeId: string) =>
    engine.script.calls.filter((call) => call.nodeId.startsWith(nodeId)).map((call) => call.input)

  it.effect("may be an input of the run, a part of an output, or a default", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a ok", [], { value: { in: [["x", "y"]] } }),
        mapped("b ok", { ref: "inputs.names" }),
        mapped("c ok", { ref: "a.value.in[0]" }, undefined, { dependencies: ["a"] }),
        mapped("d ok", { ref: "a.value.gone", default: [7] }, undefined, { dependencies: ["a"] })
      ]
      yield* engine.runToEnd(flow(nodes), { input: { names: ["n", { deep: 1 }] } })
      expect(calls(engine, "b[")).toEqual([
        { value: "n", place: 0 },
        { value: { deep: 1 }, place: 1 }
      ])
      expect(calls(engine, "c[")).toEqual([
        { value: "x", place: 0 },
        { value: "y", place: 1 }
      ])
      expect(calls(engine, "d[")).toEqual([{ value: 7, place: 0 }])
    })
  )

  it.effect("is read once where it is kept outside the log, however many items take their part of it", () =>
    Effect.gen(function* () {
      let reads = 0
      const engine = yield* TestEngine.open({
        actions: [load],
        driver: (driver) => ({
          ...driver,
          getArtifact: (hash) => Effect.suspend(() => (reads++, driver.getArtifact(hash)))
        })
      })
      const names = Array.from({ length: 40 }, (_, index) => `name-${index}`)
      const log = yield* engine.runToEnd(
        flow(
          [
            node("load load", [], { names }),
            mapped(
              "a ok",
              { ref: "load.rows" },
              { value: "=each.item.name" },
              { dependencies: ["load"], maxParallel: 3 }
            )
          ],
          { artifactBytesMin: 256 }
        )
      )
      expect(calls(engine, "a[").map((input) => input["value"])).toEqual(names)
      expect(reads).toBe(1)
      const loaded = log.find(({ event }) => event._tag === "NodeCompleted" && event.nodeId === "load")?.event
      assert(loaded?._tag === "NodeCompleted")
      expect(loaded.outputs["rows"]).toHaveProperty("$artifact")
    })
  )

  it.effect("may be what the items of another node gave, also where that is kept outside the log", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const long = "x".repeat(300)
      const nodes = [
        mapped("a ok", { value: ["short", long] }),
        mapped("b ok", { ref: "a.value" }, undefined, { dependencies: ["a"] }),
        node("c ok", ["b"], { value: "=b.value", second: "=b.value[1]", none: "=a.gone[0]" })
      ]
      const run = yield* engine.start(
        flow(
          [
            ...nodes.slice(0, 2),
            { ...nodes[2]!, inputs: { ...nodes[2]?.inputs, none: { ref: "a.gone[5]", default: 0 } } }
          ],
          {
            artifactBytesMin: 256
          }
        )
      )
      yield* run.outcome
      expect(calls(engine, "b[")).toEqual([
        { value: "short", place: 0 },
        { value: long, place: 1 }
      ])
      expect(calls(engine, "c")).toEqual([{ value: ["short", long], second: long, none: 0 }])
    })
  )

  it.effect("is a typed error when it is none, or when it is not there", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a ok", [], { value: "text" }),
        mapped("b ok", { ref: "a.value" }, undefined, { dependencies: ["a"] }),
        mapped("c ok", { ref: "a.gone" }, undefined, { dependencies: ["a"] })
      ]
      const run = yield* engine.start(flow(nodes, { onFailure: "continue" }))
      yield* run.outcome
      expect((yield* run.node("b"))?.error).toMatchObject({
        cause: "NoList",
        message: `node "b" is mapped over "a.value", which is a string and no list`
      })
      expect((yield* run.node("c"))?.error).toMatchObject({ cause: "MissingReference" })
    })
  )

  it.effect("is a list under any name when it is empty and nobody knows what the action gives", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [mapped("a ok", { value: [] }), node("z ok", ["a"], { value: "=a.value" })]
      yield* engine.runToEnd(flow(nodes))
      expect(calls(engine, "z")).toEqual([{ value: [] }])
    })
  )

  it.effect("may hold variables of the environment, and none of them is stored", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const items = { list: [{ template: "${env.NOBODY_SET_THIS}" }, { value: "plain" }] }
      const run = yield* engine.start(flow([mapped("a ok", items, undefined, { onItemFailure: "continue" })]))
      yield* run.outcome
      expect((yield* run.node("a[0]"))?.error?.cause).toBe("MissingVariable")
      expect(calls(engine, "a[1]")).toEqual([{ value: "plain", place: 1 }])
    })
  )
})

describe("an item", () => {
  it.effect("has retries, time-outs, a failure handler and an idempotency key of its own", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        mapped(
          "a flaky",
          { value: [0, 2] },
          { failures: "=each.item" },
          { retry: { tries: 3, backoff: "immediate" } }
        ),
        mapped("b never", { value: [1] }, {}, { timeoutMillis: 50, failure: "ok" })
      ]
      const fiber = yield* Effect.forkChild(engine.runToEnd(flow(nodes)))
      yield* TestClock.adjust(100)
      yield* Fiber.join(fiber)
      expect(engine.script.count("a[0]")).toBe(1)
      expect(engine.script.count("a[1]")).toBe(3)
      expect(engine.script.calls.find((call) => call.nodeId === "a[1]")?.key).toBe("run/a[1]")
      const { nodes: views } = yield* Effect.orDie(engine.dagflow.report("run"))
      expect(views.find((one) => one.nodeId === "b[0]")).toMatchObject({
        status: "completed",
        recovered: true
      })
    })
  )

  it.effect("is found in the cache by its own inputs", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const made = (values: ReadonlyArray<number>) =>
        flow([mapped("a ok", { value: values }, { value: "=each.item" }, { cache: {} })])
      yield* engine.runToEnd(made([1, 2]), { id: "first" })
      yield* engine.runToEnd(made([2, 3]), { id: "second" })
      const values = engine.script.calls.map((call) => call.input["value"])
      expect(values).toEqual([1, 2, 3])
    })
  )

  it.effect("is what gate hooks are asked about, and what its node waits for", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const watch = Hook.make({
        name: "watch",
        on: ["NodeExpanded", "NodeCompleted"],
        handle: (envelope) =>
          Effect.sync(() => {
            asked.push("nodeId" in envelope.event ? `${envelope.event._tag} ${envelope.event.nodeId}` : "")
            return []
          })
      })
      const engine = yield* TestEngine.open({ hooks: [watch] })
      yield* engine.runToEnd(flow([mapped("a ok", { value: [1, 2] }), node("z ok", ["a"])]))
      expect(asked).toEqual([
        "NodeExpanded a",
        "NodeCompleted a[0]",
        "NodeCompleted a[1]",
        "NodeCompleted a",
        "NodeCompleted z"
      ])
    })
  )

  it.effect("gets what its node depends on", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const look = Action.fn("look", (_: Readonly<Record<string, unknown>>, { dependencies }) => {
        seen.push(dependencies)
        return {}
      })
      const engine = yield* TestEngine.open({ actions: [look] })
      const nodes = [
        mapped("a ok", { value: ["x", "y"] }, { value: "=each.item" }),
        mapped("b look", { value: [1] }, {}, { dependencies: ["a"] })
      ]
      yield* engine.runToEnd(flow(nodes))
      expect(seen).toEqual([{ a: { value: ["x", "y"] } }])
    })
  )

  it.effect("uses slots of the run and of the engine, and its node none", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: { maxParallel: 1 } })
      const nodes = [
        mapped("a later", { value: [1, 2, 3] }),
        mapped("b later", { ref: "a.value" }, undefined, { dependencies: ["a"] })
      ]
      yield* engine.runToEnd(flow(nodes, { maxParallel: 1 }))
      expect(engine.script.peak).toBe(1)
      expect(engine.script.calls).toHaveLength(6)
    })
  )
})

describe("a run with a list that another process takes up", () => {
  it.effect("runs only the items again that were not recorded, with the list read again", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, actions: [load] })
      const names = ["a", "b", "c", "d"]
      const made = flow(
        [
          node("load load", [], { names }),
          mapped(
            "h hold",
            { ref: "load.rows" },
            { value: "=each.item.name" },
            { dependencies: ["load"], maxParallel: 2 }
          ),
          node("z ok", ["h"], { value: "=h.value" })
        ],
        { artifactBytesMin: 256 }
      )
      const run = yield* first.start(made)
      first.script.release("h[0]", { value: "A" })
      yield* Effect.yieldNow
      yield* first.dagflow
        .report("run")
        .pipe(Effect.repeat({ until: ({ totals }) => totals.byStatus.completed === 2 }))
      first.kill()
      const second = yield* TestEngine.open({ data, actions: [load], script: new Script() })
      for (const place of [1, 2, 3]) second.script.release(`h[${place}]`, { value: names[place] ?? "" })
      const resumed = yield* Effect.orDie(second.dagflow.resume(run.runId, { force: true }))
      yield* resumed.outcome
      expect([...second.script.called].sort()).toEqual(["h[1]", "h[2]", "h[3]", "z"])
      expect(second.script.calls.at(-1)?.input).toEqual({ value: ["A", "b", "c", "d"] })
    })
  )
})
