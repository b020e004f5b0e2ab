import type { FailurePolicy, NodeSpec, TriggerRule } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

type Policy = FailurePolicy.FailurePolicy
type Rule = TriggerRule.TriggerRule

const policies: ReadonlyArray<Policy> = ["halt", "continue", "best_effort", "pause"]

/** What becomes of a node by this rule: `a` ended as the key says, `b` completed. */
const starts: Readonly<Record<Rule, { readonly failed: boolean; readonly skipped: boolean }>> = {
  all_success: { failed: false, skipped: false },
  all_done: { failed: true, skipped: true },
  all_failed: { failed: false, skipped: false },
  one_success: { failed: true, skipped: true },
  one_failed: { failed: true, skipped: false },
  none_failed: { failed: false, skipped: true },
  none_failed_min_one_success: { failed: false, skipped: true },
  always: { failed: true, skipped: true }
}

const rules = Object.keys(starts) as ReadonlyArray<Rule>

/** `a` and `b` go on; `join` depends on both by the rule, `lonely` on nothing. */
const joined = (policy: Policy, rule: Rule) =>
  new Scene({
    flow: flow(
      [
        node("a"),
        node("b"),
        node("join", ["a", "b"], {}, { trigger: rule }),
        node("free"),
        node("later", ["free"])
      ],
      { onFailure: policy }
    ),
    given: ["a starts", "b starts", "free starts", "b completes"]
  })

const afterFailure = (policy: Policy, rule: Rule): ReadonlyArray<string> => {
  const join = starts[rule].failed ? "join starts" : "join skipped trigger_rule by a"
  switch (policy) {
    case "continue":
    case "best_effort":
      return ["a fails Failed", join]
    case "halt":
      return [
        "a fails Failed",
        "RunInterrupted halted",
        "join cancelled halted pending",
        "later cancelled halted pending"
      ]
    case "pause":
      return ["a fails Failed", "RunPaused by a"]
  }
}

/** What the end of the independent node `free` brings about. */
const afterFree = (policy: Policy): ReadonlyArray<string> => {
  switch (policy) {
    case "continue":
    case "best_effort":
      return ["free completes", "later starts"]
    case "halt":
      return ["free completes", "RunEnding Failed", "RunFailed NodesFailed"]
    case "pause":
      return ["free completes"]
  }
}

describe("rows 61-65: failure policies and trigger rules", () => {
  for (const policy of policies) {
    it.each(rules)(`${policy}: a failure meets a join by %s`, (rule) => {
      const scene = joined(policy, rule).fail("a")
      expect(scene.news).toEqual(afterFailure(policy, rule))
      expect(scene.succeed("free").news).toEqual(afterFree(policy))
      expect(scene.broken).toEqual([])
    })
  }

  it.each(rules)("a skipped dependency meets a join by %s", (rule) => {
    const nodes: ReadonlyArray<NodeSpec.NodeSpec> = [
      node("a", [], {}, { enabled: false }),
      node("b"),
      node("join", ["a", "b"], {}, { trigger: rule })
    ]
    const scene = new Scene({ flow: flow(nodes), given: ["b starts", "b completes"] }).follow()
    const rest = starts[rule].skipped
      ? ["join starts"]
      : ["join skipped trigger_rule by a", "RunEnding Completed", "RunCompleted"]
    expect(scene.news).toEqual(["a skipped disabled", ...rest])
  })
})

describe("row 122, R8: joins are never dropped in silence", () => {
  const outcomes = { success: "completes", failure: "fails" } as const
  const table: ReadonlyArray<readonly [Rule, string, boolean]> = [
    ["all_success", "success,success", true],
    ["all_success", "success,failure", false],
    ["all_done", "failure,failure", true],
    ["all_failed", "failure,failure", true],
    ["all_failed", "success,failure", false],
    ["one_success", "failure,failure", false],
    ["one_success", "success,failure", true],
    ["one_failed", "success,success", false],
    ["one_failed", "success,failure", true],
    ["none_failed", "success,success", true],
    ["none_failed", "success,failure", false],
    ["none_failed_min_one_success", "success,success", true],
    ["none_failed_min_one_success", "success,failure", false],
    ["always", "failure,failure", true]
  ]
  it.each(table)("%s after %s: starts %s", (rule, ends, isStarted) => {
    const [first, second] = ends.split(",").map((end) => outcomes[end as "success"])
    const nodes = [node("a"), node("b"), node("join", ["a", "b"], {}, { trigger: rule })]
    const given = ["a starts", "b starts", `a ${first}`, `b ${second}`]
    const scene = new Scene({ flow: flow(nodes, { onFailure: "continue" }), given }).follow()
    const news = scene.news
    expect(news.includes("join starts")).toBe(isStarted)
    expect(news.some((text) => text.startsWith("join skipped trigger_rule"))).toBe(!isStarted)
  })

  it("a rule waits for the last dependency, also when the first has decided it", () => {
    const nodes = [node("a"), node("b"), node("join", ["a", "b"], {}, { trigger: "one_success" })]
    const scene = new Scene({ flow: flow(nodes), given: ["a starts", "b starts"] })
    expect(scene.succeed("a").news).toEqual(["a completes"])
    expect(scene.succeed("b").news).toEqual(["b completes", "join starts"])
  })

  it("a recovered node counts as a success", () => {
    const nodes = [node("a", [], {}, { failure: "notify" }), node("b", ["a"])]
    const scene = new Scene({
      flow: flow(nodes),
      given: ["a starts", "a fails handling", "a starts handler"]
    })
    expect(scene.succeed("a").news).toEqual(["a completes recovered", "b starts"])
  })

  it("skips go on transitively, each naming the dependency that decided it", () => {
    const nodes = [node("a"), node("b", ["a"]), node("c", ["b"]), node("d", ["c"])]
    const scene = new Scene({ flow: flow(nodes, { onFailure: "continue" }), given: ["a starts"] })
    expect(scene.fail("a").news.slice(0, 4)).toEqual([
      "a fails Failed",
      "b skipped trigger_rule by a",
      "c skipped trigger_rule by b",
      "d skipped trigger_rule by c"
    ])
  })
})

