/*
 * Goal: what is measured is right: every system runs every node once and after its dependencies, and the ledger finds
 * each way of not doing so.
 * Method: tiny graphs; nothing is timed here.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Graph from "../graph/Graph.ts"
import * as Ledger from "../graph/Ledger.ts"
import { systems, load } from "../system/systems.ts"

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-benchmarks-"))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const graphs = { wide: Graph.wide(100), chain: Graph.chain(30), layered: Graph.layered(5, 20, 3) }

describe.each(Object.keys(systems))("%s", (name) => {
  it.each(Object.entries(graphs))("runs every node of a %s graph once, in order", async (_, graph) => {
    const ledger = Ledger.make(graph)
    const measured = await (await load(name)).run({ graph, visit: ledger.visit, folder })
    expect(ledger.verify).not.toThrow()
    expect(measured.runMillis).toBeGreaterThan(0)
  })

  it("grows a chain node by node", async () => {
    const graph = Graph.chain(30)
    const ledger = Ledger.make(graph)
    await (await load(name)).grow?.({ graph, visit: ledger.visit, folder })
    expect(ledger.verify).not.toThrow()
  })
})

it.each(["dagflow memory", "dagflow SQLite"])("%s runs many small runs at once", async (name) => {
  const graph = Graph.wide(100)
  const ledger = Ledger.make(graph)
  await (await load(name)).runMany?.({ graph, visit: ledger.visit, folder })
  expect(ledger.verify).not.toThrow()
})

describe("Ledger", () => {
  it("finds a node that runs twice, one that runs too early, and one that does not run", async () => {
    const ledger = Ledger.make(Graph.chain(3))
    await expect(ledger.visit(1)).rejects.toThrow("node 1 runs before node 0")
    await ledger.visit(0)
    await expect(ledger.visit(0)).rejects.toThrow("has run before")
    expect(ledger.verify).toThrow("1 of 3 nodes have run")
  })
})

describe("Graph", () => {
  it("a layered graph has the asked number of different dependencies, all in the layer before", () => {
    const { dependencies } = Graph.layered(4, 10, 3)
    for (const [node, list] of dependencies.entries()) {
      expect(new Set(list).size).toBe(node < 10 ? 0 : 3)
      for (const one of list) expect(Math.floor(one / 10)).toBe(Math.floor(node / 10) - 1)
    }
  })

  it("is the same every time", () => {
    expect(Graph.layered(10, 10, 3)).toEqual(Graph.layered(10, 10, 3))
  })
})
