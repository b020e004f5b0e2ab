/** A flow and a run of it in which everything happens that a view has to show. */
import { Evolve, type FlowSpec, type RunState } from "../../src/index.ts"
import {
  answered,
  type Entry,
  errorOf,
  flowOf,
  logOf,
  nodeCompleted,
  nodeFailed,
  nodesOf,
  nodeStarted,
  owned,
  started
} from "../LogBuilder.ts"

export const sampleFlow: FlowSpec.FlowSpec = flowOf(
  {
    "fetch-users": { action: "http.get" },
    "fetch-orders": { action: "http.get" },
    split: {
      action: "split",
      dependencies: ["fetch-orders"],
      inputs: { rows: { ref: "fetch-orders.body" } }
    },
    clean: { action: "clean", dependencies: ["fetch-users"], inputs: { rows: { ref: "fetch-users.body" } } },
    load: { action: "load", dependencies: ["clean", "split"], trigger: "none_failed" },
    report: { action: "print", dependencies: ["load", "fetch-users"], description: "Prints <the> report." },
    notify: { action: "mail", dependencies: ["load"], branch: "post" },
    tidy: { action: "rm", dependencies: ["fetch-users"], enabled: false, branch: "post" }
  },
  { name: "nightly", version: "2" }
)

const chunks = [1, 2, 3, 4, 5].map((number) => `chunk_${number}`)

const split = { hook: "onItems", sequence: 17 }

/** Sequence numbers stand at the ends of the lines. */
const entries: ReadonlyArray<Entry> = [
  started(sampleFlow, { onFailure: "continue" }), // 1
  owned({ onItems: ["NodeCompleted"] }),
  nodeStarted("fetch-users"),
  nodeStarted("fetch-orders"),
  nodeCompleted("fetch-users", 1, { usage: { tokens: 10 } }), // 5
  answered("onItems", 5),
  { _tag: "NodeSkipped", nodeId: "tidy", reason: "disabled" },
  nodeFailed("fetch-orders", 1, { retryAtMillis: 1_700_000_009_000, usage: { tokens: 5 } }),
  nodeStarted("fetch-orders", 2),
  nodeStarted("clean"), // 10
  nodeCompleted("fetch-orders", 2, { usage: { tokens: 7 } }),
  answered("onItems", 11),
  nodeStarted("split"),
  nodeFailed("clean", 1, { error: { ...errorOf("rows is undefined", "Thrown"), tag: "TypeError" } }),
  { _tag: "BranchPaused", branch: "post", reason: "not at night" }, // 15
  { _tag: "EventEmitted", name: "note" },
  nodeCompleted("split"),
  [
    {
      _tag: "NodesAdded",
      nodes: nodesOf({ ...Object.fromEntries(chunks.map((id) => [id, ["split"]])), extra: [] })
    },
    split
  ],
  answered("onItems", 17),
  nodeStarted("chunk_1"), // 20
  nodeStarted("chunk_2"),
  nodeStarted("extra"),
  nodeCompleted("chunk_1"),
  nodeFailed("chunk_2", 1, { retryAtMillis: 1_700_000_060_000 })
]

/** The run after its first events; after all of them when none are counted. */
export const sampleRun = (events: number = entries.length): RunState.RunState =>
  Evolve.fold("run", logOf(entries).slice(0, events))

/** A moment shortly after the last event of the sample. */
export const sampleNow = 1_700_000_030_000

/** Ids that try to end strings, tags, lines and attributes, or to run as scripts. */
export const hostileIds: ReadonlyArray<string> = [
  `"quoted"`,
  "back\\slash\\",
  "<script>alert(1)</script>",
  "</title><svg onload=alert(1)>",
  "&amp; &#60;",
  "a --> b",
  "end",
  "subgraph",
  "{{}}|()",
  "`tick`",
  "#quot;",
  "%% comment",
  "a;b",
  "日本語 🙂",
  "'); drop",
  "]]>",
  "\u202eright to left",
  "\ud800 lone surrogate",
  "\u001b[31mred"
].map((text) => text.replaceAll(/[.#[\]]/g, "-"))

export const hostileFlow: FlowSpec.FlowSpec = flowOf(
  Object.fromEntries(
    hostileIds.map((id, index) => [
      id,
      {
        action: hostileIds[(index + 5) % hostileIds.length] ?? "",
        dependencies: index === 0 ? [] : [hostileIds[index - 1] ?? ""],
        branch: hostileIds[(index + 3) % hostileIds.length] ?? "",
        description: hostileIds[(index + 7) % hostileIds.length] ?? ""
      }
    ])
  ),
  { name: `"</title><script>alert(1)</script>\n\\` }
)
