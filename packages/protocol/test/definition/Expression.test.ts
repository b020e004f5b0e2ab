import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { beforeAll } from "vitest"
import * as Expression from "../../src/definition/Expression.ts"

beforeAll(() => Effect.runPromise(Expression.load))

const outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  fetch: {
    rows: [
      { name: "a", ok: true, n: 1 },
      { name: "b", ok: false, n: 2 }
    ],
    count: 2,
    half: 0.5,
    note: null
  },
  "load-all": { done: true },
  map: { x: 1 }
}

const scope = {
  inputs: { limit: 3, region: "eu", list: [1, 2, 3], deep: { a: { b: "c" } } },
  outputs: (id: string) => outputs[id],
  channels: { total: 7 }
} as unknown as Expression.Scope

const value = (text: string) =>
  Result.getOrElse(Expression.evaluate(text, scope), (message) => `! ${message}`)

const failure = (text: string) =>
  Result.match(Expression.evaluate(text, scope), { onFailure: (message) => message, onSuccess: () => "none" })

const mistake = (text: string) =>
  Result.match(Expression.compile(text), {
    onFailure: ({ end, message, start }) =>
      `${message} at ${JSON.stringify(text.slice(start, end))} ${start}`,
    onSuccess: () => "none"
  })

describe("Expression", () => {
  it("reads inputs, outputs of nodes and channels", () => {
    const rows: ReadonlyArray<readonly [string, unknown]> = [
      ["inputs.limit > 2", true],
      ["inputs.region == 'eu' && fetch.count == 2", true],
      ["fetch.rows[1].name", "b"],
      ["fetch.rows[int(fetch.half * 2.0)].name", "b"],
      ['nodes["load-all"].done', true],
      ['nodes["map"].x == 1', true],
      ["channels.total - 2", 5],
      ["inputs.deep.a.b + '!'", "c!"],
      ["fetch.rows.filter(row, row.ok).map(row, row.name)", ["a"]],
      ["fetch.rows.exists(row, row.n > inputs.limit)", false],
      ["{'all': inputs.list, 'first': inputs.list[0]}", { all: [1, 2, 3], first: 1 }],
      ["fetch.note == null", true],
      ["inputs.region.matches('^e[uv]$')", true],
      ["inputs.limit in inputs.list ? 'in' : 'out'", "in"],
      ["size(inputs.list)", 3]
    ]
    for (const [text, expected] of rows) assert.deepStrictEqual(value(text), expected, text)
  })

  it("mixes whole numbers with the numbers of JSON", () => {
    assert.deepStrictEqual(
      [
        "inputs.limit + 1",
        "1 - inputs.limit",
        "inputs.limit * 2",
        "inputs.limit / 2",
        "inputs.limit % 2",
        "7 / 2"
      ].map(value),
      [4, -2, 6, 1.5, 1, 3]
    )
  })

  it("tells a value that does not exist from one that is null, and fails for the former", () => {
    assert.strictEqual(value("has(fetch.nothing)"), false)
    assert.strictEqual(value("has(fetch.note)"), true)
    assert.strictEqual(value("has(skipped.rows)"), false)
    assert.strictEqual(value('has(nodes["load-all"].done) && !has(nodes["load-all"].rows)'), true)
    assert.strictEqual(value('has(nodes["not-there"].done) || has(nodes.map.x)'), true)
    assert.strictEqual(value("fetch.nothing == null"), '! "fetch.nothing == null": no such key: nothing')
    assert.strictEqual(value("skipped.rows == 1"), '! "skipped.rows == 1": no such key: rows')
  })

  it("reaches nothing but its data", () => {
    for (const text of [
      "inputs.constructor",
      "inputs.__proto__",
      "fetch.rows.length",
      "inputs.region.length",
      "inputs.toString"
    ]) {
      assert.match(failure(text), /no such key/, text)
    }
    assert.match(mistake("inputs.region.constructor('return 1')"), /no matching overload/)
    assert.match(mistake("__whole(1)"), /no matching overload/)
  })

  it("says where an expression is wrong", () => {
    assert.deepStrictEqual(
      [
        "inputs.limit >",
        "1 + 'a'",
        "inputs.list.all(1, true)",
        "map.x",
        "nodes[inputs.region].x",
        "'a'.matches('(')",
        "foo(1)"
      ].map(mistake),
      [
        'unexpected token: EOF at "" 14',
        `no such overload: int + string at "1 + 'a'" 0`,
        'all(var, predicate) invalid predicate iteration variable at "1" 16',
        '"map" is a type: write nodes["map"] for the node of that id at "map" 0',
        '"nodes" needs the id of a node, as in nodes["some-id"].output at "nodes[inputs.region].x" 0',
        `error parsing regexp: missing closing ): \`(\` at "'('" 12`,
        "found no matching overload for 'foo(int)' at \"foo(1)\" 0"
      ]
    )
    assert.match(mistake("cel.bind(a, 1, a)"), /not among the functions/)
    assert.match(mistake("a".repeat(3000)), /at most 2048 characters/)
    assert.match(mistake(`${"(".repeat(200)}1${")".repeat(200)}`), /depth/i)
    assert.match(mistake(`[${"1,".repeat(900)}1]`), /nodes|elements/i)
  })

  it("lists what an expression reads, without the names that it gives itself", () => {
    const uses = (text: string) =>
      Result.getOrThrow(Expression.compile(text)).uses.map(({ _tag, text: read }) => `${_tag} ${read}`)
    assert.deepStrictEqual(
      uses('fetch.rows[0].name == inputs.region && nodes["load-all"].done && channels.total > 1'),
      ["Output fetch.rows", "Input inputs.region", 'Output nodes["load-all"].done', "Channel channels.total"]
    )
    assert.deepStrictEqual(uses("fetch.rows.filter(row, row.n > other.limit).map(fetch, fetch.name)"), [
      "Output fetch.rows",
      "Output other.limit"
    ])
    assert.deepStrictEqual(uses("has(fetch.rows) ? a.b[c.d].e : fetch"), [
      "Output fetch.rows",
      "Output a.b",
      "Output c.d",
      "Output fetch"
    ])
    assert.deepStrictEqual(uses("size(inputs) > 0 && type(x.y) == map"), ["Input inputs", "Output x.y"])
  })

  it("is written over nodes of other ids, and stays the same expression", () => {
    const renamed = (text: string) => Expression.renameNodes(text, (id) => `etl-${id}`)
    const text = 'fetch.rows.exists(fetch, fetch.ok) && has(a.b) && nodes["c"].d[fetch.n] == inputs.fetch'
    assert.strictEqual(
      renamed(text),
      'nodes["etl-fetch"].rows.exists(fetch, fetch.ok) && has(nodes["etl-a"].b) && nodes["etl-c"].d[nodes["etl-fetch"].n] == inputs.fetch'
    )
    assert.strictEqual(mistake(renamed(text)), "none")
    assert.strictEqual(renamed("a >"), "a >")
  })

  it("knows what kind of value comes out, as far as the text tells", () => {
    const kinds = ["a.b > 1", "a.b", "[1]", "a.b.filter(x, x)", "1 + 1"].map(
      (text) => Result.getOrThrow(Expression.compile(text)).kind
    )
    assert.deepStrictEqual(kinds, ["boolean", "unknown", "list", "list", "other"])
  })

  it("is never false where a condition is not true or false", () => {
    const test = (text: string) => Result.getOrElse(Expression.test(text, scope), (message) => `! ${message}`)
    assert.strictEqual(test("fetch.count > 1"), true)
    assert.strictEqual(test("fetch.note"), '! "fetch.note": a condition is true or false, not null')
    assert.strictEqual(test("fetch.rows"), '! "fetch.rows": a condition is true or false, not a list')
    assert.strictEqual(test("fetch.nothing"), '! "fetch.nothing": no such key: nothing')
  })

  it("gives JSON or says why it cannot", () => {
    assert.match(failure("inputs.limit / 0"), /no JSON/)
    assert.match(failure("9007199254740993"), /too large/)
    assert.match(failure("b'abc'"), /no JSON/)
    assert.strictEqual(value("timestamp('2026-01-02T03:04:05Z')"), "2026-01-02T03:04:05.000Z")
    assert.match(failure("duration('1s')"), /no JSON/)
  })
})

