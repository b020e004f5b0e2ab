/*
 * Goal: what `approve` proposes as an answer is taken as it stands, as far as a schema tells what fits. Method: forms of schemas as
 * libraries write them are checked by the same check that answers are.
 */
import { AnswerCheck, type AnswerSchema } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { answerForm } from "../../src/command/answerForm.ts"

const object = (properties: object, more: object = {}): AnswerSchema.AnswerSchema =>
  ({ type: "object", properties, required: Object.keys(properties), ...more }) as AnswerSchema.AnswerSchema

const schemas: ReadonlyArray<readonly [what: string, schema: AnswerSchema.AnswerSchema, form: unknown]> = [
  [
    "the first of several shapes",
    {
      anyOf: [
        object({ approved: { const: true }, hash: { const: "1f" } }),
        object({ approved: { const: false } })
      ]
    } as AnswerSchema.AnswerSchema,
    { approved: true, hash: "1f" }
  ],
  [
    "numbers in their bounds",
    object({
      a: { type: "integer", minimum: 3 },
      b: { type: "number", exclusiveMinimum: 0 },
      c: { type: "integer", maximum: -2 },
      d: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
      e: { type: "integer", minimum: 7, multipleOf: 5 }
    }),
    { a: 3, b: 1, c: -2, d: 0.5, e: 10 }
  ],
  [
    "texts of their lengths and formats",
    object({
      a: { type: "string", minLength: 5 },
      b: { type: "string", maxLength: 1 },
      c: { type: "string", format: "date" }
    }),
    { a: ".....", b: ".", c: "2026-12-31" }
  ],
  [
    "lists of their lengths",
    object({
      a: { type: "array", minItems: 2, items: { enum: ["x", "y"] } },
      b: { type: "array", items: { type: "string" } }
    }),
    { a: ["x", "x"], b: [] }
  ],
  ["what has to hold besides", object({ a: { type: "string", allOf: [{ minLength: 4 }] } }), { a: "...." }],
  [
    "what is referred to",
    object({ a: { $ref: "#/$defs/size" } }, { $defs: { size: { enum: ["s", "m"] } } }),
    { a: "s" }
  ],
  [
    "defaults and examples",
    object({ a: { type: "string", default: "red" }, b: { type: "string", examples: ["blue"] } }),
    { a: "red", b: "blue" }
  ],
  [
    "members that may be missing",
    {
      ...object({ a: { type: "boolean" } }),
      properties: { a: { type: "boolean" }, b: { type: "string" } }
    } as AnswerSchema.AnswerSchema,
    { a: true }
  ],
  ["a member that may be nothing", object({ a: { type: ["null", "integer"] } }), { a: 0 }]
]

describe("the form of an answer", () => {
  it.each(schemas)("has %s, and fits", (_, schema, form) => {
    expect(answerForm(schema)).toEqual(form)
    expect(AnswerCheck.answerProblem(schema, answerForm(schema))).toBeUndefined()
  })

  it("ends where a schema refers to itself", () => {
    const endless = object({ more: { $ref: "#" } })
    expect(JSON.stringify(answerForm(endless)).length).toBeLessThan(200)
    expect(answerForm({ $ref: "#" } as AnswerSchema.AnswerSchema)).toEqual({})
  })

  it("is empty where a schema says nothing", () => {
    expect(answerForm({} as AnswerSchema.AnswerSchema)).toEqual({})
    expect(answerForm({ type: "object", required: ["__proto__"] } as AnswerSchema.AnswerSchema)).toEqual(
      JSON.parse('{"__proto__":{}}')
    )
  })
})
