import { Flow, type FlowInput, RunInput } from "@dagflow/core"
import type { FlowSpec } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const resolve = (declared: FlowSpec.FlowSpec["inputs"], given: unknown) => {
  const result = RunInput.resolve(declared, given)
  return Result.isSuccess(result) ? result.success : [...result.failure]
}

describe("an input", () => {
  it("that is required has to be given, also when it is false, zero or empty", () => {
    const declared = {
      flag: { type: "boolean" },
      count: { type: "integer" },
      text: { type: "string" }
    } as const
    expect(resolve(declared, {})).toEqual([
      'input "flag" is missing',
      'input "count" is missing',
      'input "text" is missing'
    ])
    const falsy = { flag: false, count: 0, text: "" }
    expect(resolve(declared, falsy)).toEqual(falsy)
  })

  it("that is not required may be left out, by its absence, by undefined or by null", () => {
    const declared = { note: { type: "string", required: false } } as const
    for (const given of [{}, { note: undefined }, { note: null }])
      expect(resolve(declared, given)).toEqual({})
    expect(resolve({ note: { required: false } }, { note: null })).toEqual({ note: null })
  })

  it("that is required does not take null for a value, unless its type has null", () => {
    expect(resolve({ note: { type: "string" } }, { note: null })).toEqual([
      'input "note" is not of its type, string'
    ])
    expect(resolve({ note: {} }, { note: null })).toEqual({ note: null })
  })

  it("with a default takes it when nothing else is given, also a default that is false", () => {
    const declared = {
      limit: { type: "integer", default: 10 },
      dry: { type: "boolean", default: false }
    } as const
    expect(resolve(declared, {})).toEqual({ limit: 10, dry: false })
    expect(resolve(declared, { limit: 0, dry: true })).toEqual({ limit: 0, dry: true })
    expect(resolve(declared, { limit: null })).toEqual({ limit: 10, dry: false })
  })

  it("that is not declared is refused, with the name that was probably meant", () => {
    expect(resolve({ limit: { required: false } }, { limt: 1 })).toEqual([
      'the flow has no input "limt" (did you mean "limit"?)'
    ])
    expect(resolve({}, { anything: 1 })).toEqual(['the flow has no input "anything"'])
  })

  it("of any name is taken by a flow that declares none", () => {
    expect(resolve(undefined, { a: 1, b: [null, { c: "d" }], e: undefined })).toEqual({
      a: 1,
      b: [null, { c: "d" }]
    })
  })

  it("has to be JSON", () => {
    const cycle: Record<string, unknown> = {}
    cycle["self"] = cycle
    for (const value of [() => {}, 1n, Symbol("a"), NaN, Infinity, new Date(0), cycle]) {
      expect(resolve({ a: {} }, { a: value })).toEqual(['input "a" is not JSON'])
      expect(resolve(undefined, { a: value })).toEqual(['input "a" is not JSON'])
    }
  })

  it("is named like a member of every object without harm", () => {
    const given = JSON.parse('{ "__proto__": 1, "constructor": 2 }')
    const resolved = resolve(undefined, given)
    expect(Object.entries(resolved)).toEqual([
      ["__proto__", 1],
      ["constructor", 2]
    ])
    expect(resolve({ a: {} }, { a: 1, toString: 2 })).toEqual(['the flow has no input "toString"'])
  })
})

describe("the type of an input", () => {
  const values = {
    string: "1",
    number: 1.5,
    integer: 1,
    boolean: true,
    array: [1],
    object: { a: 1 },
    null: null
  }
  const fitting: Readonly<Record<FlowSpec.InputType, ReadonlyArray<keyof typeof values>>> = {
    string: ["string"],
    number: ["number", "integer"],
    integer: ["integer"],
    boolean: ["boolean"],
    array: ["array"],
    object: ["object"],
    any: ["string", "number", "integer", "boolean", "array", "object", "null"]
  }

  it.each(Object.entries(fitting))("%s takes %j and nothing else", (type, names) => {
    for (const [name, value] of Object.entries(values)) {
      const expected = (names as ReadonlyArray<string>).includes(name)
        ? { a: value }
        : [`input "a" is not of its type, ${type}`]
      expect(resolve({ a: { type: type as FlowSpec.InputType } }, { a: value }), name).toEqual(expected)
    }
  })
})

