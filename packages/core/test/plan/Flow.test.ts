import { Action, Flow, FlowInput, type FlowBuilder, type NodeRef } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { errorsOf, load, loadCached, noActions, planOf, print, tidy } from "./planActions.ts"

const nodesOf = (build: (f: FlowBuilder.FlowBuilder<"report">) => void) =>
  Flow.make("report", (f) => build(f)).spec.nodes

describe("references", () => {
  it("become bindings, and their nodes dependencies", () => {
    const nodes = nodesOf((f) => {
      const users = f.node("users", load, { limit: 10 })
      const orders = f.node("orders", load, { limit: 20 })
      f.node("report", print, { text: users.out.title, copies: orders.out.rows.at(2).at("id") })
    })
    expect(nodes).toEqual([
      { id: "users", action: "load", inputs: { limit: { value: 10 } } },
      { id: "orders", action: "load", inputs: { limit: { value: 20 } } },
      {
        id: "report",
        action: "print",
        dependencies: ["users", "orders"],
        inputs: { text: { ref: "users.title" }, copies: { ref: "orders.rows[2].id" } }
      }
    ])
  })

  it("and dependsOn give each dependency once, those of references first", () => {
    const nodes = nodesOf((f) => {
      const users = f.node("users", load, { limit: 10 })
      const cleaned = f.node("cleaned", tidy)
      f.node("report", print, { text: users.out.title }, { dependsOn: [cleaned, users, cleaned] })
    })
    expect(nodes[2]?.dependencies).toEqual(["users", "cleaned"])
  })

  it("to inputs of the run make no dependency", () => {
    const flow = Flow.make("report", { inputs: { page: Schema.Struct({ size: Schema.Int }) } }, (f) => {
      f.node("users", load, { limit: f.inputs.page.at("size") })
    })
    expect(flow.spec.nodes).toEqual([
      { id: "users", action: "load", inputs: { limit: { ref: "inputs.page.size" } } }
    ])
  })

  it("have a default where `or` gives one", () => {
    const nodes = nodesOf((f) => {
      const users = f.node("users", load, { limit: 10 })
      f.node("report", print, {
        text: users.out.remark.or("none"),
        copies: users.out.rows.at(0).at("id").or(1)
      })
    })
    expect(nodes[1]?.inputs).toEqual({
      text: { ref: "users.remark", default: "none" },
      copies: { ref: "users.rows[0].id", default: 1 }
    })
  })

  it("are as good in a loop or a function as anywhere else", () => {
    const chain = (
      f: FlowBuilder.FlowBuilder<"report">,
      length: number
    ): NodeRef.NodeRef<"report", { readonly title: string }> => {
      let last = f.node("0", load, { limit: 0 })
      for (let n = 1; n < length; n++) last = f.node(`${n}`, load, { limit: n, title: last.out.title })
      return last
    }
    const nodes = nodesOf((f) => void f.node("end", print, { text: chain(f, 3).out.title }))
    expect(nodes.map(({ id, dependencies }) => [id, dependencies])).toEqual([
      ["0", undefined],
      ["1", ["0"]],
      ["2", ["1"]],
      ["end", ["2"]]
    ])
  })
})

describe("inputs", () => {
  it("with variables of the environment are kept as their text", () => {
    const nodes = nodesOf((f) => void f.node("a", print, { text: Flow.env("Bearer ${env.TOKEN}") }))
    expect(nodes[0]?.inputs).toEqual({ text: { template: "Bearer ${env.TOKEN}" } })
  })

  it("that are undefined count as left out", () => {
    const inputs: { readonly text: string } = { text: "a", copies: undefined } as never
    const nodes = nodesOf((f) => void f.node("a", print, inputs))
    expect(nodes[0]?.inputs).toEqual({ text: { value: "a" } })
  })

  it("of the run are declared with what their schemas tell", () => {
    const flow = Flow.make(
      "report",
      {
        inputs: {
          text: Schema.String,
          whole: Schema.Int,
          number: Schema.Finite,
          flag: Schema.Boolean,
          list: Schema.Array(Schema.String),
          object: Schema.Struct({ a: Schema.String }),
          date: Schema.DateFromString,
          choice: Schema.Literals(["a", "b"]),
          mixed: Schema.Union([Schema.String, Schema.Int]),
          optional: Schema.optionalKey(Schema.String),
          described: Schema.String.annotate({ description: "Of the schema." }),
          defaulted: Flow.input(Schema.Int, { default: 7, description: "Of the input." }),
          secret: Flow.secret({ description: "A key." }),
          secretWithDefault: FlowInput.secret({ default: "${env.KEY}" })
        }
      },
      () => {}
    )
    expect(flow.spec.inputs).toEqual({
      text: { type: "string" },
      whole: { type: "integer" },
      number: { type: "number" },
      flag: { type: "boolean" },
      list: { type: "array" },
      object: { type: "object" },
      date: { type: "string" },
      choice: { type: "string" },
      mixed: { type: "any" },
      optional: { type: "string", required: false },
      described: { type: "string", description: "Of the schema." },
      defaulted: { type: "integer", default: 7, description: "Of the input." },
      secret: { type: "string", secret: true, description: "A key." },
      secretWithDefault: { type: "string", secret: true, default: "${env.KEY}" }
    })
    expect(Flow.make("none", () => {}).spec.inputs).toEqual({})
  })

  it("of the run that are recursive have the kind of their outermost form", () => {
    interface Tree {
      readonly children: ReadonlyArray<Tree>
    }
    const Tree: Schema.Codec<Tree> = Schema.Struct({
      children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
    })
    const inputs = { tree: Schema.suspend((): Schema.Codec<Tree> => Tree), json: Schema.Json }
    const flow = Flow.make("trees", { inputs }, () => {})
    expect(flow.spec.inputs).toEqual({ tree: { type: "object" }, json: { type: "any" } })
  })
})

