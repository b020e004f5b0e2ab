import { DefinitionError, type FlowConfig, type FlowSpec } from "@dagflow/protocol"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import * as Flow from "../../src/plan/Flow.ts"
import * as Plan from "../../src/plan/Plan.ts"
import { tidy } from "./planActions.ts"

const actions = { get: () => undefined, list: [] } satisfies Plan.Actions

const named = (strategy: string): FlowConfig.FlowConfig => ({ strategy }) as never

const problemsOf = (one: Flow.Any | FlowSpec.FlowSpec, config?: FlowConfig.FlowConfig) => {
  const planned = Plan.make(one, { actions, runId: "run", ...(config !== undefined && { config }) })
  if (Result.isSuccess(planned)) return []
  expect(planned.failure).toBeInstanceOf(DefinitionError)
  return (planned.failure as DefinitionError).problems
    .filter(({ severity }) => severity === "error")
    .map(({ code, message, path, suggestion }) => ({ code, message, path: path.join("."), suggestion }))
}

const flowIn = (config: FlowConfig.FlowConfig) =>
  Flow.make("flow", { config }, (f) => ({ review: f.node("review", tidy) }))

describe("strategies", () => {
  it.each([
    ["hybrid", undefined],
    ["Superstep", "superstep"],
    ["work-queue", "work_queue"],
    ["levle", "level"]
  ])("row 116: one that is called %s is refused, and those that exist are named", (name, suggestion) => {
    const refused = {
      code: "InvalidValue",
      message: expect.stringMatching(/reactive.*work_queue.*level.*superstep/),
      path: "config.strategy",
      suggestion
    }
    expect(problemsOf(flowIn(named(name)))).toEqual([refused])
    expect(problemsOf(flowIn({}), named(name))).toEqual([refused])
  })
})

describe("interrupts", () => {
  const interrupts = { before: ["review"] }

  it("are refused without steps, whether the flow or the start of the run says so", () => {
    const refused = [expect.objectContaining({ code: "InvalidValue", path: "config.interrupts" })]
    expect(problemsOf(flowIn({ interrupts }))).toEqual(refused)
    expect(problemsOf(flowIn({ interrupts, strategy: "superstep" }), { strategy: "level" })).toEqual(refused)
    expect(problemsOf(flowIn({}), { interrupts })).toEqual(refused)
    expect(problemsOf(flowIn({ interrupts }), { strategy: "superstep" })).toEqual([])
    expect(problemsOf(flowIn({ strategy: "superstep" }), { interrupts })).toEqual([])
  })

  it("at nodes that do not exist are refused, with the one that was probably meant", () => {
    const config = {
      strategy: "superstep",
      interrupts: { before: ["review", "reviwe"], after: ["x9"] }
    } as const
    expect(problemsOf(flowIn(config))).toEqual([
      {
        code: "UnknownReference",
        message: 'the flow is to pause before node "reviwe", which does not exist',
        path: "config.interrupts.before.1",
        suggestion: "review"
      },
      {
        code: "UnknownReference",
        message: 'the flow is to pause after node "x9", which does not exist',
        path: "config.interrupts.after.0",
        suggestion: undefined
      }
    ])
  })
})
