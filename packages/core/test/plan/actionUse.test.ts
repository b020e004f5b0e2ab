/*
 * Goal: whatever the schemas of actions tell about a definition is told before a run starts.
 * Method: a table of inputs for one node, with the code of the problem and the place it is found at. Definitions are made
 * by hand, as YAML gives them, since in TypeScript most of these do not compile.
 */
import { Action, Plan } from "@dagflow/core"
import type { FlowSpec, NodeSpec } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import type * as SchemaIssue from "effect/SchemaIssue"
import { describe, expect, it } from "vitest"

interface Tree {
  readonly label: string
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  label: Schema.String,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

const source = Action.make("source", {
  input: Schema.Struct({}),
  output: Schema.Struct({
    text: Schema.String,
    whole: Schema.Int,
    number: Schema.Finite,
    flag: Schema.Boolean,
    list: Schema.Array(Schema.Struct({ name: Schema.String })),
    pair: Schema.Tuple([Schema.String, Schema.Int]),
    record: Schema.Record(Schema.String, Schema.Int),
    tree: Tree,
    either: Schema.Union([Schema.String, Schema.Int]),
    json: Schema.Json,
    date: Schema.DateFromString
  }),
  run: () => Effect.die("no action runs in these tests")
})

const takes = <const Name extends string, Fields extends Schema.Struct.Fields>(name: Name, fields: Fields) =>
  Action.make(name, {
    input: Schema.Struct(fields) as unknown as Action.Fields,
    output: Schema.Struct({}),
    run: () => ({})
  })

const sink = takes("sink", {
  text: Schema.String,
  whole: Schema.optionalKey(Schema.Int),
  number: Schema.optionalKey(Schema.Finite),
  flag: Schema.optionalKey(Schema.Boolean),
  list: Schema.optionalKey(Schema.Array(Schema.Int)),
  choice: Schema.optionalKey(Schema.Literals(["a", "b"])),
  date: Schema.optionalKey(Schema.DateFromString),
  filled: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("x"))),
  nullable: Schema.optionalKey(Schema.NullOr(Schema.String)),
  json: Schema.optionalKey(Schema.Json)
})

const range = Action.make("range", {
  input: Schema.Struct({ from: Schema.Int, to: Schema.Int }).check(
    Schema.makeFilter(({ from, to }: { readonly from: number; readonly to: number }) =>
      from <= to ? undefined : "from must not be greater than to"
    )
  ),
  output: Schema.Record(Schema.String, Schema.Int),
  run: () => ({})
})

const open = Action.make("open", {
  input: Schema.StructWithRest(Schema.Struct({ text: Schema.String }), [
    Schema.Record(Schema.String, Schema.Json)
  ]) as unknown as Action.Fields,
  output: Schema.Record(Schema.String, Schema.Json),
  run: () => ({})
})

const plain = Action.fn("plain", (input: { readonly anything?: unknown }) => ({ given: input.anything }))

const known: ReadonlyArray<Action.Any> = [source, sink, range, open, plain]

const actions: Plan.Actions = { get: (name) => known.find((action) => action.name === name), list: known }

type Inputs = NonNullable<NodeSpec.NodeSpec["inputs"]>

const inputs: FlowSpec.FlowSpec["inputs"] = {
  text: { type: "string" },
  count: { type: "integer" },
  key: { secret: true },
  any: {}
}

/** The problems of a node with these inputs, below nodes of all the actions above, as `code name`. */
const problemsOf = (action: string, given: Inputs, extra: Partial<NodeSpec.NodeSpec> = {}) => {
  const sources: ReadonlyArray<NodeSpec.NodeSpec> = [
    { id: "s", action: "source", ...extra },
    { id: "o", action: "open", inputs: { text: { value: "" } } },
    { id: "p", action: "plain" }
  ]
  const node = { id: "n", action, dependencies: ["s", "o", "p"], inputs: given }
  return Plan.check({ name: "flow", inputs, nodes: [...sources, node] }, actions).map(
    ({ code, path }) => `${code} ${path.slice(3).join(".")}`
  )
}

