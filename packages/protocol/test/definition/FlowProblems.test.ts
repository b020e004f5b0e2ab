import { describe, expect, it } from "vitest"
import { FlowProblems, type FlowSpec, type NodeSpec, type Problem } from "../../src/index.ts"
import { countWork } from "../state/WorkCount.ts"

const node = (id: string, more: Partial<NodeSpec.NodeSpec> = {}): NodeSpec.NodeSpec => ({
  id,
  action: "work",
  ...more
})

const after = (id: string, ...dependencies: ReadonlyArray<string>) => node(id, { dependencies })

const flow = (...nodes: ReadonlyArray<NodeSpec.NodeSpec>): FlowSpec.FlowSpec => ({ name: "flow", nodes })

/** A problem as a table shows it: what is wrong, where, and what was probably meant. */
const brief = ({ code, path, severity, suggestion }: Problem) =>
  [
    severity === "warning" ? `${code}?` : code,
    path.join("."),
    ...(suggestion === undefined ? [] : [suggestion])
  ].join(" ")

const briefs = (spec: FlowSpec.FlowSpec, options?: FlowProblems.Options) =>
  FlowProblems.check(spec, options).map(brief)

const from = (ref: string) => ({ inputs: { rows: { ref } } })

describe("FlowProblems", () => {
  it("finds nothing wrong with a flow that is right", () => {
    const right = flow(
      node("fetch", { outputs: [{ name: "rows" }], inputs: { day: { ref: "inputs.day" } } }),
      node("clean", { dependencies: ["fetch"], ...from("fetch.rows[0].name") }),
      // An ancestor need not be a direct dependency.
      node("report", { dependencies: ["clean"], ...from("fetch.rows"), failure: "work" })
    )
    expect(FlowProblems.check(right, { actions: ["work"] })).toEqual([])
  })

  it.each<[string, FlowSpec.FlowSpec, ReadonlyArray<string>]>([
    ["a second node of one id", flow(node("a"), node("a")), ["DuplicateNode nodes.1.id"]],
    ["an id with a dot", flow(node("a.b")), ["InvalidValue nodes.0.id"]],
    ["a reserved id", flow(node("inputs")), ["InvalidValue nodes.0.id"]],
    [
      "an output named twice",
      flow(node("a", { outputs: [{ name: "x" }, { name: "x" }] })),
      ["InvalidValue nodes.0.outputs.1.name"]
    ],
    [
      "an output that no reference can name",
      flow(node("a", { outputs: [{ name: "x.y" }] })),
      ["InvalidValue nodes.0.outputs.0.name"]
    ],
    [
      "an unknown dependency",
      flow(node("fetch"), after("b", "fecth")),
      ["UnknownDependency nodes.1.dependencies.0 fetch"]
    ],
    ["a node that depends on itself", flow(after("a", "a")), ["SelfDependency nodes.0.dependencies.0"]],
    [
      "a dependency listed twice",
      flow(node("a"), after("b", "a", "a")),
      ["DuplicateEdge? nodes.1.dependencies.1"]
    ],
    [
      "a reference that cannot be read",
      flow(node("a", from("a["))),
      ["MalformedReference nodes.0.inputs.rows.ref"]
    ],
    [
      "a reference to an unknown node",
      flow(node("fetch"), node("b", from("fetcj.rows[2].x"))),
      ["UnknownReference nodes.1.inputs.rows.ref fetch.rows[2].x"]
    ],
    [
      "a misspelled reference to an input",
      flow(node("a", from("input.day"))),
      ["UnknownReference nodes.0.inputs.rows.ref inputs.day"]
    ],
    [
      "a reference to what flows do not have",
      flow(node("a", from("channels.x"))),
      ["UnknownReference nodes.0.inputs.rows.ref"]
    ],
    [
      "a reference to an undeclared output",
      flow(
        node("a", { outputs: [{ name: "rows" }] }),
        node("b", { dependencies: ["a"], ...from("a.row[0]") })
      ),
      ["UnknownReference nodes.1.inputs.rows.ref a.rows[0]"]
    ],
    [
      "a reference to a node that is no ancestor",
      flow(node("a"), node("b", from("a.x"))),
      ["NotAnAncestor nodes.1.inputs.rows.ref"]
    ],
    [
      "a reference to a descendant",
      flow(node("a", from("b.x")), after("b", "a")),
      ["NotAnAncestor nodes.0.inputs.rows.ref"]
    ],
    [
      "a reference to the node itself",
      flow(node("a", from("a.x"))),
      ["NotAnAncestor nodes.0.inputs.rows.ref"]
    ],
    [
      "references in a list, each at its position",
      flow(
        node("a"),
        node("b", {
          dependencies: ["a"],
          inputs: { rows: { list: [{ ref: "a.x" }, { ref: "b.x" }, { value: "z.x" }, { ref: "z.x" }] } }
        })
      ),
      ["UnknownReference nodes.1.inputs.rows.list.3.ref", "NotAnAncestor nodes.1.inputs.rows.list.1.ref"]
    ],
    ["no nodes", flow(), ["EmptyFlow? nodes"]],
    [
      "more nodes than a run may have",
      { ...flow(node("a"), node("b")), config: { nodesMax: 1 } },
      ["LimitExceeded nodes"]
    ]
  ])("reports %s", (_, spec, expected) => {
    expect(briefs(spec)).toEqual(expected)
  })

  it.each<[string, FlowSpec.FlowSpec["inputs"], ReadonlyArray<string>]>([
    ["an undeclared input", { dya: {} }, ["UnknownReference nodes.0.inputs.rows.ref inputs.dya"]],
    ["a name that no reference can spell", { day: {}, "a.b": {} }, ["InvalidValue inputs.a.b"]],
    [
      "a default of another type",
      { day: { type: "integer", default: 1.5 } },
      ["InvalidValue inputs.day.default"]
    ],
    [
      "a list where an object is declared",
      { day: { type: "object", default: [] } },
      ["InvalidValue inputs.day.default"]
    ],
    [
      "the value of a secret",
      { day: { secret: true, default: "hunter2" } },
      ["InvalidValue inputs.day.default"]
    ]
  ])("reports %s", (_, inputs, expected) => {
    expect(briefs({ ...flow(node("a", from("inputs.day"))), ...(inputs && { inputs }) })).toEqual(expected)
  })

  it("lets a secret name its variable, and a default be of its type", () => {
    const inputs = {
      day: { secret: true, default: "${env.DAY}" },
      list: { type: "array", default: [] },
      size: { type: "integer", default: 3 },
      none: { default: null }
    } as const
    expect(briefs({ ...flow(node("a", from("inputs.day"))), inputs })).toEqual([])
  })

  it("refuses channels of a flow whose strategy has no steps (R11), and names that no reference can name", () => {
    const channels = { log: { reducer: "append" }, "a.b": {}, cost: { reducer: "sum", default: "much" } }
    expect(briefs({ ...flow(node("a", from("channels.log"))), channels })).toEqual([
      "InvalidValue channels",
      "InvalidValue channels.a.b",
      "InvalidValue channels.cost.default"
    ])
    const config = { strategy: "superstep" } as const
    expect(briefs({ ...flow(node("a", from("channels.log"))), channels: { log: {} }, config })).toEqual([])
    expect(briefs({ ...flow(node("a", from("channels.lug"))), channels: { log: {} }, config })).toEqual([
      "UnknownReference nodes.0.inputs.rows.ref channels.log"
    ])
    expect(briefs(flow(node("a", from("channels.log"))))).toEqual([
      "UnknownReference nodes.0.inputs.rows.ref"
    ])
  })

  it("reports unknown actions and failure handlers, once actions are known", () => {
    const spec = flow(node("a", { failure: "mned" }), node("b", { action: "wrok" }))
    expect(briefs(spec)).toEqual([])
    expect(briefs(spec, { actions: ["work", "mend"] })).toEqual([
      "UnknownAction nodes.0.failure mend",
      "UnknownAction nodes.1.action work"
    ])
  })

  describe("on a cycle", () => {
    it("gives the closed path, from the smallest id, each node waiting for the next", () => {
      const [problem] = FlowProblems.check(flow(after("c", "b"), after("b", "a"), after("a", "c")))
      expect(problem?.message).toBe("these nodes wait for each other: a → c → b → a")
      expect(brief(problem as Problem)).toBe("CycleFound nodes.2.dependencies.0")
    })

    it("shows a shortest way round, and one error for each group of nodes that wait for each other", () => {
      const spec = flow(
        after("a", "long1", "b"),
        after("b", "a"),
        after("long1", "long2"),
        after("long2", "a"),
        after("x", "y"),
        after("y", "x")
      )
      const cycles = FlowProblems.check(spec).map(({ message }) => message.split(": ")[1])
      expect(cycles).toEqual(["a → b → a", "x → y → x"])
    })

    it("warns of nodes behind it, which never start", () => {
      const spec = flow(after("a", "b"), after("b", "a"), after("c", "b"), after("d", "c"), node("free"))
      expect(briefs(spec)).toEqual([
        "CycleFound nodes.0.dependencies.0",
        "UnreachableNode? nodes.2.id",
        "UnreachableNode? nodes.3.id"
      ])
    })

    it("warns of nodes from which every way leads into it", () => {
      const spec = flow(node("start"), after("a", "b", "start"), after("b", "a"), node("free"))
      expect(briefs(spec)).toEqual(["NoPathToEnd? nodes.0.id", "CycleFound nodes.1.dependencies.0"])
    })

    it("still tells ancestors from others", () => {
      const spec = flow(
        node("start"),
        after("a", "b", "start"),
        node("b", {
          dependencies: ["a"],
          inputs: { own: { ref: "b.x" }, far: { ref: "start.x" }, not: { ref: "free.x" } }
        }),
        after("free")
      )
      expect(briefs(spec)).toEqual([
        "NoPathToEnd? nodes.0.id",
        "CycleFound nodes.1.dependencies.0",
        "NotAnAncestor nodes.2.inputs.not.ref"
      ])
    })
  })

  it("answers for more far ancestors than a number has bits", () => {
    const heads = Array.from({ length: 100 }, (_, index) => node(`head${index}`))
    const inputs = Object.fromEntries(heads.map(({ id }) => [id, { ref: `${id}.x` }]))
    const middle = after("middle", ...heads.filter((_, index) => index % 2 === 0).map(({ id }) => id))
    const spec = flow(...heads, middle, node("last", { dependencies: ["middle"], inputs }))
    const refused = FlowProblems.check(spec).map(({ path }) => path[3])
    expect(refused).toEqual(heads.map(({ id }) => id).filter((_, index) => index % 2 === 1))
  })

  it("lists problems of the flow first, then those of each node", () => {
    const spec = { ...flow(node("a", from("x.y")), after("b", "nope"), node("a")), inputs: { "a.b": {} } }
    expect(briefs(spec)).toEqual([
      "InvalidValue inputs.a.b",
      "UnknownReference nodes.0.inputs.rows.ref",
      "UnknownDependency nodes.1.dependencies.0",
      "DuplicateNode nodes.2.id"
    ])
  })

  it("copes with a chain of 100,000 nodes and with a cycle of as many", () => {
    const chain = Array.from({ length: 100_000 }, (_, index) =>
      index === 0 ? node("n0") : after(`n${index}`, `n${index - 1}`)
    )
    expect(FlowProblems.check(flow(...chain))).toEqual([])
    const [cycle] = FlowProblems.check(flow(...chain.with(0, after("n0", "n99999"))))
    expect(cycle?.code).toBe("CycleFound")
  })

  describe("costs no more than", () => {
    /** A ladder in which every node depends on two others and refers to a far one, with a mistake on every 20th. */
    const ladder = (size: number) =>
      flow(
        ...Array.from({ length: size }, (_, index) => {
          const near = [index - 1, index - 2].filter((one) => one >= 0).map((one) => `node${one}`)
          const wrong = index % 20 === 7 ? [`nodf${index - 3}`] : []
          return node(`node${index}`, {
            dependencies: [...near, ...wrong],
            inputs: { near: { ref: `node${Math.max(0, index - 1)}.x` }, far: { ref: "node0.x" } }
          })
        })
      )

    it("its size: ten times the nodes and mistakes are about ten times the work", () => {
      const work = (size: number) => {
        const spec = ladder(size)
        return countWork(() => FlowProblems.check(spec))
      }
      const small = work(1000)
      expect(small).toBeGreaterThan(1000)
      // Sorting and the length of suggestions grow a little faster than the size.
      expect(work(10_000) / small).toBeLessThan(13)
    })
  })
})
