/*
 * Goal: files in the format of Dagger mean here what its own documents say they mean. Method: files of every shape that
 * its examples have, and a table of each key.
 */
import { globSync, readFileSync } from "node:fs"
import path from "node:path"
import type { FlowConfig, NodeSpec } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { briefs, inspect, nodes, parse } from "./reading.ts"

const folder = path.join(import.meta.dirname, "fixtures/dagger")
const fixture = (name: string) => readFileSync(path.join(folder, name), "utf8")

describe("FlowYaml on a file of Dagger", () => {
  it.each(globSync("*.yaml", { cwd: folder }).sort())("reads %s without an error", (name) => {
    expect(parse(fixture(name), { file: name }).name).toBe(name.replace(".yaml", "").replace("-", "_"))
  })

  it("keeps everything that the first node of the example says", () => {
    const [first] = parse(fixture("arithmetic.yaml")).nodes
    expect(first).toEqual({
      id: "add",
      dependencies: [],
      inputs: { left: { ref: "inputs.left" }, right: { ref: "inputs.right" } },
      outputs: [{ name: "sum", description: "Both together" }],
      action: "add_pair",
      failure: "report_add",
      onFailure: "best_effort",
      description: "Adds",
      timeoutMillis: 3_600_000,
      retry: { tries: 3 }
    })
  })

  it("keeps what the file says about itself", () => {
    const { nodes: _, ...header } = parse(fixture("arithmetic.yaml"))
    expect(header).toEqual({
      name: "arithmetic",
      description: "Adds two numbers, squares the sum and triples the square",
      author: "Example Team",
      version: "0.1.2",
      signature: "none",
      tags: ["numbers", "chain"]
    })
  })

  it("fills in what may be left out: no dependencies, no retry, no time-out", () => {
    const flow = parse(fixture("documented-minimal.yaml"))
    expect(flow.nodes[0]).toEqual({ id: "get", action: "get_rows", dependencies: [] })
    const [first, , last] = parse(fixture("documented-pipeline.yaml")).nodes
    expect(first?.dependencies).toBeUndefined()
    expect(last?.outputs).toBeUndefined()
  })

  it("takes an empty failure action for none, and a list of instructions for lines", () => {
    const [, second] = parse(fixture("chain.yaml")).nodes
    expect(second?.failure).toBeUndefined()
    expect(second?.instructions).toBe("Print it once.\nThen stop.")
  })

  it.each<[string, Partial<NodeSpec.NodeSpec>]>([
    ["onfailure: true", { onFailure: "best_effort" }],
    ["onfailure: false", {}],
    ["on_failure: Stop", { onFailure: "halt" }],
    ["on_failure: Continue", { onFailure: "continue" }],
    ["on_failure: Pause", { onFailure: "pause" }],
    ["try_count: 1", { retry: { tries: 1 } }],
    ["try_count: 255", { retry: { tries: 255 } }],
    ["timeout: 10", { timeoutMillis: 10_000 }],
    ["timeout: 0.5", { timeoutMillis: 500 }],
    ["timeout: 86400", { timeoutMillis: 86_400_000 }]
  ])("reads %s of a node", (line, expected) => {
    expect(parse(nodes(`  - { id: a, action: work, ${line} }`)).nodes).toEqual([
      { id: "a", action: "work", ...expected }
    ])
  })

  it.each([
    ["try_count", "0"],
    ["try_count", "1001"],
    ["try_count", "1.5"],
    ["timeout", "0"],
    ["timeout", "-1"],
    ["timeout", "86401"],
    ["onfailure", "maybe"],
    ["on_failure", "Ignore"]
  ])("refuses %s: %s of a node, at the value", (key, value) => {
    expect(briefs(nodes(`  - id: a\n    action: work\n    ${key}: ${value}`))).toEqual([
      `InvalidValue ${value}`
    ])
  })

  it("refuses two keys that say the same thing", () => {
    const line = (keys: string) => nodes(`  - { id: a, action: work, ${keys} }`)
    expect(briefs(line("try_count: 2, retry: { tries: 2 }"))).toEqual(["InvalidValue try_count"])
    expect(briefs(line("onfailure: true, onFailure: halt"))).toEqual(["InvalidValue onfailure"])
  })

  it("refuses a reference to a node that is no ancestor of one that lists its dependencies", () => {
    const body =
      "  - { id: a, action: w }\n  - { id: b, action: w, dependencies: [], inputs: [{ name: x, reference: a.x }] }"
    expect(briefs(nodes(body))).toEqual(["NotAnAncestor a.x"])
  })

  it("needs a name and a source of each input", () => {
    const input = (entry: string) => briefs(nodes(`  - { id: a, action: w, inputs: [${entry}] }`))
    expect(input("{ name: x }")).toEqual(["MissingKey { name: x }"])
    expect(input("{ reference: inputs.x }")).toEqual(["MissingKey { reference: inputs.x }"])
    const two = "{ name: x, reference: inputs.x, value: 1 }"
    expect(input(two)).toEqual([`InvalidValue ${two}`])
    expect(input("{ name: x, value: 1 }, { name: x, value: 2 }")).toEqual([
      "InvalidValue { name: x, value: 2 }"
    ])
    expect(input("{ name: x, value: 1, default: 2 }")).toEqual(["InvalidValue default"])
  })
})

