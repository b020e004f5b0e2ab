import type { FlowSpec } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { FlowCatalog } from "../src/index.ts"

const flow = (name: string, more: Partial<FlowSpec.FlowSpec> = {}): FlowSpec.FlowSpec => ({
  name,
  nodes: [{ id: "a", action: "work" }],
  ...more
})

const catalog = FlowCatalog.make([
  flow("report", {
    tags: ["daily", "sales"],
    description: "Sells",
    author: "Ada",
    version: "2",
    signature: "s"
  }),
  flow("load", { tags: ["daily", "etl"] }),
  flow("clean", { tags: ["etl-daily", "Daily"] }),
  flow("bare", { nodes: [] })
])

const names = (flows: ReadonlyArray<FlowSpec.FlowSpec>) => flows.map(({ name }) => name)

describe("FlowCatalog", () => {
  it("lists flows by name, with what they say about themselves", () => {
    const list = FlowCatalog.list(catalog)
    expect(list.map(({ name }) => name)).toEqual(["bare", "clean", "load", "report"])
    expect(list[3]).toEqual({
      name: "report",
      description: "Sells",
      author: "Ada",
      version: "2",
      signature: "s",
      tags: ["daily", "sales"],
      nodeCount: 1
    })
    expect(list[0]).toMatchObject({ tags: [], nodeCount: 0, description: undefined })
  })

  it.each<[string, ReadonlyArray<string>]>([
    ["daily", ["load", "report"]],
    ["etl", ["load"]],
    ["Daily", ["clean"]],
    ["da", []],
    ["", []]
  ])("finds flows by the tag %j as a whole", (tag, expected) => {
    expect(names(FlowCatalog.withTag(catalog, tag))).toEqual(expected)
  })

  it.each<[ReadonlyArray<string>, ReadonlyArray<string>]>([
    [["daily", "sales"], ["report"]],
    [["sales", "daily"], ["report"]],
    [["daily"], ["load", "report"]],
    [["daily", "nothing"], []],
    [[], ["bare", "clean", "load", "report"]]
  ])("finds flows that have all of %j", (tags, expected) => {
    expect(names(FlowCatalog.withAllTags(catalog, tags))).toEqual(expected)
  })

  it("finds a flow by its whole name", () => {
    expect(FlowCatalog.exists(catalog, "load")).toBe(true)
    expect(FlowCatalog.exists(catalog, "loa")).toBe(false)
    expect(FlowCatalog.exists(catalog, "Load")).toBe(false)
    expect(FlowCatalog.get(catalog, "load")?.name).toBe("load")
    expect(FlowCatalog.get(catalog, "toString")).toBeUndefined()
    expect(FlowCatalog.metadata(catalog, "load")?.tags).toEqual(["daily", "etl"])
    expect(FlowCatalog.metadata(catalog, "none")).toBeUndefined()
  })

  it("counts tags", () => {
    expect([...FlowCatalog.tags(catalog)]).toEqual([
      ["Daily", 1],
      ["daily", 2],
      ["etl", 1],
      ["etl-daily", 1],
      ["sales", 1]
    ])
  })

  it("takes the last one of several flows of a name", () => {
    const twice = FlowCatalog.make([flow("a", { version: "1" }), flow("a", { version: "2" })])
    expect(FlowCatalog.list(twice).map(({ version }) => version)).toEqual(["2"])
  })
})