describe("Expression, bounded", () => {
  const items = Array.from({ length: 20_000 }, (_, index) => ({ n: index, ok: index % 2 === 0 }))
  const text = "x".repeat(50_000)
  const large = {
    inputs: { items, text, many: Array.from({ length: 3000 }, (_, n) => n) },
    outputs: () => undefined
  } as unknown as Expression.Scope
  const spent = /more than 1000000 steps/

  it("goes through lists of thousands of items", () => {
    const kept = Result.getOrThrow(Expression.evaluate("inputs.items.filter(x, x.ok && x.n >= 10)", large))
    assert.lengthOf(kept as ReadonlyArray<unknown>, 9_995)
    assert.isTrue(Result.getOrThrow(Expression.test("inputs.text.matches('^x+$')", large)))
  })

  it("stops whatever would take too long, also where errors are forgiven", () => {
    const costly = [
      "inputs.items.all(x, inputs.items.all(y, inputs.items.all(z, z.n >= 0)))",
      "inputs.many.exists(x, inputs.many.exists(y, x < 0 || y < 0)) || true",
      "inputs.many.all(a, inputs.many.all(b, inputs.many.exists(c, c < 0) || true) || true)",
      "inputs.many.all(x, inputs.items == inputs.items)",
      "inputs.many.all(x, x in inputs.many)",
      "inputs.many.map(x, inputs.text + inputs.text).size() > 0",
      `[inputs.text].map(a, a + a)${".map(a, a + a)".repeat(30)}`,
      "[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, [1,2,3,4,5,6,7,8].all(c, [1,2,3,4,5,6,7,8].all(d, [1,2,3,4,5,6,7,8].all(e, [1,2,3,4,5,6,7,8].all(f, [1,2,3,4,5,6,7,8].all(g, true)))))))",
      "inputs.text.matches('(x?){1000}(x?){1000}$')",
      "inputs.text.matches('((x+x+)+x+)+y(x+x+)+y(x+x+)+y')"
    ]
    for (const one of costly) {
      const result = Expression.evaluate(one, large)
      assert.match(Result.isFailure(result) ? result.failure : "it was evaluated", spent, one)
    }
  })

  it("has its whole budget for each evaluation", () => {
    for (let round = 0; round < 8; round++) {
      assert.isTrue(Result.getOrThrow(Expression.test("inputs.items.all(x, x.n >= 0)", large)))
    }
  })
})
