import { describe, expect, it } from "@effect/vitest"
import { Action, DagFlow } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Limits, Guard, Plan, Planner, Tool } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { converse, flowOf, nodeOf } from "./world.ts"

const fetched = Action.make("fetch", {
  input: Schema.Struct({ page: Schema.Int }),
  output: Schema.Struct({ text: Schema.String }),
  run: ({ page }) => Effect.succeed({ text: `page ${page}` })
})

const join = Action.make("join", {
  version: "1",
  input: Schema.Struct({ left: Schema.String, right: Schema.String }),
  output: Schema.Struct({ text: Schema.String }),
  run: ({ left, right }) => Effect.succeed({ text: `${left} + ${right}` })
})

class Broken extends Schema.TaggedError<Broken>("test/Broken")("Broken", {}) {}

const broken = Action.make("broken", {
  input: Schema.Struct({ text: Schema.String }),
  output: Schema.Struct({}),
  run: () => Effect.fail(new Broken())
})

const tools = [fetched, join, broken] as const

const step = (id: string, tool: string, args: object, after?: ReadonlyArray<string>) => ({
  id,
  tool,
  arguments: args,
  ...(after !== undefined && { after })
})

const good = [
  step("both", "join", { left: { $from: "a.text" }, right: { $from: "b.text" } }),
  step("a", "fetch", { page: 1 }),
  step("b", "fetch", { page: 2 }, ["a"])
]

const submit = (steps: ReadonlyArray<unknown>): ScriptedModel.Said => ({
  calls: [{ name: "submit_plan", params: { steps } }]
})

const planner = (approval: "none" | "required" = "none") =>
  Planner.make({ name: "agent", tools, plan: { approval }, limits: { callsMax: 5, depthMax: 3 } })

