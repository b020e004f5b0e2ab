/*
 * Goal: a node is mapped over a list that an expression makes of the data of the run, wherever that data is kept, and what is
 * no list, or cannot be made, is a typed error before any of its code runs.
 * Method: flows in TypeScript and as definitions on a real engine; the actions note what they were given.
 */
import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import * as Flow from "../../src/plan/Flow.ts"
import { flow, mapped, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const Row = Schema.Struct({ name: Schema.String, size: Schema.Int })

const load = Action.make("load", {
  input: Schema.Struct({ sizes: Schema.Array(Schema.Int) }),
  output: Schema.Struct({ rows: Schema.Array(Row) }),
  run: ({ sizes }) => ({ rows: sizes.map((size) => ({ name: `n${size}`, size })) })
})

const label = Action.make("label", {
  input: Schema.Struct({ name: Schema.String, place: Schema.Int }),
  output: Schema.Struct({ label: Schema.String }),
  run: ({ name, place }) => ({ label: `${place}:${name}` })
})

const large = { expression: "load.rows.filter(row, row.size > inputs.from)" }

/** A list of all rows above a size, of rows that may be kept outside the log. */
const picked = (artifactBytesMin = 65_536, action = "ok") =>
  flow(
    [
      node("load load", [], { sizes: Array.from({ length: 40 }, (_, index) => index) }),
      mapped(
        `a ${action}`,
        large,
        { value: "=each.item.name", place: "=each.index" },
        { dependencies: ["load"] }
      )
    ],
    { artifactBytesMin }
  )

const values = (engine: TestEngine.TestEngine) =>
  engine.script.calls.filter(({ nodeId }) => nodeId.startsWith("a[")).map(({ input }) => input["value"])

describe("a list that an expression makes", () => {
  it.effect("is mapped over in TypeScript, with the nodes that it reads as dependencies", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const made = Flow.make("made", { inputs: { from: Schema.Int } }, (f) => {
        const { out } = f.node("load", load, { sizes: [3, 9, 5] })
        const list = Flow.cel`${out.rows}.filter(row, row.size > ${f.inputs.from})`
        const labelled = f.forEach("label", list, label, (row, place) => ({ name: row.at("name"), place }))
        return { labelled }
      })
      expect(made.spec.nodes[1]).toMatchObject({
        dependencies: ["load"],
        forEach: { items: { expression: 'nodes["load"].rows.filter(row, row.size > inputs.from)' } }
      })
      const { labelled } = yield* Effect.orDie(engine.dagflow.run(made, { id: "run", input: { from: 4 } }))
      expect(labelled).toEqual({ label: ["0:n9", "1:n5"] })
    })
  )

  it.effect.each([
    ["in the log", 65_536, 0],
    ["outside of it", 256, 1]
  ] as const)("is made once of what is kept %s", ([, bytesMin, expected]) =>
    Effect.gen(function* () {
      let reads = 0
      const engine = yield* TestEngine.open({
        actions: [load],
        driver: (driver) => ({
          ...driver,
          getArtifact: (hash) => Effect.suspend(() => (reads++, driver.getArtifact(hash)))
        })
      })
      const log = yield* engine.runToEnd(picked(bytesMin), { input: { from: 36 } })
      expect(values(engine)).toEqual(["n37", "n38", "n39"])
      expect(reads).toBe(expected)
      // The log says how long the list is, and holds no copy of it.
      const expanded = log.filter(({ event }) => event._tag === "NodeExpanded").map(({ event }) => event)
      expect(expanded).toEqual([{ _tag: "NodeExpanded", nodeId: "a", attempt: 1, count: 3 }])
    })
  )

  it.effect("may be empty, or made of inputs, items of other lists and channels", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        mapped("a ok", { expression: "inputs.names.map(name, name + '!')" }),
        mapped("b ok", { expression: "a.value.filter(one, one != 'x!')" }, undefined, {
          dependencies: ["a"]
        }),
        mapped("c ok", { expression: "a.value.filter(one, false)" }, undefined, { dependencies: ["a"] }),
        mapped("d ok", { expression: "inputs.names + channels.more" })
      ]
      const steps = flow(nodes, { strategy: "superstep" }, { channels: { more: { default: ["z"] } } })
      yield* engine.runToEnd(steps, { input: { names: ["x", "y"] } })
      const given = (name: string) =>
        engine.script.calls.flatMap(({ input, nodeId }) => (nodeId.startsWith(name) ? [input["value"]] : []))
      expect(given("a[")).toEqual(["x!", "y!"])
      expect(given("b[")).toEqual(["y!"])
      expect(given("c[")).toEqual([])
      expect(given("d[")).toEqual(["x", "y", "z"])
    })
  )

  it.effect("is a typed error when it is none, or cannot be made, and no code of the node runs", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a ok", [], { value: "text" }),
        mapped("b ok", { expression: "a.value" }, undefined, { dependencies: ["a"] }),
        mapped("c ok", { expression: "a.gone.filter(x, x)" }, undefined, { dependencies: ["a"] }),
        mapped("d ok", { expression: "inputs.many.map(x, inputs.many.map(y, x))" })
      ]
      const run = yield* engine.start(flow(nodes, { onFailure: "continue" }), {
        input: { many: Array.from({ length: 1100 }, (_, index) => index) }
      })
      yield* run.outcome
      expect((yield* run.node("b"))?.error).toMatchObject({
        cause: "NoList",
        message: `node "b" is mapped over "a.value", which is a string and no list`
      })
      for (const id of ["c", "d"]) {
        expect((yield* run.node(id))?.error).toMatchObject({ cause: "InvalidExpression", isRetryable: false })
      }
      expect((yield* run.node("d"))?.error?.message).toContain("1000000")
      expect(engine.script.calls.map(({ nodeId }) => nodeId)).toEqual(["a"])
    })
  )

  it.effect("is refused at the start when it is wrong, at its place", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const list = (expression: string) => mapped("b ok", { expression }, {}, { dependencies: ["a"] })
      const problemsOf = (expression: string) =>
        Effect.map(
          Effect.flip(engine.dagflow.start(flow([node("a ok"), list(expression), node("z ok")]))),
          (error) =>
            error._tag === "DefinitionError"
              ? error.problems.map(({ code, message, path, span }) => [code, path.join("."), span, message])
              : []
        )
      const at = "nodes.1.forEach.items.expression"
      expect(yield* problemsOf("a.rows.filter(")).toMatchObject([
        ["InvalidExpression", at, { start: 14 }, expect.any(String)]
      ])
      expect(yield* problemsOf("size(a.rows) > 3")).toEqual([
        ["InvalidExpression", at, undefined, 'the list "size(a.rows) > 3" is never a list']
      ])
      expect(yield* problemsOf("z.rows.filter(x, x)")).toMatchObject([
        ["NotAnAncestor", at, { start: 0, end: 6 }, expect.any(String)]
      ])
      expect((yield* problemsOf("each.item.map(x, x)"))[0]?.slice(0, 2)).toEqual(["UnknownReference", at])
    })
  )

  it.effect("is refused of a node that a command adds, and made of one that fits", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ok", [], { value: [1, 2, 3] }), node("h hold")]))
      const add = (expression: string) => {
        const { id: _, ...draft } = mapped("b ok", { expression })
        return Effect.exit(run.send({ _tag: "AddNode", node: { ...draft, id: "b" } }))
      }
      for (const expression of ["a.value.map(", "a.value == 3", "gone.value.map(x, x)"]) {
        expect((yield* add(expression))._tag).toBe("Failure")
      }
      expect((yield* add("a.value.filter(x, x != 2)"))._tag).toBe("Success")
      engine.script.release("h", {})
      yield* run.outcome
      expect(
        engine.script.calls.flatMap(({ input, nodeId }) => (nodeId.startsWith("b[") ? [input["value"]] : []))
      ).toEqual([1, 3])
    })
  )

  it.effect.each([65_536, 256])(
    "is made again by the process that takes the run up, where %s bytes are kept in the log",
    (bytesMin) =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const first = yield* TestEngine.open({ data, actions: [load] })
        const run = yield* first.start(picked(bytesMin, "hold"), { input: { from: 36 } })
        const { dagflow } = first
        yield* dagflow
          .report(run.runId)
          .pipe(Effect.repeat({ until: ({ totals }) => totals.byStatus.running === 4 }))
        first.kill()
        const second = yield* TestEngine.open({ data, actions: [load], script: new Script() })
        for (const place of [0, 1, 2]) second.script.release(`a[${place}]`, {})
        yield* (yield* Effect.orDie(second.dagflow.resume(run.runId, { force: true }))).outcome
        expect(values(second)).toEqual(["n37", "n38", "n39"])
      })
  )
})