describe("options", () => {
  it("of a node all stand in its definition, durations in milliseconds", () => {
    const nodes = nodesOf((f) => {
      const first = f.node("first", tidy)
      f.node(
        "users",
        load,
        { limit: 1 },
        {
          dependsOn: [first],
          trigger: "all_done",
          timeout: "30 seconds",
          retry: {
            tries: 3,
            backoff: "linear",
            initial: "2 seconds",
            max: { minutes: 1 },
            retryIf: ["Timeout"]
          },
          onFailure: "continue",
          failure: loadCached,
          priority: -3,
          branch: "b",
          enabled: false,
          description: "Loads users.",
          instructions: "Load them.",
          metadata: { team: "data" }
        }
      )
    })
    expect(nodes[1]).toEqual({
      id: "users",
      action: "load",
      dependencies: ["first"],
      inputs: { limit: { value: 1 } },
      trigger: "all_done",
      timeoutMillis: 30_000,
      retry: { tries: 3, backoff: "linear", initialMillis: 2000, maxMillis: 60_000, retryIf: ["Timeout"] },
      onFailure: "continue",
      failure: "load-cached",
      priority: -3,
      branch: "b",
      enabled: false,
      description: "Loads users.",
      instructions: "Load them.",
      metadata: { team: "data" }
    })
  })

  it("of a flow all stand in its definition, durations in milliseconds", () => {
    const flow = Flow.make(
      "report",
      {
        version: "1.2.3",
        description: "Reports.",
        author: "Ada",
        tags: ["nightly"],
        instructions: "Be brief.",
        metadata: { team: "data" },
        config: {
          maxParallel: 2,
          onFailure: "best_effort",
          timeout: "1 hour",
          nodeTimeout: "1 minute",
          hookTimeout: 500,
          cancelGrace: 0,
          retry: { tries: 2, initial: "10 millis" }
        }
      },
      () => {}
    )
    expect(flow.spec).toEqual({
      name: "report",
      version: "1.2.3",
      description: "Reports.",
      author: "Ada",
      tags: ["nightly"],
      instructions: "Be brief.",
      metadata: { team: "data" },
      config: {
        maxParallel: 2,
        onFailure: "best_effort",
        timeoutMillis: 3_600_000,
        nodeTimeoutMillis: 60_000,
        hookTimeoutMillis: 500,
        cancelGraceMillis: 0,
        retry: { tries: 2, initialMillis: 10 }
      },
      inputs: {},
      nodes: []
    })
  })

  it("that are undefined count as left out", () => {
    const unset = { timeout: undefined, retry: undefined, branch: undefined, description: undefined } as {}
    const flow = Flow.make(
      "report",
      { version: undefined, config: { maxParallel: undefined } } as {},
      (f) => {
        f.node("a", tidy, {}, unset)
      }
    )
    expect(flow.spec).toEqual({
      name: "report",
      config: {},
      inputs: {},
      nodes: [{ id: "a", action: "tidy" }]
    })
    expect(errorsOf(flow)).toEqual([])
  })
})

describe("generated ids", () => {
  const build = () =>
    nodesOf((f) => {
      f.node("tidy_2", tidy)
      for (let n = 0; n < 3; n++) f.nodeOf(tidy)
      f.nodeOf(Action.fn("web.get[v1]#2", () => {}))
    }).map(({ id }) => id)

  it("number the nodes of an action, go around ids that are taken, and hold no reserved character", () => {
    expect(build()).toEqual(["tidy_2", "tidy_1", "tidy_3", "tidy_4", "web_get_v1__2_1"])
  })

  it("are the same whenever the flow is built", () => {
    expect(build()).toEqual(build())
  })
})

describe("what a flow returns", () => {
  it("is kept as the ids of the nodes", () => {
    const flow = Flow.make("report", (f) => ({ users: f.nodeOf(load, { limit: 1 }), end: f.node("e", tidy) }))
    expect(flow.returns).toEqual({ users: "load_1", end: "e" })
  })

  it("brings every action once, failure handlers included", () => {
    const flow = Flow.make("report", (f) => {
      f.node("a", load, { limit: 1 }, { failure: loadCached })
      f.node("b", load, { limit: 2 }, { failure: loadCached })
    })
    expect(flow.actions).toEqual([load, loadCached])
    expect(planOf(flow, { actions: noActions }).actions).toEqual({ load: "2.1.0", "load-cached": "7" })
  })
})

describe("isFlow", () => {
  it("tells a flow from the definition of one", () => {
    const flow = Flow.make("report", () => {})
    expect(Flow.isFlow(flow)).toBe(true)
    expect(Flow.isFlow({ ...flow, name: "report" })).toBe(true)
    expect(Flow.isFlow(flow.spec)).toBe(false)
    expect(Flow.isFlow(null)).toBe(false)
  })
})

it("a flow without a function that makes its nodes is refused with what to write", () => {
  expect(() => Flow.make("f", { inputs: {} } as never)).toThrow(
    'flow "f" has no function that makes its nodes; write Flow.make("f", (f) => { ... }), with options before the function'
  )
})
