import type { NodeState } from "@dagflow/protocol"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Frontier } from "../../src/decide/Frontier.ts"

type Node = NodeState.NodeState

const nodeOf = (index: number, priority: number): Node =>
  ({ index, spec: { id: `n${index}`, action: "work", priority } }) as Node

const before = (a: Node, b: Node): number =>
  (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || a.index - b.index

describe("Frontier", () => {
  it("gives the node with the greatest priority first and keeps plan order, in whatever order nodes come and go", () => {
    const step = fc.oneof(
      fc.record({ add: fc.nat(30), priority: fc.constantFrom(0, 0, 0, 1, -1) }),
      fc.constant("take" as const)
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const frontier = new Frontier()
        const waiting: Array<Node> = []
        const [taken, expected]: [Array<number | undefined>, Array<number | undefined>] = [[], []]
        const take = () => {
          taken.push(frontier.take()?.index)
          expected.push(waiting.sort(before).shift()?.index)
        }
        for (const one of steps) {
          if (one === "take") take()
          else {
            const node = nodeOf(one.add, one.priority)
            frontier.add(node)
            waiting.push(node)
          }
          expect(frontier.size).toBe(waiting.length)
        }
        while (waiting.length > 0) take()
        take()
        expect(taken).toEqual(expected)
      }),
      { numRuns: 500 }
    )
  })
})
