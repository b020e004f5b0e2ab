/** Flows that run under every strategy, with the hooks that they need. */
import type { NodeSpec } from "@dagflow/protocol"
import * as Hook from "../../src/hook/Hook.ts"
import { chain, edge, flow, many, mapped, node, subFlow } from "../world/FlowNotation.ts"

/** A flow that runs under every strategy. */
export interface StrategyFixture {
  readonly name: string
  readonly nodes: ReadonlyArray<NodeSpec.NodeSpec>
  readonly hooks?: ReadonlyArray<Hook.Any<never>>
  readonly maxParallel?: number
  /** Answers to waits, by node. */
  readonly answers?: Readonly<Record<string, number>>
}

/** A hook that adds nodes when a node has completed. */
const grows = (nodeId: string, ...nodes: ReadonlyArray<NodeSpec.NodeSpec>): Hook.Any<never> =>
  Hook.make({
    name: "grows",
    on: ["NodeCompleted"],
    handle: ({ event }) =>
      event._tag === "NodeCompleted" && event.nodeId === nodeId ? [{ _tag: "AddNodes", nodes }] : []
  })

/** A hook that answers to the failure of a node with one that depends on it. */
const rescues = (nodeId: string): Hook.Any<never> =>
  Hook.make({
    name: "rescues",
    on: ["NodeFailed"],
    handle: ({ event }) =>
      event._tag === "NodeFailed" && event.nodeId === nodeId && event.retryAtMillis === undefined
        ? [{ _tag: "AddNode", node: node("rescue later", [nodeId], { value: "saved" }) }]
        : []
  })

const retry = { retry: { tries: 3, backoff: "immediate" } } as const

/** Fails unless it is told to run again. */
const once = { failures: 1 }

/** A flow for nodes that run one: it changes what it is given by two nodes, one of which has to be tried twice. */
const inner = flow(
  [
    node("first flaky", [], { value: "=inputs.value", ...once }, retry),
    node("then later", ["first"], { value: "=first.value" })
  ],
  {},
  { name: "inner", inputs: { value: {} } }
)