const text = { text: { value: "a" } }

describe("names of inputs", () => {
  it.each<[string, string, Inputs, ReadonlyArray<string>]>([
    ["all that are required", "sink", text, []],
    ["a required one missing", "sink", {}, ["MissingInput text"]],
    ["one with a default of its schema missing", "sink", text, []],
    ["an unknown one", "sink", { ...text, txt: { value: "" } }, ["UnknownInput txt"]],
    [
      "two wrong ones",
      "range",
      { form: { value: 1 }, to: { value: 2 } },
      ["MissingInput from", "UnknownInput form"]
    ],
    ["an unknown one of an action that takes any", "open", { ...text, more: { value: 1 } }, []],
    ["a required one of an action that takes any", "open", {}, ["MissingInput text"]],
    ["any of an action without schemas", "plain", { what: { value: 1 } }, []],
    [
      "one named like a member of every object",
      "sink",
      { ...text, toString: { value: 1 } },
      ["UnknownInput toString"]
    ]
  ])("%s", (_, action, given, problems) => {
    expect(problemsOf(action, given)).toEqual(problems)
  })
})

describe("literals", () => {
  it.each<[string, Inputs, ReadonlyArray<string>]>([
    ["of the type", { whole: { value: 3 }, list: { value: [1, 2] }, choice: { value: "a" } }, []],
    ["of another type", { whole: { value: "3" } }, ["BindingMismatch whole"]],
    ["that a check refuses", { whole: { value: 1.5 } }, ["BindingMismatch whole"]],
    [
      "of which a part is wrong",
      { list: { value: [1, "2", 3, "4"] } },
      ["BindingMismatch list", "BindingMismatch list"]
    ],
    ["that are none of the choices", { choice: { value: "c" } }, ["BindingMismatch choice"]],
    ["null for what need not be there", { whole: { value: null } }, []],
    ["null where null is a value", { nullable: { value: null }, json: { value: null } }, []],
    ["that a transformation refuses", { date: { value: "not a date" } }, ["BindingMismatch date"]],
    ["that a transformation takes", { date: { value: "2026-11-21" } }, []]
  ])("%s", (_, given, problems) => {
    expect(problemsOf("sink", { ...text, ...given })).toEqual(problems)
  })

  it("null is refused for what has to be there", () => {
    expect(problemsOf("sink", { text: { value: null } })).toEqual(["BindingMismatch text"])
  })

  it("are checked against one another when all of them are known", () => {
    expect(problemsOf("range", { from: { value: 2 }, to: { value: 1 } })).toEqual(["BindingMismatch "])
    expect(problemsOf("range", { from: { value: 1 }, to: { value: 2 } })).toEqual([])
    expect(problemsOf("range", { from: { value: 2 }, to: { ref: "inputs.count" } })).toEqual([])
  })

  it("are left to the run where a schema has to wait, or fails by itself", () => {
    const decodeWith = (decode: Effect.Effect<string, SchemaIssue.Issue>) =>
      Schema.String.pipe(
        Schema.decodeTo(Schema.String, {
          decode: SchemaGetter.transformEffect(() => decode),
          encode: SchemaGetter.passthrough()
        })
      )
    const waits = takes("waits", { text: decodeWith(Effect.as(Effect.yieldNow, "late")) })
    const dies = takes("dies", { text: decodeWith(Effect.die(new Error("a bug of the schema"))) })
    for (const action of [waits, dies]) {
      const nodes = [{ id: "n", action: action.name, inputs: text }]
      expect(Plan.check({ name: "flow", nodes }, { get: () => action, list: [action] })).toEqual([])
    }
  })
})