describe("how a run with failures ends", () => {
  const table = [
    ["continue", "RunEnding Failed", "RunFailed NodesFailed"],
    ["best_effort", "RunEnding Completed", "RunCompleted"]
  ] as const
  it.each(table)(
    "rows 61, 64, 76: under %s it ends with %s and lists every failure",
    (policy, ending, end) => {
      const nodes = [node("a"), node("b"), node("c")]
      const given = ["a starts", "b starts", "c starts", "b fails", "a fails", "c completes"]
      const scene = new Scene({ flow: flow(nodes, { onFailure: policy }), given }).follow()
      expect(scene.news).toEqual([ending, end])
      const { result } = scene.turn.state
      const failed = result?._tag === "Completed" ? result.failed : undefined
      const failure =
        result?._tag === "Failed" && result.failure._tag === "NodesFailed" ? result.failure : undefined
      expect((failed ?? failure?.nodes)?.map((one) => one.nodeId)).toEqual(["b", "a"])
    }
  )

  it("a node's own policy wins over the flow's", () => {
    const nodes = [node("a", [], {}, { onFailure: "best_effort" }), node("b")]
    const scene = new Scene({ flow: flow(nodes, { onFailure: "halt" }), given: ["a starts", "b starts"] })
    expect(scene.fail("a").news).toEqual(["a fails Failed"])
    expect(scene.succeed("b").news).toEqual(["b completes", "RunEnding Completed", "RunCompleted"])
  })

  it("one failure that is not forgiven fails the run, and all failures are listed", () => {
    const nodes = [
      node("a", [], {}, { onFailure: "best_effort" }),
      node("b", [], {}, { onFailure: "continue" })
    ]
    const scene = new Scene({ flow: flow(nodes), given: ["a starts", "b starts"] })
    expect(scene.fail("a").fail("b").news).toEqual([
      "a fails Failed",
      "b fails Failed",
      "RunEnding Failed",
      "RunFailed NodesFailed"
    ])
  })

  it("row 62: under halt the first failure stands first, and later ones are told too", () => {
    const scene = new Scene({
      flow: flow([node("a"), node("b"), node("c", ["a"])]),
      given: ["a starts", "b starts"]
    })
    expect(scene.fail("b").news).toEqual([
      "b fails Failed",
      "RunInterrupted halted",
      "c cancelled halted pending"
    ])
    expect(scene.fail("a").news).toEqual(["a fails Failed", "RunEnding Failed", "RunFailed NodesFailed"])
    const { result } = scene.turn.state
    expect(result).toMatchObject({ failure: { nodes: [{ nodeId: "b" }, { nodeId: "a" }] } })
  })

  it("row 53: nodes that can never start end the run with Stalled, which lists them", () => {
    const nodes = [node("a"), node("b", ["a"]), node("c", ["b"])]
    // No command leads here: the failure paused the run, and a log says that it goes on without a retry.
    const given = ["a starts", "a fails", "RunPaused by a", "RunResumed"]
    const scene = new Scene({ flow: flow(nodes, { onFailure: "pause" }), given }).follow()
    expect(scene.news).toEqual([
      "RunInterrupted stalled",
      "b cancelled stalled pending",
      "c cancelled stalled pending",
      "RunEnding Failed",
      "RunFailed Stalled"
    ])
    expect(scene.turn.state.result).toMatchObject({ failure: { _tag: "Stalled", nodeIds: ["b", "c"] } })
  })
})