describe("plan-and-execute", () => {
  it.effect("adds the steps of a plan all at once, runs them in their order, and tells all results", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(submit(good), { text: "done" })
      const report = yield* converse(planner(), model.layer)
      expect(report.status).toBe("completed")
      expect(model.asked[0]?.tools).toEqual(["fetch", "join", "broken", "submit_plan"])
      expect(nodeOf(report, "agent_both").outputs).toEqual({ text: "page 1 + page 2" })
      expect(report.growth).toHaveLength(1)
      expect(report.nodes.map((node) => node.nodeId).sort()).toEqual(
        ["agent", "agent_2", "agent_a", "agent_b", "agent_both", "agent_results"].sort()
      )
      expect(model.asked[1]?.messages.at(-1)).toMatchObject({
        content: [{ isFailure: false, result: { both: { text: "page 1 + page 2" }, a: { text: "page 1" } } }]
      })
    })
  )

  it.effect("tells the model what failed and what did not run, so that it can plan anew", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(
        submit([
          step("a", "fetch", { page: 1 }),
          step("bad", "broken", { text: { $from: "a.text" } }),
          step("late", "fetch", { page: 3 }, ["bad"])
        ]),
        submit([step("late", "fetch", { page: 3 })]),
        { text: "done" }
      )
      const report = yield* converse(planner(), model.layer)
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent_late").status).toBe("skipped")
      expect(nodeOf(report, "agent_2_late").status).toBe("completed")
      expect(model.asked[1]?.messages.at(-1)).toMatchObject({
        content: [
          {
            isFailure: true,
            result: { a: { text: "page 1" }, bad: { error: "Broken" }, late: { error: "NotRun" } }
          }
        ]
      })
    })
  )

  const bad: ReadonlyArray<
    readonly [what: string, steps: ReadonlyArray<unknown>, tag: string, says: string]
  > = [
    ["no steps", [], "InvalidInput", "at least one step"],
    ["steps that are none", [{ id: "a" }], "InvalidInput", "do not fit"],
    [
      "a step with a policy of its own",
      [{ ...step("a", "fetch", { page: 1 }), onFailure: "halt", metadata: {} }],
      "InvalidInput",
      "do not fit"
    ],
    [
      "two steps of one id",
      [step("a", "fetch", { page: 1 }), step("a", "fetch", { page: 2 })],
      "DuplicateNode",
      "twice"
    ],
    [
      "an id that would name another node",
      [step("a.b[0]", "fetch", { page: 1 })],
      "InvalidInput",
      "no id of a step"
    ],
    ["a tool off the list", [step("a", "wipe", {})], "UnknownAction", "no tool"],
    ["a plan inside of a plan", [step("a", "submit_plan", { steps: [] })], "InvalidInput", "step can do"],
    ["arguments that do not fit", [step("a", "fetch", { page: "one" })], "InvalidInput", "do not fit"],
    [
      "an argument that is missing beside a reference",
      [step("a", "fetch", { page: 1 }), step("b", "join", { left: { $from: "a.text" } })],
      "InvalidInput",
      `"right" is missing`
    ],
    [
      "an argument that does not fit beside a reference",
      [step("a", "fetch", { page: 1 }), step("b", "join", { left: { $from: "a.text" }, right: 5 })],
      "InvalidInput",
      "Expected string"
    ],
    [
      "an argument beside a reference that is larger than arguments may be",
      [
        step("a", "fetch", { page: 1 }),
        step("b", "join", { left: { $from: "a.text" }, right: "x".repeat(20_000) })
      ],
      "TooLarge",
      "at most 16384"
    ],
    [
      "a dependency that is no step",
      [step("a", "fetch", { page: 1 }, ["agent"])],
      "UnknownDependency",
      "no step of the plan"
    ],
    [
      "a reference to the inputs of the run",
      [step("a", "broken", { text: { $from: "inputs.password" } })],
      "InvalidInput",
      "<step>.<output>"
    ],
    [
      "a reference to a node outside of the plan",
      [step("a", "broken", { text: { $from: "agent.text" } })],
      "UnknownDependency",
      "no step of the plan"
    ],
    [
      "a cycle",
      [
        step("a", "broken", { text: { $from: "b.text" } }),
        step("b", "fetch", { page: 1 }, ["c"]),
        step("c", "fetch", { page: 1 }, ["a"])
      ],
      "CycleFound",
      "a → b → c → a"
    ],
    ["a step that waits for itself", [step("a", "fetch", { page: 1 }, ["a"])], "CycleFound", "a → a"],
    [
      "too many steps",
      Array.from({ length: 6 }, (_, at) => step(`s${at}`, "fetch", { page: at })),
      "LimitReached",
      "callsMax is 5"
    ],
    [
      "a chain that is too long",
      Array.from({ length: 4 }, (_, at) =>
        step(`s${at}`, "fetch", { page: at }, at === 0 ? [] : [`s${at - 1}`])
      ),
      "LimitReached",
      "depthMax is 3"
    ]
  ]

  it.effect.each(bad)("adds nothing of a plan with %s", ([, steps, tag, says]) =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(submit(steps), { text: "sorry" })
      const report = yield* converse(planner("required"), model.layer)
      expect(report.status).toBe("completed")
      expect(report.nodes.map((node) => node.action)).toEqual(["agent", "agent-results", "agent"])
      const told = model.asked[1]?.messages.at(-1)
      expect(told).toMatchObject({ content: [{ isFailure: true, result: { refused: tag } }] })
      expect(JSON.stringify(told).replaceAll('\\"', '"')).toContain(says)
    })
  )

  it("finds all problems of a plan at once, and guesses what was meant", () => {
    const guard = Guard.make(tools.map(Tool.ofAction), Limits.defaults)
    const checked = Plan.check(guard, "agent", {
      steps: [step("load", "fecth", {}), step("b", "fetch", { page: "x" }, ["laod"])]
    })
    expect(checked).toMatchObject({
      problems: [
        { _tag: "UnknownAction", suggestion: "fetch" },
        { _tag: "InvalidInput" },
        { _tag: "UnknownDependency", suggestion: "load" }
      ]
    })
  })
})