const config = (body: string) => `name: flow\nconfig: {${body}}\nnodes: { a: work }`

describe("FlowYaml on a configuration of Dagger", () => {
  it("reads the one of the example, and says which keys have no effect", () => {
    expect(parse(fixture("configured.yaml")).config).toEqual({
      retry: {
        tries: 3,
        backoff: "exponential",
        initialMillis: 2000,
        maxMillis: 60_000,
        factor: 2,
        jitter: 0
      },
      onFailure: "continue",
      timeoutMillis: 3_600_000,
      maxIterations: 50,
      maxParallel: 3
    })
    expect(briefs(fixture("configured.yaml"))).toEqual([
      "UnsupportedKey? human_timeout_action",
      "UnsupportedKey? enable_incremental_cache",
      "UnsupportedKey? cache_snapshot_interval"
    ])
  })

  it.each<[string, FlowConfig.FlowConfig]>([
    ["on_failure: Stop", { onFailure: "halt" }],
    ["on_failure: Halt", { onFailure: "halt" }],
    ["on_failure: Pause", { onFailure: "pause" }],
    ["timeout_seconds: 1", { timeoutMillis: 1000 }],
    ["timeout_seconds: 86400", { timeoutMillis: 86_400_000 }],
    ["max_attempts: 1", { retry: { tries: 1 } }],
    ["max_iterations: 0", { maxIterations: 0 }],
    ["max_iterations: 1000", { maxIterations: 1000 }],
    ["max_parallel_nodes: 1", { maxParallel: 1 }],
    ["enable_parallel_execution: true", {}],
    ["enable_parallel_execution: false, max_parallel_nodes: 8", { maxParallel: 1 }],
    ["retry_strategy: Immediate", { retry: { backoff: "immediate", jitter: 0 } }],
    [
      "retry_strategy: { Linear: { delay_secs: 90 } }, max_attempts: 2",
      { retry: { backoff: "fixed", initialMillis: 90_000, maxMillis: 90_000, jitter: 0, tries: 2 } }
    ],
    [
      "retry_strategy: !Linear { delay_secs: 0 }",
      { retry: { backoff: "fixed", initialMillis: 0, maxMillis: 0, jitter: 0 } }
    ]
  ])("reads %s", (body, expected) => {
    const { flow, problems } = inspect(config(body))
    expect(problems).toEqual([])
    expect(flow?.config).toEqual(expected)
  })

  it.each([
    ["on_failure: Ignore", "Ignore"],
    ["timeout_seconds: 0", "0"],
    ["timeout_seconds: 86401", "86401"],
    ["max_attempts: 0", "0"],
    ["max_attempts: 1001", "1001"],
    ["max_iterations: -1", "-1"],
    ["max_parallel_nodes: 0", "0"],
    ["max_parallel_nodes: 10001", "10001"],
    ["retry_strategy: Quick", "Quick"],
    ["retry_strategy: { Linear: { delay_secs: 86401 } }", "86401"],
    ["enable_parallel_execution: 1", "1"]
  ])("refuses %s, at the value", (body, value) => {
    expect(briefs(config(body))).toEqual([`InvalidValue ${value}`])
  })

  it.each(["maxTokens: 5000", "human_wait_minutes: 5", "review_frequency: 5"])(
    "refuses %s, which has no counterpart, by its name",
    (body) => {
      expect(briefs(config(body))).toEqual([`UnsupportedKey ${body.split(":")[0]}`])
    }
  )

  it.each([
    ["budget: { tokens: 1 }, max_tokens: 1", "max_tokens"],
    ["timeout: 1h, timeout_seconds: 3600", "timeout_seconds"],
    ["maxParallel: 3, max_parallel_nodes: 3", "max_parallel_nodes"],
    ["retry: { tries: 2 }, max_attempts: 2", "max_attempts"],
    ["retry: { tries: 2 }, retry_strategy: Immediate", "retry_strategy"]
  ])("refuses %s, which says one thing twice", (body, key) => {
    expect(briefs(config(body))).toEqual([`InvalidValue ${key}`])
  })
})
