import { Action, Flow, Plan } from "@dagflow/core"
import { DefinitionError, FlowConfig, type FlowSpec, type NodeSpec, RunError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { actions, errorsOf, load, noActions, planOf, tidy } from "./planActions.ts"

const flowOf = (...nodes: ReadonlyArray<NodeSpec.NodeSpec>): FlowSpec.FlowSpec => ({ name: "flow", nodes })

const failureOf = (result: ReturnType<typeof Plan.make>) => {
  if (Result.isSuccess(result)) throw new Error("the flow was planned")
  return result.failure
}

describe("a plan", () => {
  const spec = flowOf(
    { id: "print", action: "print", dependencies: ["users"], inputs: { text: { ref: "first.title" } } },
    { id: "users", action: "load", dependencies: ["first", "first"], inputs: { limit: { value: 2 } } },
    { id: "first", action: "load", dependencies: [], inputs: { limit: { value: 1 } }, failure: "load-cached" }
  )

  it("has the nodes in plan order, each with every node it refers to among its dependencies, once", () => {
    expect(planOf(spec).flow.nodes.map(({ id, dependencies }) => [id, dependencies])).toEqual([
      ["first", undefined],
      ["users", ["first"]],
      ["print", ["users", "first"]]
    ])
  })

  it("is the same however the definition is ordered", () => {
    const { flow, hash } = planOf(spec)
    fc.assert(
      fc.property(fc.shuffledSubarray([...spec.nodes], { minLength: spec.nodes.length }), (nodes) => {
        const plan = planOf({ nodes, name: "flow" })
        expect(plan.hash).toBe(hash)
        expect(plan.flow.nodes.map(({ id }) => id)).toEqual(flow.nodes.map(({ id }) => id))
      })
    )
  })

  it("has another fingerprint for another definition", () => {
    const { hash } = planOf(spec)
    const [print, users, first] = spec.nodes as [NodeSpec.NodeSpec, NodeSpec.NodeSpec, NodeSpec.NodeSpec]
    const others: ReadonlyArray<FlowSpec.FlowSpec> = [
      { ...spec, name: "other" },
      { ...spec, config: { maxParallel: 1 } },
      flowOf(print, { ...users, inputs: { limit: { value: 3 } } }, first),
      flowOf(print, { ...users, trigger: "all_done" }, first),
      flowOf(print, users, first, { id: "more", action: "tidy" })
    ]
    expect(new Set([hash, ...others.map((other) => planOf(other).hash)]).size).toBe(others.length + 1)
  })

  it("has the versions of the flow's actions, failure handlers included, and of no others", () => {
    expect(planOf(spec).actions).toEqual({ load: "2.1.0", "load-cached": "7" })
  })

  it("warns of what is odd", () => {
    expect(planOf(spec).warnings.map(({ code }) => code)).toEqual(["DuplicateEdge"])
    expect(planOf({ name: "empty", nodes: [] }).warnings.map(({ code }) => code)).toEqual(["EmptyFlow"])
  })

  it("takes what the process knows under a name, and else what the flow brings", () => {
    const flow = Flow.make("flow", (f) => void f.node("a", load, { limit: 1 }))
    expect(planOf(flow, { actions: noActions }).actions).toEqual({ load: "2.1.0" })
    const double = Action.fn("load", () => {}, { version: "double" })
    expect(planOf(flow, { actions: { get: () => double, list: [double] } }).actions).toEqual({
      load: "double"
    })
  })

  it("of a flow in TypeScript is the same each time, with the inputs and the configuration of its run", () => {
    const flow = Flow.make("flow", { inputs: { limit: Schema.Int } }, (f) => {
      f.node("a", load, { limit: f.inputs.limit })
    })
    const one = planOf(flow, { input: { limit: 1 }, config: { maxParallel: 1 } })
    const two = planOf(flow, { input: { limit: 2 } })
    expect(two).toEqual({ ...one, inputs: { limit: 2 }, config: { ...one.config, maxParallel: 16 } })
  })

  it("of a definition that was changed in between is another one", () => {
    const nodes: Array<NodeSpec.NodeSpec> = [{ id: "a", action: "tidy" }]
    const mutable = { name: "flow", nodes }
    const { hash } = planOf(mutable)
    nodes.push({ id: "b", action: "tidy" })
    expect(planOf(mutable).hash).not.toBe(hash)
    nodes.push({ id: "b", action: "tidy" })
    expect(errorsOf(mutable).map(({ code }) => code)).toEqual(["DuplicateNode"])
  })

  it("of a flow in TypeScript whose definition was exchanged is that of the new definition", () => {
    const flow = Flow.make("flow", (f) => void f.node("a", tidy))
    const exchanged = { ...flow, spec: flowOf({ id: "b", action: "tidi" }) }
    expect(planOf(flow).flow.nodes).toHaveLength(1)
    expect(errorsOf(exchanged).map(({ code, suggestion }) => [code, suggestion])).toEqual([
      ["UnknownAction", "tidy"]
    ])
  })
})

describe("a definition is refused", () => {
  const node = { id: "a", action: "load", inputs: { limit: { value: 1 } } }

  it.each<[string, FlowSpec.FlowSpec, ReadonlyArray<unknown>]>([
    [
      "with two nodes of one id",
      flowOf(node, node),
      [{ code: "DuplicateNode", nodeId: "a", path: ["nodes", 1, "id"] }]
    ],
    [
      "with a dependency on a node that does not exist",
      flowOf({ ...node, dependencies: ["lost"] }),
      [
        {
          code: "UnknownDependency",
          nodeId: "a",
          message: 'node "a" depends on "lost", which does not exist'
        }
      ]
    ],
    [
      "with a cycle",
      flowOf({ ...node, dependencies: ["b"] }, { ...node, id: "b", dependencies: ["a"] }),
      [{ code: "CycleFound", message: expect.stringMatching(/a.*b.*a/) }]
    ],
    [
      "with an action that nobody registered",
      flowOf({ id: "a", action: "laod" }),
      [{ code: "UnknownAction", nodeId: "a", suggestion: "load", message: expect.stringContaining('"laod"') }]
    ],
    [
      "with a failure handler that nobody registered",
      flowOf({ ...node, failure: "load-cahced" }),
      [{ code: "UnknownAction", nodeId: "a", suggestion: "load-cached", path: ["nodes", 0, "failure"] }]
    ],
    [
      "with a reference to a node that does not exist",
      flowOf({ ...node, inputs: { limit: { ref: "lost.x" } } }),
      [{ code: "UnknownReference", nodeId: "a", path: ["nodes", 0, "inputs", "limit", "ref"] }]
    ],
    [
      "with a reference to a node that is no ancestor",
      flowOf(node, { ...node, id: "b", inputs: { limit: { ref: "a.rows[0].id" } } }),
      [{ code: "NotAnAncestor", nodeId: "b" }]
    ],
    [
      "with a reference to an input that the flow does not declare",
      { ...flowOf({ ...node, inputs: { limit: { ref: "inputs.limt" } } }), inputs: { limit: {} } },
      [{ code: "UnknownReference", nodeId: "a", suggestion: "inputs.limit" }]
    ],
    [
      "with a reference that cannot be read",
      flowOf({ ...node, inputs: { limit: { ref: "inputs" } } }),
      [{ code: "MalformedReference", nodeId: "a" }]
    ]
  ])("%s", (_, flow, problems) => {
    expect(errorsOf(flow)).toMatchObject(problems)
    expect(errorsOf(flow)).toHaveLength(problems.length)
  })

  it("by an error that lists every problem, whatever its kind", () => {
    const flow = flowOf(
      { ...node, timeoutMillis: 0 },
      { ...node, id: "b", action: "unheard of", dependencies: ["nobody"] },
      { ...node, id: "c", inputs: { limit: { value: "x" }, text: { value: "y" } } }
    )
    const error = failureOf(Plan.make(flow, { actions, runId: "run", config: { maxParallel: 0 } }))
    expect(error).toBeInstanceOf(DefinitionError)
    expect(error.message.split("\n")).toEqual([
      "the flow has 6 problems:",
      "- config.maxParallel: expected a value between 1 and 10000 (given at the start of the run)",
      '- nodes.0.timeoutMillis: timeoutMillis of node "a": expected a value between 1 and 86400000',
      '- nodes.1.action: node "b" asks for action "unheard of", which is not registered',
      '- nodes.1.dependencies.0: node "b" depends on "nobody", which does not exist',
      '- nodes.2.inputs.text: node "c" gives the input "text", which action "load" does not take',
      '- nodes.2.inputs.limit: input "limit" of node "c": expected number'
    ])
  })

  it("when it is no definition at all, or holds values that are no JSON", () => {
    const garbage: ReadonlyArray<unknown> = [
      null,
      undefined,
      7,
      "flow",
      [],
      {},
      { name: "flow" },
      { name: "flow", nodes: {} },
      { name: "flow", nodes: [null] },
      { name: "flow", nodes: [{ id: "a" }] },
      { name: "flow", nodes: [{ id: 7, action: "tidy" }] },
      { name: "flow", nodes: [{ id: "a", action: "tidy", inputs: { what: { value: () => {} } } }] },
      { name: "flow", nodes: [{ id: "a", action: "tidy", inputs: { what: "text" } }] },
      { name: "flow", nodes: [{ id: "a", action: "tidy", inputs: { what: { value: 1, ref: "inputs.a" } } }] },
      { name: "flow", nodes: [{ id: "a", action: "tidy", dependencies: "b" }] },
      { name: "flow", nodes: [{ id: "a", action: "tidy", retyr: {} }] },
      { name: "flow", nodes: [{ id: "a", action: "tidy", metadata: { at: 1n } }] },
      { name: "flow", nodes: [], config: { strategy: "hybrid" } },
      { name: "flow", nodes: [], inputs: { a: { type: "text" } } }
    ]
    for (const one of garbage) {
      const error = failureOf(Plan.make(one as FlowSpec.FlowSpec, { actions, runId: "run" }))
      expect(
        error,
        String(JSON.stringify(one, (_, value) => (typeof value === "bigint" ? "1n" : value)))
      ).toBeInstanceOf(DefinitionError)
    }
  })

  it("by its problems, never by anything that is thrown, and planned if and only if it has none", () => {
    const anything = fc.anything({ withBigInt: true, withNullPrototype: true })
    fc.assert(
      fc.property(anything, anything, (some, other) => {
        const node = { id: "a", action: "load", inputs: some, retry: other }
        const flows = [some, { name: "flow", nodes: some }, { name: "flow", nodes: [node], config: other }]
        for (const flow of [...flows, flowOf()] as ReadonlyArray<FlowSpec.FlowSpec>) {
          for (const config of [undefined, other as FlowConfig.FlowConfig]) {
            const problems = Plan.check(flow, actions, config)
            const isFine = problems.every(({ severity }) => severity === "warning")
            expect(Result.isSuccess(Plan.make(flow, { actions, runId: "run", config }))).toBe(isFine)
          }
        }
      })
    )
  })
})

describe("configuration", () => {
  const day = 86_400_000

  it.each<[keyof FlowConfig.FlowConfig, ReadonlyArray<unknown>, ReadonlyArray<unknown>]>([
    ["maxParallel", [1, 10_000], [0, -1, 10_001, 1.5, "4", null]],
    ["timeoutMillis", [1, day], [0, day + 1, Infinity, NaN]],
    ["nodeTimeoutMillis", [1, day], [0, day + 1]],
    ["hookTimeoutMillis", [1, day], [0, day + 1]],
    ["cancelGraceMillis", [0, day], [-1, day + 1]],
    ["nodesMax", [1, 10_000_000], [0, 10_000_001]],
    ["maxIterations", [0, 1_000_000], [-1, 1_000_001]],
    ["payloadBytesMax", [1000, 1_073_741_824], [999, 1_073_741_825]],
    ["artifactBytesMin", [256, 1_073_741_824], [255, 1_073_741_825]],
    ["maxLostAttempts", [0, 1000], [-1, 1001]],
    ["onFailure", ["halt", "continue", "best_effort", "pause"], ["stop", "", null]],
    ["onHookFailure", ["continue", "fail"], ["halt"]],
    ["strategy", ["reactive", "work_queue", "level", "superstep"], ["hybrid", "", null]],
    ["retry", [{}, { tries: 1 }, { tries: 1000 }], [{ tries: 0 }, { tries: 1001 }, { jitter: 1.1 }, 3]]
  ])(
    "takes %s within its bounds and refuses it outside, in the flow and at the start of a run",
    (key, good, bad) => {
      const problemsAt = (value: unknown) => {
        const config = { [key]: value } as FlowConfig.FlowConfig
        const inFlow = errorsOf({ ...flowOf(), config })
        const atStart = Plan.check(flowOf(), actions, config).filter(({ severity }) => severity === "error")
        return [inFlow, atStart].map((problems) => problems.map(({ path }) => path.slice(0, 2).join(".")))
      }
      for (const value of good) expect(problemsAt(value), String(value)).toEqual([[], []])
      for (const value of bad)
        expect(problemsAt(value), String(value)).toEqual([[`config.${key}`], [`config.${key}`]])
    }
  )

  it("of the run wins over that of the flow, which wins over the defaults, key by key", () => {
    const config = {
      maxParallel: 4,
      cancelGraceMillis: 100,
      onFailure: "continue",
      retry: { tries: 3, factor: 3 }
    } as const
    const run = { cancelGraceMillis: 0, maxIterations: 0, retry: { tries: 1 } }
    expect(planOf({ ...flowOf(), config }, { config: run }).config).toEqual({
      ...FlowConfig.defaults,
      maxParallel: 4,
      onFailure: "continue",
      cancelGraceMillis: 0,
      maxIterations: 0,
      retry: { tries: 1, factor: 3 }
    })
    expect(planOf(flowOf()).config).toEqual(FlowConfig.defaults)
  })

  it("of the run decides how many nodes the flow may have", () => {
    const flow = {
      ...flowOf({ id: "a", action: "tidy" }, { id: "b", action: "tidy" }),
      config: { nodesMax: 1 }
    }
    expect(errorsOf(flow).map(({ code }) => code)).toEqual(["LimitExceeded"])
    expect(planOf(flow, { config: { nodesMax: 2 } }).config.nodesMax).toBe(2)
    const error = failureOf(
      Plan.make({ ...flow, config: {} }, { actions, runId: "r", config: { nodesMax: 1 } })
    )
    expect(error).toMatchObject({ problems: [{ code: "LimitExceeded" }] })
  })

  it("refuses keys that do not exist", () => {
    const config = { maxParalel: 3 } as FlowConfig.FlowConfig
    expect(errorsOf({ ...flowOf(), config }).map(({ code }) => code)).toEqual(["UnknownKey"])
    expect(Plan.check(flowOf(), actions, config).map(({ code }) => code)).toContain("UnknownKey")
  })
})

describe("inputs of the run", () => {
  it("are refused together, by an error that names the run", () => {
    const flow = Flow.make("flow", { inputs: { limit: Schema.Int, title: Schema.String } }, (f) => {
      f.node("a", load, { limit: f.inputs.limit, title: f.inputs.title })
    })
    const error = failureOf(
      Plan.make(flow, { actions, runId: "nightly-7", input: { limit: 1.5, tilte: "a" } })
    )
    expect(error).toBeInstanceOf(RunError)
    expect(error).toMatchObject({ runId: "nightly-7", reason: { _tag: "InvalidInput" } })
    expect(error.message).toBe(
      'run "nightly-7": the flow has no input "tilte" (did you mean "title"?); input "limit" is not of its type, integer; input "title" is missing'
    )
  })

  it("are looked at only once the flow is without problems", () => {
    const flow = { ...flowOf({ id: "a", action: "lost" }), inputs: { limit: {} } }
    expect(failureOf(Plan.make(flow, { actions, runId: "run" }))).toBeInstanceOf(DefinitionError)
  })
})

describe("actions", () => {
  it("are asked for nothing while a flow is planned", () => {
    const calls: Array<string> = []
    const action = Action.make("noted", {
      input: Schema.Struct({}),
      output: Schema.Struct({}),
      run: () => Effect.sync(() => ({ called: calls.push("run") }))
    })
    planOf(Flow.make("flow", (f) => void f.node("a", action)))
    expect(calls).toEqual([])
  })
})
