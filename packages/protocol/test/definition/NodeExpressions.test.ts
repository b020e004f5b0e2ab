import { describe, expect, it } from "vitest"
import * as NodeExpressions from "../../src/definition/NodeExpressions.ts"
import type { NodeDraft } from "../../src/definition/NodeSpec.ts"

const plain: NodeDraft = { id: "a", action: "work" }
const inside = (nodes: ReadonlyArray<NodeDraft>): NodeDraft => ({
  id: "inner",
  action: "inner",
  flow: { name: "inner", nodes: nodes.map((node) => ({ ...node, id: node.id ?? "b" })) }
})

describe("areIn", () => {
  it.each<readonly [string, NodeDraft, boolean]>([
    ["no condition", plain, false],
    ["a condition of its own", { ...plain, when: "inputs.x > 3" }, true],
    ["a condition at an edge", { ...plain, dependencies: [{ node: "b", when: "b.x > 3" }] }, true],
    ["a flow without any", inside([plain]), false],
    ["a flow with a condition", inside([plain, { ...plain, id: "c", when: "inputs.x > 3" }]), true],
    ["a flow in a flow with a condition", inside([inside([{ ...plain, when: "true" }])]), true]
  ])("knows of %s that what reads expressions is needed: %j", (_, node, expected) => {
    expect(NodeExpressions.areIn([plain, node])).toBe(expected)
  })
})
