import { Expression, type TriggerRule } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { beforeAll, describe, expect, it } from "vitest"
import { edge, flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

beforeAll(() => Effect.runPromise(Expression.load))

/** `a` gives a number, and what follows it depends on that. */
const scene = (nodes: Parameters<typeof flow>[0], given: ReadonlyArray<string> = ["a starts"]) =>
  new Scene({ flow: flow([node("a"), ...nodes], { onFailure: "continue" }), given })

describe("the condition of a node", () => {
  it("lets it start when it is true, and says in the log that it was asked", () => {
    const one = scene([node("b", ["a"], {}, { when: "a.value > 1" })])
    expect(one.succeed("a", { value: 2 }).news).toEqual(["a completes", "b routed", "b starts"])
  })

  it("skips it when it is false, and what follows by its trigger rule", () => {
    const one = scene([node("b", ["a"], {}, { when: "a.value > 1" }), node("c", ["b"])])
    expect(one.succeed("a", { value: 1 }).news.slice(0, 3)).toEqual([
      "a completes",
      "b skipped condition_false",
      "c skipped trigger_rule by b"
    ])
  })

  it("is not asked when the trigger rule is not met, nor of a disabled node", () => {
    const asked = scene([
      node("b", ["a"], {}, { when: "a.value.missing" }),
      node("c", ["a"], {}, { when: "a.value.missing", trigger: "all_done", enabled: false })
    ])
    expect(asked.fail("a").news).toEqual([
      "a fails Failed",
      "b skipped trigger_rule by a",
      "c skipped disabled",
      "RunEnding Failed",
      "RunFailed NodesFailed"
    ])
  })

  it("is asked of a node without dependencies", () => {
    const one = new Scene({ flow: flow([node("a", [], {}, { when: "1 > 2" }), node("b")]) })
    expect(one.follow().news).toEqual(["a skipped condition_false", "b starts"])
  })

  it("is asked once, however long the node waits for a slot afterwards", () => {
    let slots = 0
    const one = new Scene({
      flow: flow([node("a"), node("b", ["a"], {}, { when: "a.value > 1" })]),
      given: ["a starts"],
      slots: { tryTake: () => slots-- > 0 }
    })
    expect(one.succeed("a", { value: 2 }).news).toEqual(["a completes", "b routed"])
    expect(one.follow().news).toEqual([])
    slots = 1
    expect(one.follow().news).toEqual(["b starts"])
  })

  it("fails the node when it cannot be evaluated: it is not false, and no code of the node runs", () => {
    for (const when of ["a.nothing > 1", "a.value", "a.value + 'x' == ''"]) {
      const one = scene([node("b", ["a"], {}, { when })])
      expect(one.succeed("a", { value: 2 }).news).toEqual([
        "a completes",
        "b routed InvalidExpression",
        "b starts"
      ])
      expect(one.node("b").route?.error).toMatchObject({ cause: "InvalidExpression", isRetryable: false })
    }
  })
})

describe("R8: an edge with a condition", () => {
  it("counts as skipped when the condition is false", () => {
    const one = scene([node("b", [edge("a", "a.value > 1")]), node("c", [edge("a", "a.value <= 1")])])
    expect(one.succeed("a", { value: 5 }).news).toEqual([
      "a completes",
      "b routed",
      "c routed without a",
      "c skipped not_routed by a",
      "b starts"
    ])
  })

  it("is asked only when its dependency counts as a success", () => {
    const one = scene([node("b", [edge("a", "a.value > 1")], {}, { trigger: "one_failed" })])
    expect(one.fail("a").news).toEqual(["a fails Failed", "b routed", "b starts"])
  })

  /** Whether a join of `a`, whose edge is inactive, and `b`, which succeeded, starts. */
  const rules: Readonly<Record<TriggerRule.TriggerRule, boolean>> = {
    all_success: false,
    all_done: true,
    all_failed: false,
    one_success: true,
    one_failed: false,
    none_failed: true,
    none_failed_min_one_success: true,
    always: true
  }

  it("counts so in every trigger rule", () => {
    for (const [rule, starts] of Object.entries(rules)) {
      const join = node("join", [edge("a", "false"), "b"], {}, { trigger: rule as TriggerRule.TriggerRule })
      const one = scene([node("b"), join], ["a starts", "b starts"])
      one.succeed("a")
      const news = one.succeed("b").news.filter((line) => line.startsWith("join"))
      // Where the rule cannot be met either way, nothing is asked.
      const isHopeless = rule === "all_failed" || rule === "one_failed"
      const skipped = isHopeless
        ? ["join skipped trigger_rule"]
        : ["join routed without a", "join skipped not_routed by a"]
      expect(news, rule).toEqual(starts ? ["join routed without a", "join starts"] : skipped)
    }
  })

  it("fails the node when its condition cannot be evaluated", () => {
    const one = scene([node("b", [edge("a", "a.nothing")])])
    expect(one.succeed("a").news).toEqual(["a completes", "b routed InvalidExpression", "b starts"])
  })

  it("is not asked when the node is skipped whatever it says", () => {
    const nodes = [
      node("a"),
      node("off", [], {}, { enabled: false }),
      node("b", [edge("a", "off.value > 1"), "off"])
    ]
    const one = new Scene({ flow: flow(nodes), given: ["a starts"] })
    expect(one.succeed("a").news).toEqual([
      "a completes",
      "off skipped disabled",
      "b skipped trigger_rule by off",
      "RunEnding Completed",
      "RunCompleted"
    ])
  })

  it("counts beside failures of other dependencies", () => {
    const nodes = [
      node("a"),
      node("z"),
      node("b", [edge("a", "a.value > 1"), "z"], {}, { trigger: "all_done" })
    ]
    const one = new Scene({ flow: flow(nodes, { onFailure: "continue" }), given: ["a starts", "z starts"] })
    one.succeed("a", { value: 0 }).fail("z")
    expect(one.news.slice(-2)).toEqual(["b routed without a", "b starts"])
    expect(one.node("b").ends).toEqual({ succeeded: 0, failed: 1, skipped: 1 })
    expect(one.broken).toEqual([])
  })

  it("is asked anew when the node has failed and is retried by hand", () => {
    const nodes = [node("a"), node("b", [edge("a", "a.value > 1")], {}, { when: "a.value < 9" })]
    const one = new Scene({ flow: flow(nodes, { onFailure: "pause" }), given: ["a starts"] })
    one.succeed("a", { value: 2 }).fail("b")
    expect(one.news.at(-1)).toBe("RunPaused by b")
    one.command({ _tag: "RetryNode", nodeId: "b" })
    expect(one.news).toEqual(["b retry requested", "RunResumed", "b routed", "b starts 2"])
  })
})

describe("growth with conditions", () => {
  const grow = (draft: object) =>
    scene([]).command({ _tag: "AddNode", node: { id: "n", action: "ok", ...draft } as never }).rejection

  it("adds nodes whose conditions can be evaluated, and waits for what they read", () => {
    const one = scene([])
    const { rejection } = one.command({
      _tag: "AddNode",
      node: { id: "n", action: "ok", when: "a.value > 1" }
    })
    expect(rejection).toBeUndefined()
    expect(one.node("n").dependencies.map(({ spec }) => spec.id)).toEqual(["a"])
    expect(one.succeed("a", { value: 2 }).news).toEqual(["adds n", "a completes", "n routed", "n starts"])
  })

  it("lets an added node read the channels that a declared one may read, and no other", () => {
    const stepwise = () =>
      new Scene({
        flow: {
          ...flow([node("a")]),
          channels: { total: { reducer: "sum" } },
          config: { strategy: "superstep" }
        }
      }).follow()
    const add = (when: string) =>
      stepwise().command({ _tag: "AddNode", node: { id: "n", action: "ok", when } })
    for (const when of ["channels.total > 1", "has(channels.total)", "size(channels) == 1"]) {
      expect(add(when).rejection, when).toBeUndefined()
    }
    expect(add("channels.totl > 1").rejection).toMatchObject({
      _tag: "InvalidInput",
      message: 'node "n" reads "channels.totl", which does not exist'
    })
    for (const when of ["channels.total > 1", "size(channels) == 1"]) {
      expect(grow({ when }), when).toMatchObject({ _tag: "InvalidInput" })
    }
  })

  it("refuses what is no condition, and what reads something that cannot be there", () => {
    expect(grow({ when: "a.value >" })).toMatchObject({
      _tag: "InvalidInput",
      message: expect.stringContaining("unexpected token")
    })
    expect(grow({ when: "[1]" })).toMatchObject({ message: expect.stringContaining("never true or false") })
    expect(grow({ dependencies: [edge("a", "1 + 1")] })).toMatchObject({
      message: expect.stringContaining("never true or false")
    })
    expect(grow({ when: "nobody.value == 1" })).toMatchObject({
      _tag: "UnknownDependency",
      dependency: "nobody"
    })
    expect(grow({ when: "channels.total > 1" })).toMatchObject({
      message: expect.stringContaining("channels.total")
    })
    expect(grow({ dependencies: ["a", edge("a", "true")] })).toMatchObject({
      message: expect.stringContaining("twice")
    })
    expect(grow({ dependencies: [edge("nobody", "true")] })).toMatchObject({ _tag: "UnknownDependency" })
  })
})
