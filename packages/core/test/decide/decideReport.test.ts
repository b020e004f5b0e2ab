import type { RetryPolicy } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { flow, node } from "../world/FlowNotation.ts"
import { boom, Scene } from "./Scene.ts"

const one = (retry: RetryPolicy.RetryPolicy, rest: object = {}) =>
  new Scene({
    flow: flow([node("a", [], {}, { retry, ...rest }), node("b")]),
    given: ["a starts", "b starts"]
  })

const retryAt = (scene: Scene): number | undefined => scene.node("a").retryAtMillis

describe("rows 66-69: retries", () => {
  it("row 66: tries are attempts in total: two tries are one retry", () => {
    const scene = one({ tries: 2 })
    expect(scene.fail("a").news).toEqual(["a fails Failed retry"])
    scene.turn.record({ _tag: "NodeStarted", nodeId: "a", attempt: 2 })
    expect(scene.fail("a").news).toEqual(["a starts 2", "a fails Failed", "RunInterrupted halted"])
  })

  const waits = [
    [{ jitter: 0 }, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]],
    [{ jitter: 0, initialMillis: 100, factor: 3, maxMillis: 1000 }, [100, 300, 900, 1000]],
    [{ jitter: 0, backoff: "linear", initialMillis: 500, maxMillis: 1200 }, [500, 1000, 1200]],
    [{ jitter: 0, backoff: "fixed", initialMillis: 250 }, [250, 250, 250]],
    [{ jitter: 0, backoff: "immediate" }, [0, 0]]
  ] as const
  it.each(waits)("row 68: with %o the waits are %o", (policy, expected) => {
    const scene = one({ tries: 10, ...policy }).follow()
    const seen = expected.map((_, index) => {
      scene.fail("a")
      const wait = retryAt(scene)
      scene.turn.record({ _tag: "NodeStarted", nodeId: "a", attempt: index + 2 })
      return wait
    })
    expect(seen).toEqual(expected)
  })

  it("row 69, R7: jitter shortens a wait, and the same seed shortens it equally", () => {
    const first = one({ tries: 2, jitter: 0.5 }).fail("a")
    const again = one({ tries: 2, jitter: 0.5 }).fail("a")
    expect(retryAt(first)).toBeGreaterThan(500)
    expect(retryAt(first)).toBeLessThan(1000)
    expect(retryAt(again)).toBe(retryAt(first))
    const other = one({ tries: 2, jitter: 0.5 })
    other.turn.state.seed = 2
    expect(retryAt(other.fail("a"))).not.toBe(retryAt(first))
  })

  const filters = [
    ["an error that is not retryable", { tries: 3 }, { ...boom, isRetryable: false }, false],
    ["an error whose tag is listed", { tries: 3, retryIf: ["Boom"] }, boom, true],
    ["an error whose cause is listed", { tries: 3, retryIf: ["Failed"] }, boom, true],
    ["an error that is not listed", { tries: 3, retryIf: ["TimedOut"] }, boom, false],
    [
      "a listed error that is not retryable",
      { tries: 3, retryIf: ["Boom"] },
      { ...boom, isRetryable: false },
      false
    ],
    ["an invalid input", { tries: 3 }, { ...boom, cause: "InvalidInput" }, false],
    ["an output that is too large", { tries: 3 }, { ...boom, cause: "TooLarge" }, false],
    ["a missing variable", { tries: 3 }, { ...boom, cause: "MissingVariable" }, false],
    ["a time-out", { tries: 3 }, { ...boom, cause: "TimedOut" }, true],
    ["a reported failure", { tries: 3 }, { ...boom, cause: "Reported" }, true]
  ] as const
  it.each(filters)("row 69: %s", (_, policy, error, isRetried) => {
    const scene = one(policy).fail("a", error)
    expect(scene.news[0]).toBe(`a fails ${error.cause}${isRetried ? " retry" : ""}`)
  })

  it("row 134: keys that a node leaves out are the flow's", () => {
    const retry = { tries: 3, backoff: "fixed", initialMillis: 70, jitter: 0 } as const
    const nodes = [node("a", [], {}, { retry: { initialMillis: 20 } })]
    const scene = new Scene({ flow: flow(nodes, { retry }), given: ["a starts"] }).fail("a")
    expect(retryAt(scene)).toBe(20)
  })

  it("R12: a retrying node holds no slot", () => {
    const nodes = [node("a", [], {}, { retry: { tries: 2 } }), node("b")]
    const scene = new Scene({ flow: flow(nodes, { maxParallel: 1 }) }).follow()
    expect(scene.news).toEqual(["a starts"])
    expect(scene.fail("a").news).toEqual(["a fails Failed retry", "b starts"])
  })
})

