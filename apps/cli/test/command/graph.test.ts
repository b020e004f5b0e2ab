import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagflow, Place } from "../Dagflow.ts"

let place: Place

beforeAll(async () => {
  place = new Place()
  await dagflow(["run", "fail.yaml", "--id", "bad", "--store", place.store, "-q"])
  await dagflow(["run", "grow.yaml", "--id", "grown", "--store", place.store, "-q"])
}, 60_000)

afterAll(() => place.remove())

const graph = async (...words: ReadonlyArray<string>): Promise<string> => {
  const { exit, stderr, stdout } = await dagflow(["graph", ...words, "--store", place.store])
  expect([exit, stderr]).toEqual([0, ""])
  return stdout
}

interface Document {
  readonly graph: { readonly items: ReadonlyArray<{ readonly id: string; readonly status?: string }> }
}

describe("graph", () => {
  it.each(["outline", "mermaid", "dot", "svg", "json"])("as %s is the same each time", async (format) => {
    const first = await graph("hello.yaml", "--format", format)
    expect(first.length).toBeGreaterThan(10)
    expect(await graph("hello.yaml", "--format", format)).toBe(first)
  })

  it("of a flow is an outline unless told otherwise", async () => {
    expect(await graph("fail.yaml")).toBe(
      "fail · 3 nodes\n└─ first  greet\n   └─ second  boom\n      └─ third  greet\n"
    )
  })

  it("of a run has its statuses, also at an earlier event", async () => {
    const statuses = async (...words: ReadonlyArray<string>) => {
      const { graph: shown } = JSON.parse(await graph("bad", "--format", "json", ...words)) as Document
      return shown.items.map(({ id, status }) => `${id} ${status}`)
    }
    expect(await statuses()).toEqual(["first completed", "second failed", "third cancelled"])
    expect(await statuses("--at", "3")).toEqual(["first running", "second pending", "third pending"])
  })

  it("has as many nodes in SVG as in JSON, and no scripts", async () => {
    const { graph: shown } = JSON.parse(await graph("grown", "--format", "json")) as Document
    const svg = await graph("grown", "--format", "svg", "--fold", "none")
    expect(shown.items).toHaveLength(201)
    for (const { id } of shown.items) expect(svg).toContain(id)
    expect(svg).not.toMatch(/<script|\bon\w+=/)
  })

  it("folds large graphs in pictures, and keeps all of them in JSON", async () => {
    const folded = await graph("grown")
    expect(folded).toContain("×200")
    expect(folded.split("\n").length).toBeLessThan(10)
    expect((await graph("grown", "--fold", "none")).split("\n").length).toBeGreaterThan(200)
  })

  it("shows the surroundings of a node", async () => {
    expect(await graph("fail.yaml", "--around", "third", "--hops", "1")).not.toContain("first")
    const unknown = await dagflow(["graph", "fail.yaml", "--around", "thrid"])
    expect(unknown.exit).toBe(6)
    expect(unknown.stderr).toContain('did you mean "third"')
  })

  it("of a flow needs no actions, and of a broken file says what is wrong", async () => {
    expect(await graph("flows.ts#broken")).toContain("no-such-action")
    const broken = await dagflow(["graph", "invalid.yaml"])
    expect(broken.exit).toBe(3)
    expect(broken.stderr).toContain("CycleFound")
  })
})
