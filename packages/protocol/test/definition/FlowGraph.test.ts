import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { FlowGraph, type NodeSpec } from "../../src/index.ts"

const flow = (edges: Readonly<Record<string, ReadonlyArray<string>>>) => ({
  nodes: Object.entries(edges).map(([id, dependencies]): NodeSpec.NodeSpec => ({
    id,
    action: "x",
    dependencies
  }))
})

/** Graphs without cycles, as ids with the ids that they depend on; ids do not follow the order of the edges. */
const acyclic = fc
  .tuple(
    fc.uniqueArray(
      fc.string({ unit: fc.constantFrom("a", "b", "1", "2", "ü"), minLength: 1, maxLength: 4 }),
      {
        minLength: 1,
        maxLength: 25
      }
    ),
    fc.infiniteStream(fc.nat())
  )
  .map(([ids, random]) => {
    const next = (below: number) => (random.next().value ?? 0) % below
    return ids.map((id, index) => ({
      id,
      action: "x",
      dependencies: [
        ...new Set(index === 0 ? [] : Array.from({ length: next(4) }, () => ids[next(index)] ?? ""))
      ]
    }))
  })

describe("FlowGraph", () => {
  it("plans a node after all that it depends on, and takes the smallest id where there is a choice", () => {
    const diamond = flow({ join: ["left", "right"], right: ["start"], left: ["start"], start: [], alone: [] })
    expect(FlowGraph.planOrder(diamond)).toEqual(["alone", "start", "left", "right", "join"])
  })

  it("leaves out nodes on a cycle and behind it", () => {
    const looped = flow({ a: [], b: ["a", "d"], c: ["b"], d: ["c"], e: ["d"], f: ["a"] })
    expect(FlowGraph.planOrder(looped)).toEqual(["a", "f"])
  })

  it("makes no edge of what is no dependency: unknown nodes, the node itself, the same node again", () => {
    const graph = FlowGraph.make(flow({ a: ["a", "ghost"], b: ["a", "a"] }))
    expect(graph.dependencies).toEqual([[], [0]])
    expect(graph.dependents).toEqual([[1], []])
  })

  it("lets others depend on the first of several nodes with one id", () => {
    const { nodes } = flow({ a: [], b: ["a"] })
    const graph = FlowGraph.make({ nodes: [...nodes, { id: "a", action: "x", dependencies: ["b"] }] })
    expect(graph.dependencies).toEqual([[], [0], [1]])
  })

  it("puts each node one level below the deepest one that it depends on", () => {
    const graph = FlowGraph.make(flow({ d: ["b", "a"], c: ["a"], b: ["a"], a: [], z: [] }))
    const named = FlowGraph.levels(graph).map((level) => level.map((index) => graph.ids[index]))
    expect(named).toEqual([["a", "z"], ["b", "c"], ["d"]])
  })

  it("knows a flow without nodes", () => {
    expect(FlowGraph.planOrder({ nodes: [] })).toEqual([])
    expect(FlowGraph.levels(FlowGraph.make({ nodes: [] }))).toEqual([])
  })

  it("plans every graph without cycles wholly and in an order that its edges allow", () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const order = FlowGraph.planOrder({ nodes })
        expect([...order].sort()).toEqual(nodes.map(({ id }) => id).sort())
        const position = new Map(order.map((id, index) => [id, index]))
        for (const { dependencies, id } of nodes) {
          for (const dependency of dependencies) {
            expect(position.get(dependency)).toBeLessThan(position.get(id) ?? -1)
          }
        }
      })
    )
  })

  it("plans a permuted definition in the same order and the same levels", () => {
    const permuted = acyclic.chain((nodes) =>
      fc.tuple(
        fc.constant(nodes),
        fc.shuffledSubarray(
          nodes.map((node) => ({ ...node, dependencies: [...node.dependencies].reverse() })),
          { minLength: nodes.length }
        )
      )
    )
    fc.assert(
      fc.property(permuted, ([nodes, other]) => {
        expect(FlowGraph.planOrder({ nodes: other })).toEqual(FlowGraph.planOrder({ nodes }))
        const levels = (list: ReadonlyArray<NodeSpec.NodeSpec>) => {
          const graph = FlowGraph.make({ nodes: list })
          return FlowGraph.levels(graph).map((level) => level.map((index) => graph.ids[index]))
        }
        expect(levels(other)).toEqual(levels(nodes))
      })
    )
  })
})
