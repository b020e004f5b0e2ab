/*
 * Goal: the short look that most nodes get lets nothing pass that the schema of nodes refuses.
 * Method: nodes of which about half are without fault are made at random; whatever the short look passes has to fit the
 * schema. That it passes a good part of them is asserted too, since one that passes nothing would never be wrong.
 */
import { NodeSpec } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { expect, it } from "vitest"
import { isPlainNode } from "../../src/plan/internal/plainNode.ts"

const fitsSchema = (node: unknown): boolean =>
  Schema.decodeUnknownExit(NodeSpec.NodeSpec, { onExcessProperty: "error" })(node)._tag === "Success"

/** Mostly what fits, and now and then what does not. */
const mostly = (good: fc.Arbitrary<unknown>, bad: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: bad })

const id = mostly(
  fc.constantFrom("a", "b-1", "long name"),
  fc.constantFrom("", "a.b", "a#1", "env", " a", 7, null)
)
const text = mostly(fc.string(), fc.anything())
const value = mostly(fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)), fc.anything())
const one = fc.oneof(
  fc.record({ value }),
  fc.record({ ref: text, default: value }, { requiredKeys: ["ref"] }),
  fc.record({ template: text })
)
const list = mostly(
  fc.array(mostly(one, fc.record({ list: fc.array(one) })), { maxLength: 3 }),
  fc.anything()
)
const binding = mostly(
  fc.oneof(one, fc.record({ list })),
  fc.record({ ref: text, value, template: text, list, extra: value }, { requiredKeys: [] })
)
const whole = {
  id,
  action: text,
  dependencies: mostly(fc.array(id, { maxLength: 3 }), fc.anything()),
  inputs: mostly(fc.dictionary(fc.string(), binding, { maxKeys: 3 }), fc.anything())
}
const node = mostly(
  fc.record(whole, { requiredKeys: ["id", "action"], noNullPrototype: true }),
  fc.record({ ...whole, priority: fc.integer(), extra: fc.anything() }, { requiredKeys: [] })
)

it("a node that the short look passes fits the schema", () => {
  let passed = 0
  fc.assert(
    fc.property(node, (one) => {
      if (!isPlainNode(one)) return
      passed++
      expect(fitsSchema(one)).toBe(true)
    }),
    { numRuns: 3000 }
  )
  expect(passed).toBeGreaterThan(300)
})

it("anything that the short look passes fits the schema", () => {
  fc.assert(fc.property(fc.anything(), (one) => !isPlainNode(one) || fitsSchema(one)))
  for (const one of [{}, { id: "a" }, { action: "a" }, Object.create({ id: "a", action: "b" })]) {
    expect(isPlainNode(one)).toBe(false)
  }
})