describe("a secret input", () => {
  const declared = { key: { secret: true, type: "string" } } as const
  const refusal =
    'input "key" is secret: give a text that names a variable of the environment, as "${env.NAME}" does, and not the value'

  it("is a text that names a variable of the environment", () => {
    expect(resolve(declared, { key: "Bearer ${env.TOKEN}" })).toEqual({ key: "Bearer ${env.TOKEN}" })
  })

  it("is refused as a value, which no message repeats", () => {
    for (const key of ["hunter2", "$TOKEN", "${TOKEN}", "${env.}", 7, ["${env.A}"]]) {
      expect(resolve(declared, { key })).toEqual([refusal])
    }
    expect(resolve(declared, { key: null })).toEqual([refusal])
    expect(resolve(declared, {})).toEqual(['input "key" is missing'])
  })

  it("takes its default when none is given", () => {
    const withDefault = { key: { secret: true, default: "${env.KEY}" } } as const
    expect(resolve(withDefault, {})).toEqual({ key: "${env.KEY}" })
    expect(resolve(withDefault, { key: null })).toEqual({ key: "${env.KEY}" })
  })
})

describe("an input with a schema", () => {
  const { spec } = Flow.make(
    "flow",
    {
      inputs: {
        page: Schema.Struct({ size: Schema.Int, sort: Schema.Literals(["asc", "desc"]) }),
        since: Schema.optionalKey(Schema.DateFromString),
        nullable: Schema.optionalKey(Schema.NullOr(Schema.String)),
        key: Flow.secret({ default: "${env.KEY}" })
      }
    },
    () => {}
  )
  const schemas: Readonly<Record<string, FlowInput.InputSchema>> = {
    page: Schema.Struct({ size: Schema.Int, sort: Schema.Literals(["asc", "desc"]) }),
    since: Schema.DateFromString,
    nullable: Schema.NullOr(Schema.String)
  }
  const resolveWith = (given: unknown) => {
    const result = RunInput.resolve(spec.inputs, given, (name) => schemas[name])
    return Result.isSuccess(result) ? result.success : [...result.failure]
  }

  it("is checked by it, and recorded as it was given", () => {
    const given = { page: { size: 3, sort: "asc" }, since: "2026-11-21", nullable: null }
    expect(resolveWith(given)).toEqual({ ...given, key: "${env.KEY}" })
  })

  it("is refused with each place that does not fit", () => {
    expect(resolveWith({ page: { size: 1.5, sort: "up" }, since: "soon" })).toEqual([
      'input "page", at "size": expected an integer',
      'input "page", at "sort": expected "asc" | "desc"',
      expect.stringMatching(/^input "since": /)
    ])
  })
})

describe("all inputs", () => {
  it("are given by name", () => {
    for (const given of [null, 7, "a", [1]]) {
      expect(resolve({}, given)).toEqual(["the inputs of a run are given by name, as an object"])
    }
  })

  it("are taken or refused without anything being thrown, and what is taken is JSON", () => {
    const declared = { a: { type: "integer" }, b: { secret: true }, c: { default: [] } } as const
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (given) => {
        for (const [declaration, some] of [
          [declared, given],
          [undefined, given],
          [undefined, { a: given }],
          [declared, { a: given, b: given, c: given }]
        ] as const) {
          const result = RunInput.resolve(declaration, some)
          const isAsPromised = Result.isSuccess(result)
            ? Schema.is(Schema.Json)(result.success)
            : result.failure.length > 0
          expect(isAsPromised).toBe(true)
        }
      })
    )
  })
})