describe("an approval", () => {
  const engine = (model: ScriptedModel.Model, made = planner("required")) =>
    DagFlow.layer({ owner: "test" }).pipe(
      Layer.provide([MemoryStore.layer, made.layer.pipe(Layer.provide(model.layer))])
    )

  it.effect("shows the plan before anything of it exists, and takes its own hash only", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(submit(good), { text: "done" })
      yield* Effect.gen(function* () {
        const dagflow = yield* DagFlow
        const run = yield* dagflow.start(flowOf(planner("required"), "go"))
        const before = yield* run.outcome
        expect(before.nodes.map((node) => node.nodeId)).toEqual(["agent", "agent_approval"])
        const [wait] = yield* run.waits
        const [title, ...lines] = (wait?.prompt ?? "").split("\n")
        const hash = /^plan (\w{32}): 3 steps, 3 of them one after the other$/.exec(title ?? "")?.[1] ?? ""
        expect(lines).toEqual([
          '  both  join {"left":"<a.text>","right":"<b.text>"} after a, b',
          '  a     fetch {"page":1}',
          '  b     fetch {"page":2} after a'
        ])
        const wrong = yield* Effect.flip(
          run.answer("agent_approval", { approved: true, hash: "0".repeat(32) })
        )
        expect(wrong.reason).toMatchObject({ _tag: "CommandRejected", rejection: { _tag: "InvalidInput" } })
        yield* Effect.flip(run.answer("agent_approval", { approved: true }))
        yield* run.answer("agent_approval", { approved: true, hash }, { by: "Ada" })
        const after = yield* run.outcome
        expect(after.status).toBe("completed")
        expect(nodeOf(after, "agent_both").outputs).toEqual({ text: "page 1 + page 2" })
      }).pipe(Effect.provide(engine(model)))
    })
  )

  it("shows what cannot be seen, so that nobody approves another text than the one that is there", () => {
    const guard = Guard.make(tools.map(Tool.ofAction), Limits.defaults)
    const right = "safe\u202Eexe.\u200Btxt\u{E0041}\n  all  nothing at all"
    const checked = Plan.check(guard, "agent", {
      steps: [step("a", "join", { left: "", right })]
    })
    const shown = "problems" in checked ? "" : Plan.describe(checked)
    expect(shown.split("\n")).toHaveLength(2)
    expect(shown).toContain(
      String.raw`{"left":"","right":"safe\u202eexe.\u200btxt\udb40\udc41\n  all  nothing at all"}`
    )
    expect(/\p{Cf}/u.test(shown)).toBe(false)
  })

  it.effect("that is denied adds nothing, and the model is told why", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(submit(good), { text: "as you wish" })
      yield* Effect.gen(function* () {
        const dagflow = yield* DagFlow
        const run = yield* dagflow.start(flowOf(planner("required"), "go"))
        yield* run.outcome
        yield* run.answer("agent_approval", { approved: false, comment: "too expensive" })
        const report = yield* run.outcome
        expect(report.status).toBe("completed")
        expect(report.nodes.some((node) => node.action === "fetch")).toBe(false)
        expect(JSON.stringify(model.asked[1]?.messages.at(-1))).toContain("declined: too expensive")
      }).pipe(Effect.provide(engine(model)))
    })
  )

  it.effect("of a plan that has become another one since is refused", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(submit(good), { text: "as you wish" })
      const store = yield* Layer.build(MemoryStore.layer)
      const process = (version: string) => {
        const made = Planner.make({
          name: "agent",
          tools: [fetched, { ...join, version }],
          plan: { approval: "required" }
        })
        const layer = DagFlow.layer({ owner: version, shutdownGrace: 0 }).pipe(
          Layer.provide([Layer.succeedContext(store), made.layer.pipe(Layer.provide(model.layer))])
        )
        return { made, layer }
      }
      const first = process("1")
      const hash = yield* Effect.gen(function* () {
        const dagflow = yield* DagFlow
        const run = yield* dagflow.start(flowOf(first.made, "go"), { id: "run" })
        yield* run.outcome
        const [wait] = yield* run.waits
        return /^plan (\w{32})/.exec(wait?.prompt ?? "")?.[1] ?? ""
      }).pipe(Effect.provide(first.layer))
      yield* Effect.gen(function* () {
        const dagflow = yield* DagFlow
        const run = yield* dagflow.resume("run")
        yield* run.answer("agent_approval", { approved: true, hash })
        const report = yield* run.outcome
        expect(report.status).toBe("completed")
        expect(report.nodes.some((node) => node.action === "join")).toBe(false)
        expect(JSON.stringify(model.asked[1]?.messages.at(-1))).toContain('"refused":"PlanChanged"')
      }).pipe(Effect.provide(process("2").layer))
    }).pipe(Effect.scoped)
  )
})
