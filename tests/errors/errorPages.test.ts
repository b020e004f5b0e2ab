/**
 * Goal: whoever meets an error finds the page that explains it, and no page explains what does not exist. Method: the tags
 * of the schemas against the files of `docs/errors`, and real messages against what the pages say.
 */
import { readdirSync, readFileSync } from "node:fs"
import { McpReason, PlannerReason, Refusal } from "@dagflow/planner"
import { describe, expect, it } from "vitest"
import {
  DocsSlug,
  FlowProblems,
  type FlowSpec,
  HookFailureCause,
  NodeError,
  type NodeSpec,
  type Problem,
  ProblemCode,
  Rejection,
  RunError,
  RunReason,
  StoreError,
  StoreReason
} from "@dagflow/protocol"

const folder = new URL("../../docs/errors/", import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8")
const tagOf = (member: {
  readonly fields: { readonly _tag: { readonly schema: { readonly literal: string } } }
}) => member.fields._tag.schema.literal

/** The tags of each area, and the heading below which their pages and the list treat them. */
const areas: ReadonlyArray<readonly [heading: string, tags: ReadonlyArray<string>]> = [
  ["In a definition", ProblemCode.literals],
  ["Of a run", RunReason.members.map(tagOf)],
  ["Of a store", StoreReason.members.map(tagOf)],
  ["Of a command", Rejection.Rejection.members.map(tagOf)],
  ["Of an attempt", NodeError.FailureCause.literals],
  ["Of a hook", HookFailureCause.HookFailureCause.literals],
  [
    "Of a planner",
    [...new Set(["PlannerError", ...PlannerReason.members.map(tagOf), ...Refusal.Refusal.members.map(tagOf)])]
  ],
  ["Of an MCP server", ["McpError", ...McpReason.members.map(tagOf)]]
]
const umbrellas = ["DefinitionError", "RunError", "StoreError"]
const tags = [...new Set([...umbrellas, ...areas.flatMap(([, list]) => list)])].sort()
const fileOf = (tag: string) => `${DocsSlug.ofTag(tag)}.md`
const areasOf = (tag: string) => areas.filter(([, list]) => list.includes(tag)).map(([heading]) => heading)

/** Nodes by id: the ids that a node depends on, or everything about it but its id. */
type Nodes = Readonly<Record<string, ReadonlyArray<string> | Omit<Partial<NodeSpec.NodeSpec>, "id">>>

const flowOf = (nodes: Nodes, more: Partial<FlowSpec.FlowSpec> = {}): FlowSpec.FlowSpec => ({
  name: "flow",
  nodes: Object.entries(nodes).map(([id, given]) =>
    "length" in given ? { id, action: "work", dependencies: given } : { id, action: "work", ...given }
  ),
  ...more
})

describe("the pages about errors", () => {
  it("are one per tag, and none without one", () => {
    const pages = readdirSync(folder).filter((name) => name !== "README.md")
    expect(pages.sort()).toEqual(tags.map(fileOf).sort())
  })

  it.each(tags)("say what %s says, why it happens and what to do, in every area that has it", (tag) => {
    const text = read(fileOf(tag))
    const lines = text.split("\n")
    expect(lines[0]).toBe(`# ${tag}`)
    expect(lines[2]).toMatch(/^[A-Z].*\.$/)
    expect(lines.length).toBeLessThan(45)
    const headings = lines.filter((line) => line.startsWith("## ")).map((line) => line.slice(3))
    const expected = areasOf(tag)
    expect(headings).toEqual(expected)
    for (const part of ["**It says** ", "**Why.** ", "**What to do.** "]) {
      expect(text.split(part)).toHaveLength(Math.max(1, expected.length) + 1)
    }
  })

  it("are listed below the areas that they belong to", () => {
    const [, ...sections] = read("README.md").split(/^## /m)
    const listed = sections.map((section) => {
      const [heading = "", ...lines] = section.split("\n")
      const links = lines.flatMap((line) => [...line.matchAll(/^- \[(\w+)\]\(([\w-]+\.md)\)/g)])
      return [heading, links.map((link) => [link[1], link[2]])]
    })
    expect(listed).toEqual(
      areas.map(([heading, list]) => [heading, [...list].sort().map((tag) => [tag, fileOf(tag)])])
    )
  })

  it("link to pages that exist", () => {
    for (const tag of tags) {
      const targets = [...read(fileOf(tag)).matchAll(/\]\(([\w-]+\.md)[#)]/g)].map((link) => link[1] ?? "")
      expect(
        targets.filter((target) => target !== "README.md" && !tags.map(fileOf).includes(target))
      ).toEqual([])
    }
  })
})

/** The text of a page with its lines joined, as a message stands in it. */
const flat = (tag: string) => read(fileOf(tag)).replaceAll("\n", " ")

const storeExamples: ReadonlyArray<StoreReason> = [
  { _tag: "SequenceConflict", expected: 4, actual: 6 },
  { _tag: "OwnershipLost", epoch: 1, actual: 2 },
  { _tag: "Unavailable", message: "database is locked" },
  { _tag: "Corrupt", message: "file is not a database" },
  { _tag: "Unsupported", ability: "changes" },
  { _tag: "TooLarge", bytes: 20_000_000, maximum: 10_000_000 }
]

const runExamples: ReadonlyArray<RunReason> = [
  { _tag: "TimedOut", timeoutMillis: 60_000 },
  { _tag: "Stalled", nodeIds: ["a", "b"] },
  { _tag: "HookFailed", hook: "audit", message: "TimeoutError: …" },
  {
    _tag: "ChannelFailed",
    channel: "cost",
    step: 3,
    nodeId: "search",
    message: "the sum is larger than any number"
  },
  { _tag: "LimitReached", limit: "maxIterations", maximum: 50, step: 101, frontier: ["think#52"] },
  {
    _tag: "ReducersMissing",
    missing: ["best"],
    changed: [{ reducer: "top", recorded: "1", registered: "2" }]
  },
  { _tag: "ChannelsChanged", channels: [{ channel: "messages", recorded: 1, declared: 2 }] },
  { _tag: "Cancelled", reason: "enough" },
  {
    _tag: "Waiting",
    reasons: [`branch "publish" is paused and holds 2 nodes back: resume it, or cancel it`]
  },
  { _tag: "Parked" },
  { _tag: "CommandRejected", command: "AddNode", rejection: { _tag: "DuplicateNode", nodeId: "load" } },
  { _tag: "RunExists" },
  { _tag: "RunNotFound" },
  { _tag: "RunNotOwned", owner: "process-b" },
  {
    _tag: "ActionsMissing",
    missing: ["mail"],
    changed: [{ action: "http", recorded: "1", registered: "2" }]
  },
  { _tag: "FlowChanged", recordedHash: "a", givenHash: "b" },
  { _tag: "InputsChanged", names: ["day"] },
  { _tag: "StoreFailed", operation: "append", reason: { _tag: "Unavailable", message: "disk full" } }
]

const rejectionExamples: ReadonlyArray<Rejection.Rejection> = [
  { _tag: "DuplicateNode", nodeId: "load" },
  { _tag: "UnknownNode", nodeId: "lod", suggestion: "load" },
  { _tag: "UnknownAction", nodeId: "part_1", action: "htp" },
  { _tag: "UnknownDependency", nodeId: "part_1", dependency: "splt" },
  { _tag: "CycleFound", path: ["a", "b", "a"] },
  { _tag: "NodeAlreadyStarted", nodeId: "load", status: "running" },
  { _tag: "UnknownBranch", branch: "publsh", suggestion: "publish" },
  { _tag: "LimitReached", limit: "nodesMax", maximum: 1000, requested: 1004 },
  { _tag: "UnknownChannel", channel: "mesages", suggestion: "messages" },
  { _tag: "WrongRun", expected: "run-1", given: "run-2" },
  { _tag: "RunEnded", status: "failed" },
  { _tag: "AlreadyAnswered", nodeId: "approve", winner: "signal", by: "Ada", atMillis: 1_795_687_200_000 },
  { _tag: "NotWaiting", nodeId: "approve", status: "skipped" },
  { _tag: "NotWaiting", nodeId: "cool-down", status: "waiting" }
]

/** Flows with one problem each, and the code whose page shows its message. */
const flowExamples: ReadonlyArray<readonly [code: Problem["code"], flow: ReturnType<typeof flowOf>]> = [
  [
    "DuplicateNode",
    {
      name: "flow",
      nodes: [
        { id: "load", action: "a" },
        { id: "load", action: "a" }
      ]
    }
  ],
  ["DuplicateEdge", flowOf({ transform: [], publish: ["transform", "transform"] })],
  ["UnknownDependency", flowOf({ transform: ["fetc"] })],
  ["UnknownAction", flowOf({ fetch: { action: "htp" } })],
  [
    "UnknownReference",
    flowOf({
      fetch: { outputs: [{ name: "rows" }] },
      load: { dependencies: ["fetch"], inputs: { x: { ref: "fetch.row" } } }
    })
  ],
  ["MalformedReference", flowOf({ load: { inputs: { x: { ref: "fetch.rows[" } } } })],
  ["NotAnAncestor", flowOf({ check: [], report: { inputs: { x: { ref: "check.ok" } } } })],
  ["CycleFound", flowOf({ a: ["c"], c: ["b"], b: ["a"] })],
  ["SelfDependency", flowOf({ load: ["load"] })],
  ["UnreachableNode", flowOf({ load: ["x"], x: ["load"], report: ["load"] })],
  ["NoPathToEnd", flowOf({ fetch: [], x: ["fetch", "y"], y: ["x"] })],
  ["EmptyFlow", flowOf({})],
  ["LimitExceeded", flowOf({ a: [], b: [], c: [] }, { config: { nodesMax: 2 } })]
]

describe("the examples on the pages", () => {
  it.each(storeExamples)("show what a store says: $_tag", (reason) => {
    const [, message = ""] = new StoreError({ reason, operation: "append" }).message.split(/^append: /)
    expect(flat(reason._tag)).toContain(`\`${message}\``)
  })

  it.each(runExamples)("show what a run says: $_tag", (reason) => {
    const [, message = ""] = new RunError({ reason, runId: "r" }).message.split(/^run "r": /)
    expect(flat(reason._tag)).toContain(`\`${message}\``)
  })

  it.each(rejectionExamples)("show what a refusal says: $_tag", (rejection) => {
    expect(flat(rejection._tag)).toContain(`\`${Rejection.describe(rejection)}\``)
  })

  it.each(flowExamples)("show what a definition says: %s", (code, flow) => {
    const problem = FlowProblems.check(flow, { actions: ["a", "work"] }).find((one) => one.code === code)
    expect(flat(code)).toContain(`\`${problem?.message}\``)
  })
})
