import type { Problem } from "@dagflow/protocol"
import { execFileSync } from "node:child_process"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { YamlLimits } from "../src/index.ts"
import { briefs, inspect, nodes, partOf } from "./reading.ts"
import { chain } from "./stepCount.ts"

const shown = ({ excerpt }: Problem | undefined = {} as Problem) => `\n${excerpt}\n`

describe("FlowYaml", () => {
  it("finds every mistake at once, in the order of the text, each at the part that is wrong", () => {
    const text = `name: flow
descripton: d
config:
  maxParallel: 0
  timeout: soon
inputs:
  limit: { type: integr, required: perhaps }
nodes:
  fetch:
    action: htp
    retry: { tires: 3 }
    dependencies: [fetch, ghost]
  report:
    inputs: { rows: { ref: fecth.rows }, n: { ref: inputs.limt } }
    trigger: all_sucess
    forEach: rows
  loop: { action: http, dependencies: [pool, pool] }
  pool: { action: http, dependencies: loop }
`
    expect(briefs(text, { actions: ["http"] })).toEqual([
      "UnknownKey descripton → description",
      "InvalidValue 0",
      "InvalidValue soon",
      "InvalidValue integr → integer",
      "InvalidValue perhaps",
      "UnknownAction htp → http",
      "UnknownKey tires → tries",
      "SelfDependency fetch",
      "UnknownDependency ghost",
      "MissingKey report",
      "UnknownReference fecth.rows → fetch.rows",
      "UnknownReference inputs.limt → inputs.limit",
      "InvalidValue all_sucess → all_success",
      "UnknownReference rows",
      "CycleFound pool",
      "DuplicateEdge? pool"
    ])
  })

  it("says what was meant where a map is missing: keys that are not indented, a number of tries", () => {
    const messages = (text: string) => inspect(nodes(text)).problems.map(({ message }) => message)
    expect(messages("  a:\n  action: work\n")[0]).toBe(
      "a node is a map of keys and values, and this is nothing; its keys are to be indented further than its name"
    )
    expect(messages("  a: { action: work, retry: 3 }\n")).toEqual([
      "a retry is a map of keys and values, and this is 3; write { tries: 3 } for as many attempts in all"
    ])
    expect(messages("  a: { action: work, retry: often }\n")[0]).toMatch(
      /and this is often$|and this is "often"$/
    )
  })

  it("gives each problem its file, its place from beginning to end, and the path that leads there", () => {
    const text = nodes("  a: work\n  b:\n    action: work\n    dependencies:\n      - c\n")
    const { problems } = inspect(text, { file: "flows/a.yaml" })
    expect(problems[0]).toMatchObject({
      code: "UnknownDependency",
      severity: "error",
      nodeId: "b",
      path: ["nodes", "b", "dependencies", 0],
      position: { file: "flows/a.yaml", line: 7, column: 9, endLine: 7, endColumn: 10 }
    })
  })

  it("shows the lines around a problem, with carets and the suggestion", () => {
    const text = nodes(
      "  fetch: work\n  report:\n    action: work\n    dependencies: [fetc]\n    priority: 1\n"
    )
    expect(shown(inspect(text).problems[0])).toBe(`
  |
5 |     action: work
6 |     dependencies: [fetc]
  |                    ^^^^ did you mean "fetch"?
7 |     priority: 1
`)
  })

  it("keeps the numbers of lines in one column", () => {
    const text = nodes(`${"  # nothing\n".repeat(6)}  a: { acton: work }\n  b: work\n`)
    expect(shown(inspect(text).problems[0])).toBe(`
   |
 8 |   # nothing
 9 |   a: { acton: work }
   |   ^
10 |   b: work
`)
  })

  it("shows the first line of a value of several lines", () => {
    const text = nodes("  a:\n    action: work\n    dependencies:\n      b: 1\n      c: 2\n")
    expect(shown(inspect(text).problems[0])).toBe(`
  |
5 |     dependencies:
6 |       b: 1
  |       ^^^^
7 |       c: 2
`)
  })

  it("puts carets below what they mean, behind tabs, wide characters and marks that take no room", () => {
    const text = nodes("  日本\u0301e\u0301: { action: work,\tdependencies: [日] }\n")
    expect(shown(inspect(text).problems[0])).toBe(`
  |
2 | nodes:
3 |   日本\u0301e\u0301: { action: work, dependencies: [日] }
  |                                         ^^
`)
  })

  it("cuts a line that does not fit, around the place that matters", () => {
    const text = nodes(`  a: { action: work, description: "${"x".repeat(300)}", retry: { tries: 0 } }\n`)
    const lines = shown(inspect(text).problems[0]).split("\n")
    expect(lines[3]).toMatch(/^3 \| …x+", retry: \{ tries: 0 \} \}$/)
    expect(lines[4]?.indexOf("^")).toBe(lines[3]?.indexOf("0 }"))
  })

  it("lets nothing of a file steer the terminal", () => {
    const { problems } = inspect(nodes('  "a\u202eb": { acton: work }'))
    expect(problems[0]?.excerpt).toContain('"a\ufffdb"')
  })

  it("counts columns of files with CR LF as of others", () => {
    const text = nodes("  a: work\n  b: { action: work, dependencies: [c] }\n").replaceAll("\n", "\r\n")
    const { problems } = inspect(text)
    expect(problems[0]?.position).toEqual({ file: "<text>", line: 4, column: 37, endLine: 4, endColumn: 38 })
    expect(problems[0]?.excerpt).not.toContain("\r")
  })

  it("says what is wrong with the syntax, once for each place", () => {
    expect(briefs("name: flow\nnodes:\n\ta: work\n")).toEqual(["SyntaxError"])
    expect(briefs("name: 'flow\n")[0]).toMatch(/^SyntaxError/)
    expect(briefs("name: a: b\n")).toEqual(["SyntaxError a"])
  })

  it("says once what one slip of syntax does to the rest of the file", () => {
    const slip = nodes(
      '  a: { action: work, when: nodes["b c"].x == 3 }\n  "b c": { action: work }\n  d: work\n'
    )
    const { problems } = inspect(slip)
    expect(problems.map(({ message, position }) => [position?.line, position?.column, message])).toEqual([
      [3, 33, "the value ends before this: a text with such characters has to stand in quotes"]
    ])
    expect(briefs("name: a: b\nnodes: {}\ndescription: c: d\n")).toEqual(["SyntaxError a", "SyntaxError c"])
  })

  it.each([
    ["int", "integer"],
    ["str", "string"],
    ["bool", "boolean"],
    ["list", "array"],
    ["dict", "object"],
    ["strnig", "string"]
  ])("knows which type is meant by %s", (word, type) => {
    expect(briefs(`name: a\ninputs: { x: ${word} }\nnodes: {}\n`)).toEqual([`InvalidValue ${word} → ${type}`])
    expect(briefs(`name: a\ninputs: { x: { type: ${word} } }\nnodes: {}\n`)).toEqual([
      `InvalidValue ${word} → ${type}`
    ])
  })

  it("says where what belongs", () => {
    const messages = (text: string) => inspect(text).problems.map(({ message }) => message)
    expect(messages(nodes("  a: { action: work, inputs: 5 }\n"))).toEqual([
      '"inputs" is 5: expected a map from names to values'
    ])
    expect(messages(nodes("  a: { flow: { nodes: { b: work }, returns: b } }\n"))).toEqual([
      '"returns" belongs to the node that runs the flow, beside "flow"'
    ])
  })

  it.each([
    ["an empty file", "", ["MissingKey"]],
    ["only comments", "# nothing\n", ["MissingKey #"]],
    ["a list", "- a\n", ["InvalidValue - a"]],
    ["a text", "flow\n", ["InvalidValue flow"]],
    ["no nodes", "name: flow\n", ["MissingKey name: flow"]],
    ["an empty list of nodes", "name: flow\nnodes: []\n", ["EmptyFlow? []"]],
    ["nodes that are a text", "name: flow\nnodes: many\n", ["InvalidValue many"]],
    ["a node that is a number", "name: flow\nnodes: { a: 5 }\n", ["InvalidValue 5"]],
    ["an id in a map of nodes", nodes("  a: { id: a, action: work }"), ["UnknownKey id"]],
    ["a key of another system", nodes("  a: { uses: work }"), ["MissingKey a", "UnknownKey uses → action"]],
    [
      "an edge without a node",
      nodes("  a: work\n  b: { action: work, dependencies: [{ when: a.ok }] }"),
      ["MissingKey { when: a.ok }"]
    ],
    ["a sub-flow of a file", nodes("  a: { flow: other.yaml }"), ["UnreadableFile other.yaml"]],
    ["channels", "name: flow\nconfig: { channels: {} }\nnodes: { a: work }", ["UnsupportedKey channels"]],
    [
      "an empty text in a list",
      "name: flow\ntags: [a, ]\nnodes: { a: work, b: { action: work, outputs: [~] } }",
      ["InvalidValue ~"]
    ],
    [
      "an unknown strategy, and what was meant",
      "name: flow\nconfig: { strategy: superstp }\nnodes: { a: work }",
      ["InvalidValue superstp → superstep"]
    ],
    [
      "interrupts at nodes that are not there, and keys that interrupts do not have",
      "name: flow\nconfig: { strategy: superstep, interrupts: { before: [revue], afer: [a] } }\nnodes: { review: work, a: work }",
      ["UnknownReference revue → review", "UnknownKey afer → after"]
    ],
    [
      "interrupts without steps",
      "name: flow\nconfig: { interrupts: { eachStep: true } }\nnodes: { a: work }",
      ["InvalidValue { eachStep: true }"]
    ],
    ["the same node twice", nodes("  a: work\n  a: work"), ["DuplicateNode a"]],
    ["the same key twice", nodes("  a: { action: work, action: rest }"), ["SyntaxError action"]]
  ])("reports %s", (_, text, expected) => {
    expect(briefs(text)).toEqual(expected)
  })

  it.each(["subflow", "channels", "pool", "cache_strategy"])(
    "refuses the key %s, which has no meaning yet, by its name",
    (key) => {
      const { problems } = inspect(nodes(`  a: { action: work, ${key}: x }`))
      expect(problems.map(({ code }) => code)).toEqual(["UnsupportedKey"])
      expect(problems[0]?.message).toContain(key)
    }
  )

  it("row 116: refuses a hybrid strategy where it stands, and names those that exist", () => {
    const { problems } = inspect("name: flow\nconfig:\n  strategy: hybrid\nnodes: { a: work }")
    expect(problems).toMatchObject([
      {
        code: "InvalidValue",
        message: '"strategy" is "hybrid": expected reactive, work_queue, level, superstep',
        path: ["config", "strategy"],
        position: { line: 3, column: 13 }
      }
    ])
  })

  it("names missing variables of the environment at each of their places, and never what the others hold", () => {
    const text = `name: flow
inputs: { key: { secret: true, default: "\${env.KEY}" } }
nodes:
  a: { action: work, inputs: { x: "\${env.HOME}/\${env.NOPE}", y: { template: "\${env.NOPE}" } } }
`
    const environment = (name: string) => ({ HOME: "/home/ada", KEY: "" })[name]
    const source = inspect(text, { environment })
    expect(briefs(text, { environment })).toEqual([
      'MissingVariable "${env.HOME}/${env.NOPE}"',
      'MissingVariable "${env.NOPE}"'
    ])
    expect(source.environment).toEqual(["HOME", "KEY", "NOPE"])
    expect(JSON.stringify(source.problems)).not.toContain("/home/ada")
    expect(JSON.stringify(inspect(text).flow)).not.toContain("/home/ada")
    expect(inspect(text).flow?.nodes[0]?.inputs?.["x"]).toEqual({ template: "${env.HOME}/${env.NOPE}" })
  })

  it("refuses a variable in the default of an input that is not secret, since nobody would fill it in", () => {
    const text = 'name: flow\ninputs: { home: { default: "${env.HOME}" } }\nnodes: { a: work }'
    expect(briefs(text)).toEqual(['InvalidValue { default: "${env.HOME}" }'])
  })

  describe("on 10,000 nodes with 500 mistakes", { timeout: 120_000 }, () => {
    it("finds them all, each at its place", () => {
      const text = chain(10_000, 500)
      const problems = inspect(text).problems.filter(({ code }) => code === "UnknownDependency")
      expect(problems).toHaveLength(500)
      const lines = text.split("\n")
      for (const problem of problems) {
        expect(partOf(lines, problem)).toBe(problem.message.split('"')[3])
        expect(problem.suggestion).toMatch(/^node\d+$/)
      }
    })

    it("takes about ten times the steps for ten times the nodes and mistakes", () => {
      const script = path.join(import.meta.dirname, "stepCount.ts")
      const steps = (...words: ReadonlyArray<string>) =>
        Number(execFileSync(process.execPath, [script, ...words], { encoding: "utf8" }))
      const small = steps("500", "25")
      const large = steps("5000", "250")
      expect(small).toBeGreaterThan(100_000)
      expect(large / small).toBeGreaterThan(8)
      expect(large / small).toBeLessThan(12)
    })
  })

  it("stops listing problems at the limit, and says how many there are beyond", () => {
    const text = nodes(
      Array.from({ length: 30 }, (_, index) => `  n${index}: { acton: x, action: work }\n`).join("")
    )
    const { problems } = inspect(text, { limits: { problemsMax: 20 } })
    expect(problems).toHaveLength(21)
    expect(problems.at(-1)).toMatchObject({
      code: "LimitExceeded",
      message: expect.stringContaining("10 more")
    })
    expect(inspect(text).problems).toHaveLength(30)
    expect(YamlLimits.defaults.problemsMax).toBe(10_000)
  })
})
