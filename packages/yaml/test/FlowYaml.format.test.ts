import { FlowConfig, type NodeSpec } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { FlowFile } from "../src/index.ts"
import { briefs, inspect, nodes, parse } from "./reading.ts"

const one = (body: string) => parse(nodes(`  a: { action: work, ${body} }`)).nodes[0]

describe("FlowYaml", () => {
  it.each([
    ["cache: true", {}],
    ["cache: false", false],
    ["cache: { ttl: 1h }", { ttlMillis: 3_600_000 }],
    ["cache: { ttl: 2d, key: x, }", { ttlMillis: 172_800_000, key: ["x"] }],
    ["cache: { key: [x, y] }", { key: ["x", "y"] }],
    ["cache:", undefined]
  ])("reads %s", (written, cache) => {
    expect(one(`inputs: { x: 1, y: 2 }, ${written}`)?.cache).toEqual(cache)
  })

  it.each([
    ["cache: sometimes", ["InvalidValue sometimes"]],
    ["cache: { ttl: 0 }", ["InvalidValue 0"]],
    ["cache: { ttl: 3651d }", ["InvalidValue 3651d"]],
    ["cache: { until: tomorrow }", ["UnknownKey until"]]
  ])("refuses %s", (written, expected) => {
    expect(briefs(nodes(`  a: { action: work, ${written} }`))).toEqual(expected)
  })

  it.each([
    ["forEach: inputs.rows", { items: { ref: "inputs.rows" } }],
    ["forEach: [1, two]", { items: { value: [1, "two"] } }],
    ["forEach: [1, inputs.rows]", { items: { list: [{ value: 1 }, { ref: "inputs.rows" }] } }],
    ["forEach: { ref: inputs.rows, default: [] }", { items: { ref: "inputs.rows", default: [] } }],
    [
      "forEach: { items: inputs.rows, maxParallel: 4, onItemFailure: continue }",
      { items: { ref: "inputs.rows" }, maxParallel: 4, onItemFailure: "continue" }
    ],
    [
      'forEach: "inputs.rows.filter(row, row.open)"',
      { items: { expression: "inputs.rows.filter(row, row.open)" } }
    ],
    ["forEach: { expression: inputs.rows }", { items: { expression: "inputs.rows" } }],
    [
      'forEach: { items: { expression: "[1, 2]" }, maxParallel: 4 }',
      { items: { expression: "[1, 2]" }, maxParallel: 4 }
    ],
    ["forEach:", undefined]
  ])("reads %s", (written, forEach) => {
    expect(one(written)?.forEach).toEqual(forEach)
  })

  it("takes each.item and each.index for references where a node is mapped over a list, and its list for a dependency", () => {
    const { nodes: read } = parse(
      nodes(
        "  load: work\n  sum: { action: work, forEach: load.rows, inputs: { a: each.item.name, b: each.index, c: each.gone } }"
      )
    )
    expect(read[1]).toEqual({
      id: "sum",
      action: "work",
      forEach: { items: { ref: "load.rows" } },
      dependencies: ["load"],
      inputs: { a: { ref: "each.item.name" }, b: { ref: "each.index" }, c: { value: "each.gone" } }
    })
  })

  it.each([
    ["forEach: rows", ["UnknownReference rows"]],
    ["forEach: inputs.rows.filter(row", ["InvalidExpression w"]],
    ["forEach: { expression: inputs.n > 3 }", ["InvalidExpression inputs.n > 3"]],
    ["forEach: { expression: inputs.rows, default: [] }", ["UnknownKey default"]],
    ['forEach: "each.item.map(x, x)"', ["UnknownReference each.item"]],
    ["forEach: 3", ["InvalidValue 3"]],
    ["forEach: { maxParallel: 2 }", ["MissingKey { maxParallel: 2 }"]],
    ["forEach: { items: inputs.x, maxParallel: 0 }", ["InvalidValue 0"]],
    ["forEach: { items: inputs.x, onItemFailure: retry }", ["InvalidValue retry"]],
    ["forEach: { items: inputs.x, paralel: 2 }", ["UnknownKey paralel"]],
    ["forEach: each.item", ["UnknownReference each.item"]],
    ["inputs: { x: each.item }", ["UnknownReference each.item"]],
    ["for_each: [1]", ["UnknownKey for_each → forEach"]]
  ])("refuses %s", (written, expected) => {
    expect(briefs(nodes(`  a: { action: work, ${written} }`))).toEqual(expected)
  })

  it("reads nodes as a map by id, as a list, and as just the name of an action, to the same flow", () => {
    const expected = [
      { id: "a", action: "work" },
      { id: "b", action: "work", dependencies: ["a"] }
    ]
    expect(parse(nodes("  a: work\n  b:\n    action: work\n    dependencies: a")).nodes).toEqual(expected)
    expect(
      parse(nodes("  - id: a\n    action: work\n  - { id: b, action: work, dependencies: [a] }")).nodes
    ).toEqual(expected)
  })

  it("reads every key of a node", () => {
    const text = nodes(`  first: work
  all:
    action: work
    dependencies: [first]
    inputs: { x: 1 }
    outputs: [rows, { name: count, description: How many }]
    trigger: all_done
    timeout: 1m 30s
    retry: { tries: 3, backoff: linear, initial: 250ms, factor: 3, max: 1h, jitter: 0, retryIf: [Busy] }
    onFailure: pause
    failure: mend
    priority: -5
    branch: east
    enabled: false
    description: Does it all
    instructions: Be careful
    metadata: { team: data, pages: [1, 2] }`)
    expect(parse(text).nodes[1]).toEqual({
      id: "all",
      action: "work",
      dependencies: ["first"],
      inputs: { x: { value: 1 } },
      outputs: [{ name: "rows" }, { name: "count", description: "How many" }],
      trigger: "all_done",
      timeoutMillis: 90_000,
      retry: {
        tries: 3,
        backoff: "linear",
        initialMillis: 250,
        factor: 3,
        maxMillis: 3_600_000,
        jitter: 0,
        retryIf: ["Busy"]
      },
      onFailure: "pause",
      failure: "mend",
      priority: -5,
      branch: "east",
      enabled: false,
      description: "Does it all",
      instructions: "Be careful",
      metadata: { team: "data", pages: [1, 2] }
    })
  })

  it("reads every key of a flow", () => {
    const flow = parse(`name: all
description: d
version: 1.10
author: me
signature: s
tags: [a, b]
instructions: [one, two]
config: { maxParallel: 2 }
inputs:
  day: string
  any:
  limit: { description: how many, type: integer, required: false, default: 3 }
  key: { secret: true, default: "\${env.KEY}" }
metadata: { a: null }
nodes: { a: work }`)
    expect(flow).toEqual({
      name: "all",
      description: "d",
      version: "1.10",
      author: "me",
      signature: "s",
      tags: ["a", "b"],
      instructions: "one\ntwo",
      config: { maxParallel: 2 },
      inputs: {
        day: { type: "string" },
        any: {},
        limit: { description: "how many", type: "integer", required: false, default: 3 },
        key: { secret: true, default: "${env.KEY}" }
      },
      metadata: { a: null },
      nodes: [{ id: "a", action: "work" }]
    })
  })

  it("takes a key without a value for one that is left out", () => {
    expect(one("timeout: , retry: , inputs: , outputs: , metadata: , description:")).toEqual({
      id: "a",
      action: "work"
    })
    expect(briefs("name:\nnodes: { a: work }")).toEqual(["MissingKey name:"])
    expect(briefs(nodes("  a: { action: }"))).toEqual(["MissingKey a"])
  })

  describe("reads an input as", () => {
    const input = (written: string) =>
      parse(nodes(`  my node: work\n  fetch: work\n  a: { action: work, inputs: { x: ${written} } }`))
        .nodes[2]?.inputs?.["x"]

    it.each<[string, NonNullable<NodeSpec.NodeSpec["inputs"]>[string]]>([
      ["inputs.limit", { ref: "inputs.limit" }],
      ['"inputs.list[0].name"', { ref: "inputs.list[0].name" }],
      ["fetch.rows", { ref: "fetch.rows" }],
      ["'fetch.rows[2].a.b'", { ref: "fetch.rows[2].a.b" }],
      ["my node.rows", { ref: "my node.rows" }],
      ["10", { value: 10 }],
      ["-0.5", { value: -0.5 }],
      ["true", { value: true }],
      ["null", { value: null }],
      ["plain text", { value: "plain text" }],
      ["report.csv", { value: "report.csv" }],
      ["fetch.", { value: "fetch." }],
      ["fetch", { value: "fetch" }],
      ["fetch. Then go on", { value: "fetch. Then go on" }],
      ["fetch.example.com/rows", { value: "fetch.example.com/rows" }],
      ["inputs.are what goes in", { value: "inputs.are what goes in" }],
      ["2020-01-01", { value: "2020-01-01" }],
      ["yes", { value: "yes" }],
      ["[fetch.rows, 1]", { list: [{ ref: "fetch.rows" }, { value: 1 }] }],
      ["[fetch.rows, report.csv]", { list: [{ ref: "fetch.rows" }, { value: "report.csv" }] }],
      ['["${env.HOME}", [1, fetch.x]]', { list: [{ template: "${env.HOME}" }, { value: [1, "fetch.x"] }] }],
      ["[{ ref: fetch.a, default: 0 }]", { list: [{ ref: "fetch.a", default: 0 }] }],
      ["[fetch.a, { value: fetch.b }]", { list: [{ ref: "fetch.a" }, { value: "fetch.b" }] }],
      [
        "{ ref: [fetch.a, fetch.größe, { value: 1 }] }",
        {
          list: [{ ref: "fetch.a" }, { ref: "fetch.größe" }, { value: 1 }]
        }
      ],
      ["{ reference: [] }", { list: [] }],
      ["[{ value: 1 }, { value: 2 }]", { value: [{ value: 1 }, { value: 2 }] }],
      ["{ value: [fetch.rows] }", { value: ["fetch.rows"] }],
      ["[]", { value: [] }],
      ["{ rows: fetch.rows }", { value: { rows: "fetch.rows" } }],
      ["{ value: fetch.rows }", { value: "fetch.rows" }],
      ["{ value: { value: 1 } }", { value: { value: 1 } }],
      ["{ value: null }", { value: null }],
      ["{ ref: fetch.rows }", { ref: "fetch.rows" }],
      ["{ reference: fetch.rows }", { ref: "fetch.rows" }],
      ["{ ref: fetch.rows, default: [] }", { ref: "fetch.rows", default: [] }],
      ["{ ref: fetch.rows, default: null }", { ref: "fetch.rows", default: null }],
      ['"${env.HOME}/x"', { template: "${env.HOME}/x" }],
      ["{ template: plain }", { template: "plain" }],
      ['{ value: "${env.HOME}" }', { value: "${env.HOME}" }],
      ["$HOME", { value: "$HOME" }]
    ])("%s", (written, binding) => {
      expect(input(written)).toEqual(binding)
    })

    it.each([
      ["{ ref: fetch.rows, defualt: 1 }", ["UnknownKey defualt → default"]],
      ["{ value: 1, unit: kg }", ["UnknownKey unit"]],
      ["{ value: 1, ref: fetch.x }", ["InvalidValue { value: 1, ref: fetch.x }"]],
      ["{ value: 1, default: 2 }", ["InvalidValue default"]],
      ["{ ref: 1 }", ["InvalidValue 1"]],
      ['[["${env.HOME}"]]', ['InvalidValue [["${env.HOME}"]]']],
      ['[fetch.a, ["${env.HOME}"]]', ['InvalidValue ["${env.HOME}"]']],
      ['[fetch.a, "${env.1st}"]', ['InvalidValue "${env.1st}"']],
      ["[fetc.rows, 1]", ["UnknownReference? fetc.rows → fetch.rows"]],
      ["[fetch.a, fetc.rows]", ["UnknownReference? fetc.rows → fetch.rows"]],
      ["[fetch.a, { ref: ghost.x }]", ["UnknownReference ghost.x"]],
      ["[fetch.a, { ref: fetch.x, defualt: 1 }]", ["UnknownKey defualt → default"]],
      ["{ ref: [fetch.a, 1] }", ["InvalidValue 1"]],
      ["{ ref: [fetch.a, ghost.x] }", ["UnknownReference ghost.x"]],
      ["{ ref: [fetch.a, { ref: [] }] }", ["InvalidValue { ref: [] }"]],
      ["{ ref: [fetch.a], default: 1 }", ["InvalidValue default"]],
      ['{ a: "${env.HOME}" }', ['InvalidValue { a: "${env.HOME}" }']],
      ['"${env.1st}"', ['InvalidValue "${env.1st}"']],
      ['"${env.HOME and ${env.B}"', ['InvalidValue "${env.HOME and ${env.B}"']],
      ["{ ref: ghost.x }", ["UnknownReference ghost.x"]],
      ['"fetc.rows"', ['UnknownReference? "fetc.rows" → fetch.rows']],
      ["input.limit", ["UnknownReference? input.limit → inputs.limit"]]
    ])("nothing good: %s", (written, expected) => {
      const text = nodes(`  my node: work\n  fetch: work\n  a: { action: work, inputs: { x: ${written} } }`)
      expect(briefs(text)).toEqual(expected)
    })
  })

  it("adds the nodes that inputs refer to as dependencies, unless the node lists its own", () => {
    const flow = parse(
      nodes(`  c: { action: work, inputs: { x: b.x, y: a.x, z: b.y, n: inputs.n } }
  a: work
  b: work
  own: { action: work, dependencies: [c], inputs: { x: a.x } }`)
    )
    expect(flow.nodes[0]?.dependencies).toEqual(["b", "a"])
    expect(flow.nodes[3]?.dependencies).toEqual(["c"])
  })

  it("adds the nodes that a list refers to, in its order, also where inputs are listed", () => {
    const flow = parse(
      nodes(`  a: work
  b: work
  c: { action: work, inputs: { x: [b.x, 1, a.x, b.y] } }
  d: { action: work, inputs: [{ name: x, reference: [b.x, { ref: a.x, default: 0 }] }] }`)
    )
    expect(flow.nodes[2]?.dependencies).toEqual(["b", "a"])
    expect(flow.nodes[3]).toMatchObject({
      dependencies: ["b", "a"],
      inputs: { x: { list: [{ ref: "b.x" }, { ref: "a.x", default: 0 }] } }
    })
  })

  it("adds no dependency for a reference that leads nowhere, or to the node itself", () => {
    const text = nodes("  a: { action: work, inputs: { x: a.x, y: { ref: ghost.y } } }")
    expect(briefs(text)).toEqual(["NotAnAncestor a.x", "UnknownReference ghost.y"])
  })

  it.each([
    ["500ms", 500],
    ["1.5ms", 1.5],
    ["30s", 30_000],
    ["0.07s", 70],
    ["2m", 120_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["1d", 86_400_000],
    ["1", 1000],
    ["0.001", 1]
  ])("reads the time-out %s", (written, millis) => {
    expect(one(`timeout: ${written}`)?.timeoutMillis).toBe(millis)
  })

  it.each(["0", "0ms", "0.5ms", "86401", "24h1ms", "soon", "10 seconds", "-1s", "[1]", "1e5", "''"])(
    "refuses the time-out %s",
    (written) => {
      expect(briefs(nodes(`  a: { action: work, timeout: ${written} }`))).toEqual([`InvalidValue ${written}`])
    }
  )

  it("counts aliases as what they stand for, and takes over the keys of other maps", () => {
    const flow = parse(`name: flow
metadata: { patient: &patient { tries: 3, initial: 2s }, base: &base { action: work, priority: 1 } }
nodes:
  a: { <<: *base, retry: *patient }
  b: { <<: [{ priority: 9 }, *base], retry: { <<: *patient, tries: 5 } }`)
    expect(flow.nodes).toEqual([
      { id: "a", action: "work", priority: 1, retry: { tries: 3, initialMillis: 2000 } },
      { id: "b", action: "work", priority: 9, retry: { tries: 5, initialMillis: 2000 } }
    ])
  })

  describe("reads the configuration", () => {
    const written: Readonly<Record<keyof FlowConfig.FlowConfig, string>> = {
      strategy: "strategy: superstep",
      interrupts: "interrupts: { before: [a], after: [a], eachStep: true }",
      maxParallel: "maxParallel: 4",
      onFailure: "onFailure: pause",
      retry: "retry: { tries: 2 }",
      onHookFailure: "onHookFailure: fail",
      hookTimeoutMillis: "hookTimeout: 5s",
      cancelGraceMillis: "cancelGrace: 0s",
      budget: "budget: { tokens: 500, time: 10m, branches: { a: { nodes: 3 } } }",
      nodesMax: "nodesMax: 100",
      maxIterations: "maxIterations: 0",
      payloadBytesMax: "payloadBytesMax: 1000",
      artifactBytesMin: "artifactBytesMin: 256",
      maxLostAttempts: "maxLostAttempts: 1",
      timeoutMillis: "timeout: 1d",
      nodeTimeoutMillis: "nodeTimeout: 1m"
    }

    it("with every key that a flow may set", () => {
      expect(Object.keys(written).sort()).toEqual(Object.keys(FlowConfig.FlowConfig.fields).sort())
      const text = `name: flow\nconfig: { ${Object.values(written).join(", ")} }\nnodes: { a: work }`
      const { config } = parse(text)
      expect(Object.keys(config ?? {}).sort()).toEqual(Object.keys(written).sort())
      expect(Schema.is(FlowConfig.FlowConfig)(config)).toBe(true)
    })

    it.each<[string, number, number]>([
      ["maxParallel", 1, 10_000],
      ["nodesMax", 1, 10_000_000],
      ["maxIterations", 0, 1_000_000],
      ["payloadBytesMax", 1000, 1_073_741_824],
      ["artifactBytesMin", 256, 1_073_741_824],
      ["maxLostAttempts", 0, 1000],
      ["timeout", 0.001, 86_400],
      ["nodeTimeout", 0.001, 86_400],
      ["hookTimeout", 0.001, 86_400],
      ["cancelGrace", 0, 86_400]
    ])("and lets %s be from %d to %d", (key, minimum, maximum) => {
      const problems = (value: number) =>
        briefs(`name: flow\nconfig: { ${key}: ${value} }\nnodes: { a: work }`)
      expect(problems(minimum)).toEqual([])
      expect(problems(maximum)).toEqual([])
      for (const value of [minimum - (minimum < 1 ? 0.001 : 1), maximum + 1]) {
        expect(problems(value)).toEqual([`InvalidValue ${value}`])
      }
    })
  })

  it("has a reader for each key of the schema of files", () => {
    // Each key is given a value of the wrong kind: an unknown key would say so instead.
    const complaint = (text: string) => inspect(text).problems.filter(({ code }) => code === "UnknownKey")
    for (const key of Object.keys(FlowFile.FlowFile.fields)) expect(complaint(`${key}: [[]]`)).toEqual([])
    for (const key of Object.keys(FlowFile.Node.fields)) {
      expect(complaint(nodes(`  a: { ${key}: [[]] }`))).toEqual([])
    }
    for (const key of Object.keys(FlowFile.Config.fields)) {
      expect(complaint(`name: f\nconfig: { ${key}: [[]] }`)).toEqual([])
    }
  })
})