describe("texts of the environment", () => {
  const template = { template: "${env.A}" }

  it("fit inputs that take texts, and no others", () => {
    expect(problemsOf("sink", { text: template, choice: template, date: template, json: template })).toEqual(
      []
    )
    expect(problemsOf("sink", { ...text, whole: template, list: template })).toEqual([
      "BindingMismatch whole",
      "BindingMismatch list"
    ])
  })
})

describe("references", () => {
  it.each<[string, ReadonlyArray<string>]>([
    ["s.text", []],
    ["s.txet", ["UnknownReference text"]],
    ["s.whole", ["BindingMismatch text"]],
    ["s.list", ["BindingMismatch text"]],
    ["s.list[0]", ["BindingMismatch text"]],
    ["s.list[0].name", []],
    ["s.list[0].nmae", ["UnknownReference text"]],
    ["s.list.name", ["UnknownReference text"]],
    ["s.text.length", ["UnknownReference text"]],
    ["s.pair[0]", []],
    ["s.pair[1]", ["BindingMismatch text"]],
    ["s.pair[2]", []],
    ["s.record.anything", ["BindingMismatch text"]],
    ["s.record.anything.more", ["UnknownReference text"]],
    ["s.tree.label", []],
    ["s.tree.children[0].children[1].label", []],
    ["s.tree.children[0].lable", ["UnknownReference text"]],
    ["s.either", []],
    ["s.json.any.where[3]", []],
    ["s.date", []],
    ["o.whatever", []],
    ["p.whatever[0].else", []],
    ["inputs.text", []],
    ["inputs.key", []],
    ["inputs.any", []],
    ["inputs.any.deep", []],
    ["inputs.count", ["BindingMismatch text"]]
  ])("%s for a text gives %j", (ref, problems) => {
    expect(problemsOf("sink", { text: { ref } })).toEqual(problems)
  })

  it("between kinds of numbers are left to the run", () => {
    expect(problemsOf("sink", { ...text, whole: { ref: "s.number" }, number: { ref: "s.whole" } })).toEqual(
      []
    )
    expect(problemsOf("sink", { ...text, flag: { ref: "s.whole" } })).toEqual(["BindingMismatch flag"])
  })

  it("to outputs that do not exist are refused although they have a default", () => {
    expect(problemsOf("sink", { text: { ref: "s.txet", default: "" } })).toEqual(["UnknownReference text"])
  })

  it("are compared with what a node gives also when a failure handler may stand in for it", () => {
    expect(problemsOf("sink", { text: { ref: "s.whole" } }, { failure: "plain" })).toEqual([
      "BindingMismatch text"
    ])
  })

  it("of actions without schemas are still checked against what other actions give", () => {
    expect(problemsOf("plain", { any: { ref: "s.txet" } })).toEqual(["UnknownReference any"])
    expect(problemsOf("plain", { any: { ref: "s.text" } })).toEqual([])
  })

  it("suggest the output that was probably meant", () => {
    const node = { id: "n", action: "sink", dependencies: ["s"] }
    const flow = (ref: string) => ({
      name: "flow",
      nodes: [
        { id: "s", action: "source" },
        { ...node, inputs: { text: { ref } } }
      ]
    })
    expect(Plan.check(flow("s.txt[0].a"), actions)).toMatchObject([{ suggestion: "s.text[0].a" }])
    expect(Plan.check(flow("s.list[0].nme"), actions)).toMatchObject([
      { message: 'node "n" refers to "s.list[0].nme", but "s.list[0]" holds no "nme"' }
    ])
  })
})