describe("row 70, R4: failure handlers", () => {
  const handled = () =>
    new Scene({
      flow: flow([node("a", [], {}, { failure: "notify" }), node("b", ["a"])]),
      given: ["a starts"]
    })

  it("the handler is the next attempt, and the node stays running", () => {
    const scene = handled().fail("a")
    expect(scene.news).toEqual(["a fails Failed handling", "a starts 2 handler"])
    expect(scene.node("a").status).toBe("running")
  })

  it("its outputs stand in for the node's", () => {
    const scene = handled().fail("a").succeed("a", { value: "stand-in" })
    expect(scene.news.slice(2)).toEqual(["a completes recovered", "b starts"])
    expect(scene.node("a").outputs).toEqual({ value: "stand-in" })
  })

  it("the handler's own failure does not mask the first error, and it is not retried", () => {
    const scene = new Scene({
      flow: flow([node("a", [], {}, { failure: "notify", retry: { tries: 2 } })]),
      given: ["a starts", "a fails retry", "a starts"]
    })
    scene.fail("a").fail("a", { ...boom, cause: "Thrown", message: "the handler broke" })
    expect(scene.news).toEqual([
      "a fails Failed handling",
      "a starts 3 handler",
      "a fails Failed handler Thrown",
      "RunInterrupted halted",
      "RunEnding Failed",
      "RunFailed NodesFailed"
    ])
    expect(scene.node("a").error?.message).toBe("boom")
    expect(scene.node("a").handlerError?.message).toBe("the handler broke")
  })

  it("a handler does not start while a run is being brought to its end", () => {
    const nodes = [node("a", [], {}, { failure: "notify" }), node("b")]
    const scene = new Scene({
      flow: flow(nodes),
      given: ["a starts", "b starts", "b fails", "RunInterrupted halted"]
    })
    expect(scene.fail("a").news).toEqual(["a fails Failed", "RunEnding Failed", "RunFailed NodesFailed"])
  })
})

describe("I4: an attempt ends once", () => {
  it("a late or repeated report changes nothing", () => {
    const scene = one({ tries: 2 }).succeed("a")
    expect(scene.news).toEqual(["a completes"])
    expect(scene.succeed("a").stop("a").news).toEqual([])
  })

  it("an attempt that interrupts itself has failed, and may be retried", () => {
    expect(one({ tries: 2 }).stop("a").news).toEqual(["a fails Thrown retry"])
  })
})

describe("R17: attempts of a run that is being ended", () => {
  const ending = () =>
    new Scene({
      flow: flow([node("a", [], {}, { retry: { tries: 3 } }), node("b"), node("c", ["a"])]),
      given: ["a starts", "b starts", "RunInterrupted cancelled", "c cancelled run_cancelled"]
    })

  it("an attempt that finishes anyway is recorded as it is and enables nothing", () => {
    const scene = ending().succeed("a").stop("b")
    expect(scene.news).toEqual([
      "a completes",
      "b cancelled run_cancelled interrupted",
      "RunEnding Cancelled",
      "RunCancelled"
    ])
  })

  it("a failure is recorded as it is and is not retried", () => {
    expect(ending().fail("a").news).toEqual(["a fails Failed"])
  })

  it("each end tells whether the attempt stopped or ignored the interruption", () => {
    expect(ending().stop("a", true).stop("b").news.slice(0, 2)).toEqual([
      "a cancelled run_cancelled ignored",
      "b cancelled run_cancelled interrupted"
    ])
  })
})
