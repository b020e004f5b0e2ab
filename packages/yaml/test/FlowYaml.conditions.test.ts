import { Effect } from "effect"
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { Dependency } from "@dagflow/protocol"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { FlowYaml } from "../src/index.ts"
import { briefs, inspect, nodes, parse } from "./reading.ts"

const check = "  check: work\n"

describe("conditions in YAML", () => {
  it("are read of nodes and of edges", () => {
    const flow = parse(
      nodes(`${check}  go: { action: work, when: check.score > 0.5 }
  join:
    action: work
    dependencies: [go, { node: check, when: "has(check.ok)" }, { node: other }]
    when: inputs.force
  other: work`)
    )
    expect(flow.nodes[1]).toEqual({
      id: "go",
      action: "work",
      when: "check.score > 0.5",
      // What the condition reads has to end before.
      dependencies: ["check"]
    })
    expect(flow.nodes[2]?.dependencies).toEqual(["go", { node: "check", when: "has(check.ok)" }, "other"])
    expect(flow.nodes[2]?.when).toBe("inputs.force")
  })

  it("may be written as true and false", () => {
    expect(parse(nodes("  a: { action: work, when: false }")).nodes[0]?.when).toBe("false")
  })

  it("are read back as they were written", () => {
    const flow = parse(
      nodes(
        `${check}  go: { action: work, dependencies: [{ node: check, when: check.a == "x" }], when: check.b }`
      )
    )
    expect(parse(FlowYaml.stringify(flow))).toEqual(flow)
  })

  it.each([
    ["a syntax error, at the place in the text", "check.score >", "InvalidExpression >"],
    ["a syntax error in quotes", '"check.score > > 1"', "InvalidExpression >"],
    ["values that cannot be compared", "1 > 'a' || check.ok", "InvalidExpression 1 > 'a'"],
    ["what is never true or false", "check.rows.map(x, x)", "InvalidExpression check.rows.map(x, x)"],
    ["a function that there is not", "check.name.reversed()", "InvalidExpression check.name.reversed()"],
    ["an unknown node", "chek.ok && check.ok", "UnknownReference chek.ok → check.ok"],
    ["an unknown name", "limit > 3", "UnknownReference limit"],
    ["a node that it does not come after", "later.ok", "NotAnAncestor later.ok"],
    ["its own outputs", "go.ok", "NotAnAncestor go.ok"],
    ["channels of a flow without any", "channels.total > 1", "UnknownReference channels.total"],
    ["a number", "5", "InvalidValue 5"]
  ])("report %s", (_, condition, expected) => {
    const text = nodes(
      `${check}  go:\n    action: work\n    dependencies: [check]\n    when: ${condition}\n  later: { action: work, dependencies: [go] }`
    )
    expect(briefs(text)).toEqual([expected])
  })

  it("report problems of edges at their places, with a caret", () => {
    const { problems } = inspect(
      nodes(
        `${check}  go:\n    action: work\n    dependencies:\n      - { node: check, when: check.ok & true }\n`
      )
    )
    expect(problems.map(({ code }) => code)).toEqual(["InvalidExpression"])
    expect(problems[0]?.position).toMatchObject({ line: 7, column: 39 })
    expect(problems[0]?.excerpt?.split("\n").at(-1)).toMatch(/\^/)
    expect(problems[0]?.message).toContain('the condition "check.ok & true"')
  })

  it("report inputs that the flow does not declare, and secret ones", () => {
    const text = `name: flow
inputs: { limit: integer, token: { secret: true } }
nodes:
  a: { action: work, when: inputs.limt > 3 }
  b: { action: work, when: inputs.token == "x" }
  c: { action: work, dependencies: [a, { node: a, when: inputs.limit > 1 }] }`
    expect(briefs(text)).toEqual([
      "UnknownReference inputs.limt → inputs.limit",
      "UnknownReference inputs.token",
      "DuplicateEdge { node: a, when: inputs.limit > 1 }"
    ])
  })

  it("read the nodes of an included file by the ids that they have there", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "dagflow-conditions-"))
    writeFileSync(
      path.join(folder, "main.yaml"),
      "name: flow\ninclude: [{ file: part.yaml, prefix: etl- }]\nnodes: { a: work }\n"
    )
    writeFileSync(
      path.join(folder, "part.yaml"),
      "nodes:\n  load: work\n  go:\n    action: work\n    dependencies: [{ node: load, when: load.ok }]\n    when: load.rows.exists(load, load.ok)\n"
    )
    const load = FlowYaml.load(path.join(folder, "main.yaml")).pipe(
      Effect.provide([NodeFileSystem.layer, NodePath.layer])
    )
    const flow = await Effect.runPromise(load)
    rmSync(folder, { recursive: true })
    const go = flow.nodes.find(({ id }) => id === "etl-go")
    expect(go?.when).toBe('nodes["etl-load"].rows.exists(load, load.ok)')
    expect(go?.dependencies).toEqual([{ node: "etl-load", when: 'nodes["etl-load"].ok' }])
    expect(go?.dependencies?.map(Dependency.nodeOf)).toEqual(["etl-load"])
  })
})

describe("lists that expressions make, in YAML", () => {
  it("have the nodes that they read for dependencies, and are read back as they were written", () => {
    const flow = parse(
      nodes(`  load: work
  send:
    action: work
    forEach: { items: "load.rows.filter(row, row.open)", maxParallel: 2 }
    inputs: { to: each.item.owner }`)
    )
    expect(flow.nodes[1]).toEqual({
      id: "send",
      action: "work",
      forEach: { items: { expression: "load.rows.filter(row, row.open)" }, maxParallel: 2 },
      dependencies: ["load"],
      inputs: { to: { ref: "each.item.owner" } }
    })
    expect(FlowYaml.stringify(flow)).toContain("items: load.rows.filter(row, row.open)")
    expect(parse(FlowYaml.stringify(flow))).toEqual(flow)
  })

  it("report their problems at their places, with a caret", () => {
    const { problems } = inspect(
      nodes(`${check}  go:\n    action: work\n    forEach: check.rows.filter(row, row.n >)\n`)
    )
    expect(problems.map(({ code }) => code)).toEqual(["InvalidExpression"])
    expect(problems[0]?.position).toMatchObject({ line: 6, column: 44 })
    expect(problems[0]?.excerpt?.split("\n").at(-1)).toMatch(/\^/)
    expect(problems[0]?.message).toContain('the list "check.rows.filter(row, row.n >)"')
  })

  it("name the nodes of an included file by the ids that those have in the whole", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "dagflow-lists-"))
    writeFileSync(
      path.join(folder, "main.yaml"),
      "name: flow\ninclude: [{ file: part.yaml, prefix: etl- }]\nnodes: { a: work }\n"
    )
    writeFileSync(
      path.join(folder, "part.yaml"),
      "nodes:\n  load: work\n  go: { action: work, forEach: 'load.rows.filter(row, row.ok)' }\n"
    )
    const load = FlowYaml.load(path.join(folder, "main.yaml")).pipe(
      Effect.provide([NodeFileSystem.layer, NodePath.layer])
    )
    const flow = await Effect.runPromise(load)
    rmSync(folder, { recursive: true })
    expect(flow.nodes.find(({ id }) => id === "etl-go")).toMatchObject({
      dependencies: ["etl-load"],
      forEach: { items: { expression: 'nodes["etl-load"].rows.filter(row, row.ok)' } }
    })
  })
})