describe("lists", () => {
  it.each<[string, Inputs, ReadonlyArray<string>]>([
    [
      "of what the action takes",
      { list: { list: [{ ref: "s.whole" }, { value: 1 }, { ref: "s.number" }] } },
      []
    ],
    ["without items", { list: { list: [] } }, []],
    [
      "of other kinds",
      { list: { list: [{ ref: "s.text" }, { value: "1" }, { template: "${env.A}" }, { ref: "s.whole" }] } },
      ["BindingMismatch list", "BindingMismatch list", "BindingMismatch list"]
    ],
    ["of outputs that do not exist", { list: { list: [{ ref: "s.hwole" }] } }, ["UnknownReference list"]],
    ["where the action takes no list", { whole: { list: [{ ref: "s.whole" }] } }, ["BindingMismatch whole"]],
    ["where anything goes", { json: { list: [{ ref: "s.text" }, { ref: "s.list" }] } }, []]
  ])("%s", (_, given, problems) => {
    expect(problemsOf("sink", { ...text, ...given })).toEqual(problems)
  })

  it("of an action without schemas are still checked against what other actions give", () => {
    const parts = { list: [{ ref: "s.text" }, { ref: "s.txet" }] }
    expect(problemsOf("plain", { parts })).toEqual(["UnknownReference parts"])
  })
})

describe("failure handlers", () => {
  const gives = (name: string, output: Schema.Struct.Fields) =>
    Action.make(name, {
      input: Schema.Struct({}),
      output: Schema.Struct(output) as unknown as Action.Fields,
      run: () => ({})
    })
  const own = gives("own", { rows: Schema.Array(Schema.Int), title: Schema.optionalKey(Schema.String) })
  const handlers: ReadonlyArray<Action.Any> = [
    gives("same", { rows: Schema.Array(Schema.Int) }),
    gives("wider", { rows: Schema.Array(Schema.Finite), title: Schema.String, more: Schema.Json }),
    gives("none", {}),
    gives("other", { rows: Schema.String, title: Schema.Int }),
    gives("maybe", { rows: Schema.optionalKey(Schema.Array(Schema.Int)) }),
    open,
    plain
  ]
  const problemsWith = (failure: string) =>
    Plan.check(
      { name: "flow", nodes: [{ id: "n", action: "own", failure }] },
      { get: (name) => [own, ...handlers].find((one) => one.name === name), list: [own, ...handlers] }
    ).map(({ code, message, path }) => `${code} ${path.join(".")}: ${message}`)

  it("that may stand in for the node are taken, and left to the run where that cannot be told", () => {
    for (const failure of ["same", "wider", "maybe", "open", "plain"]) {
      expect(problemsWith(failure), failure).toEqual([])
    }
  })

  it("that can never stand in for the node are refused, for each output", () => {
    expect(problemsWith("none")).toEqual([
      'BindingMismatch nodes.0.failure: failure handler "none" of node "n" gives no output "rows", which action "own" gives'
    ])
    expect(problemsWith("other")).toEqual([
      'BindingMismatch nodes.0.failure: failure handler "other" of node "n" gives a text as output "rows", which is a list of action "own"',
      'BindingMismatch nodes.0.failure: failure handler "other" of node "n" gives a whole number as output "title", which is a text of action "own"'
    ])
  })
})

describe("what a cache goes by", () => {
  const problemsOf = (cache: NodeSpec.NodeSpec["cache"]) =>
    Plan.check(
      {
        name: "flow",
        nodes: [
          { id: "a", action: "sink", inputs: { text: { value: "x" } }, ...(cache !== undefined && { cache }) }
        ]
      },
      { get: () => sink, list: [sink] }
    ).filter(({ severity }) => severity === "error")

  it("is an input that the node gives", () => {
    for (const cache of [undefined, false, {}, { ttlMillis: 1 }, { key: [] }, { key: ["text"] }] as const) {
      expect(problemsOf(cache)).toEqual([])
    }
    expect(problemsOf({ key: ["test"] })).toMatchObject([
      { code: "UnknownInput", suggestion: "text", nodeId: "a" }
    ])
  })

  it("is kept for 1 ms to ten years", () => {
    for (const ttlMillis of [0, -1, 0.5, 315_360_000_001, Infinity, NaN]) {
      expect(problemsOf({ ttlMillis }), String(ttlMillis)).toMatchObject([{ code: "InvalidValue" }])
    }
  })
})