export const strategyFixtures: ReadonlyArray<StrategyFixture> = [
  { name: "one node", nodes: [node("only")] },
  { name: "a chain", nodes: chain(5, "n* later") },
  {
    name: "a diamond whose join reads both arms",
    nodes: [
      node("top later"),
      node("left later", ["top"], { value: "=top.value" }),
      node("right ok", ["top"], { value: "r" }),
      node("join", ["left", "right"], { value: "=left.value", other: "=right.value" })
    ]
  },
  {
    name: "a fan-out and fan-in with few slots",
    maxParallel: 3,
    nodes: [
      node("source"),
      ...many(12, "item* later", () => ["source"]),
      node(
        "sink",
        Array.from({ length: 12 }, (_, index) => `item${index}`),
        { value: "=item11.value" }
      )
    ]
  },
  {
    name: "arms of unequal length",
    nodes: [
      node("start"),
      node("long1 later", ["start"]),
      node("long2 later", ["long1"]),
      node("long3 later", ["long2"]),
      node("short", ["start"]),
      node("end", ["long3", "short"])
    ]
  },
  {
    name: "an arm that fails",
    nodes: [
      node("top"),
      node("bad flaky", ["top"], once),
      node("good later", ["top"]),
      node("behind", ["good"]),
      node("join", ["bad", "good"]),
      node("after", ["join"])
    ]
  },
  {
    name: "several failures",
    nodes: [
      node("a flaky", [], once),
      node("b flaky", [], once),
      node("c flaky", ["d"], once),
      node("d later"),
      node("e", ["d"])
    ]
  },
  {
    name: "retries that succeed",
    nodes: [
      node("a flaky", [], { failures: 2 }, retry),
      node("b", ["a"], { value: "=a.value" }),
      node("c later")
    ]
  },
  {
    name: "failure handlers",
    nodes: [
      node("a flaky", [], once, { failure: "ok" }),
      node("b", ["a"]),
      node("c flaky", [], once, { failure: "fail" }),
      node("d", ["c"], {}, { trigger: "all_failed" })
    ]
  },
  {
    name: "every trigger rule behind a success, a failure and a skip",
    nodes: [
      node("good later"),
      node("bad flaky", [], once),
      node("off", [], {}, { enabled: false }),
      ...(
        [
          "all_success",
          "all_done",
          "all_failed",
          "one_success",
          "one_failed",
          "none_failed",
          "none_failed_min_one_success",
          "always"
        ] as const
      ).map((trigger) => node(`on_${trigger}`, ["good", "bad", "off"], {}, { trigger }))
    ]
  },
  {
    name: "priorities against the grain",
    maxParallel: 2,
    nodes: [
      node("low later", [], {}, { priority: -3 }),
      node("high later", ["low"], {}, { priority: 9 }),
      node("mid1 later", [], {}, { priority: 4 }),
      node("mid2 later", ["mid1"], {}, { priority: 5 }),
      node("last", ["high", "mid2"])
    ]
  },
  {
    name: "disabled nodes and what lies behind them",
    nodes: [
      node("off later", [], {}, { enabled: false }),
      node("lost", ["off"]),
      node("kept", ["off"], {}, { trigger: "all_done" }),
      node("next", ["kept"])
    ]
  },
  {
    name: "branches, one of which fails",
    nodes: [
      node("a later", [], {}, { branch: "red" }),
      node("b flaky", ["a"], once, { branch: "red" }),
      node("c", ["b"], {}, { branch: "red" }),
      node("x later", [], {}, { branch: "blue" }),
      node("y", ["x"], {}, { branch: "blue" }),
      node("join", ["c", "y"], {}, { trigger: "one_success" })
    ]
  },
  {
    name: "a policy of its own at one node",
    nodes: [
      node("soft flaky", [], once, { onFailure: "best_effort" }),
      node("behind", ["soft"]),
      node("other later"),
      node("then", ["other"])
    ]
  },
  {
    name: "growth in answer to a completion",
    nodes: [node("seed later"), node("side later"), node("end", ["seed", "side"])],
    hooks: [
      grows(
        "seed",
        node("g1 later", ["seed"]),
        node("g2", ["g1"], { value: "=g1.value" }),
        node("free later")
      )
    ]
  },
  {
    name: "a failure that a hook handles",
    nodes: [node("risky flaky", [], once), node("usual later"), node("behind", ["risky"])],
    hooks: [rescues("risky")]
  },
  {
    name: "waits for answers beside other work",
    nodes: [
      node("ask"),
      node("approve ask", ["ask"]),
      node("work later"),
      node("more", ["work"]),
      node("done", ["approve", "more"])
    ],
    answers: { approve: 1 }
  },
  {
    name: "edges and nodes with conditions",
    nodes: [
      node("load later"),
      node("taken", [edge("load", "load.value == 'load'")]),
      node("passed", [edge("load", "load.value == 'other'")]),
      node("unwanted", ["load"], {}, { when: "load.value != 'load'" }),
      node("risky flaky", ["load"], once),
      node(
        "either",
        ["taken", "passed"],
        { value: "=taken.value" },
        { trigger: "none_failed_min_one_success" }
      ),
      node("behind", ["passed", "unwanted"]),
      node("end later", ["either", "risky"], {}, { trigger: "all_done" })
    ]
  },
  {
    name: "a list one of whose items fails",
    maxParallel: 2,
    nodes: [
      node("before later"),
      mapped(
        "mixed flaky",
        { value: [0, 1, 0, 0] },
        { failures: "=each.item", value: "=each.index" },
        {
          dependencies: ["before"]
        }
      ),
      node("beside later"),
      node("after", ["mixed"], {}, { trigger: "all_done" }),
      node("sum later", ["mixed"], { value: "=mixed.value" })
    ]
  },
  {
    name: "an empty list, and a list of what another one gave",
    nodes: [
      mapped("none ok", { value: [] }),
      mapped("some later", { value: [1, 2, 3] }, { value: "=each.item" }),
      mapped("again later", { ref: "some.value" }, { value: "=each.item" }, { dependencies: ["some"] }),
      node("join", ["none", "again"], { value: "=again.value" })
    ]
  },
  {
    name: "child runs, alone and in a list, beside a failure",
    nodes: [
      subFlow("alone", inner, { value: "a" }),
      mapped("listed inner", { value: ["b", "c"] }, { value: "=each.item" }, { flow: inner }),
      node("risky flaky", [], once),
      node("join later", ["alone", "listed"], { value: "=listed.then" }),
      node("both", ["join", "risky"])
    ]
  }
]
