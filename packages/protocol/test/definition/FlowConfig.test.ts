import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { FlowConfig } from "../../src/index.ts"

/** Two values of every key that has a default, neither of them the default, and what counts as "nothing" where it can. */
const values = {
  strategy: ["work_queue", "superstep"],
  maxParallel: [1, 2],
  onFailure: ["continue", "pause"],
  retry: [{ tries: 2 }, { tries: 3 }],
  onHookFailure: ["fail", "fail"],
  hookTimeoutMillis: [1, 2],
  cancelGraceMillis: [0, 1],
  nodesMax: [1, 2],
  maxIterations: [0, 1],
  payloadBytesMax: [1000, 2000],
  artifactBytesMin: [256, 512],
  maxLostAttempts: [0, 1],
  timeoutMillis: [1, 2],
  nodeTimeoutMillis: [1, 2],
  interrupts: [{ before: ["a"] }, { eachStep: false }],
  budget: [{ tokens: 0 }, { tokens: 5 }]
} as const satisfies Record<keyof FlowConfig.FlowConfig, readonly [unknown, unknown]>

const keys = Object.keys(values) as ReadonlyArray<keyof typeof values>

describe("FlowConfig", () => {
  it("has a value tried for every key", () => {
    expect([...keys].sort()).toEqual(Object.keys(FlowConfig.FlowConfig.fields).sort())
  })

  it("is the defaults when nobody sets anything", () => {
    expect(FlowConfig.resolve()).toEqual(FlowConfig.defaults)
    expect(FlowConfig.resolve({}, {})).toEqual(FlowConfig.defaults)
    expect(Schema.is(FlowConfig.ResolvedConfig)(FlowConfig.defaults)).toBe(true)
  })

  it.each(keys)("takes %s from the run, else from the flow, else the default, also when it is 0", (key) => {
    const [one, two] = values[key]
    expect(FlowConfig.resolve({ [key]: one })[key]).toEqual(one)
    expect(FlowConfig.resolve({}, { [key]: one })[key]).toEqual(one)
    expect(FlowConfig.resolve({ [key]: one }, { [key]: two })[key]).toEqual(two)
    expect(FlowConfig.resolve({ [key]: two }, { [key]: one })[key]).toEqual(one)
    expect(FlowConfig.resolve({ maxParallel: 7, [key]: one })).toEqual({
      ...FlowConfig.defaults,
      maxParallel: 7,
      [key]: one
    })
  })

  it("settles retries key by key", () => {
    const { retry } = FlowConfig.resolve({ retry: { tries: 3, jitter: 0 } }, { retry: { tries: 5 } })
    expect(retry).toEqual({ tries: 5, jitter: 0 })
    expect(FlowConfig.resolve({ retry: { jitter: 0.5 } }, { retry: { jitter: 0 } }).retry).toEqual({
      jitter: 0
    })
  })

  it("settles budgets key by key, those of branches too", () => {
    const flow: FlowConfig.FlowConfig = {
      budget: { tokens: 100, onExhausted: "stop", branches: { a: { tokens: 10, cost: 1 }, b: { nodes: 2 } } }
    }
    const run: FlowConfig.FlowConfig = {
      budget: { tokens: 0, branches: { a: { tokens: 0 }, c: { rounds: 1 } } }
    }
    expect(FlowConfig.resolve(flow, run).budget).toEqual({
      tokens: 0,
      onExhausted: "stop",
      branches: { a: { tokens: 0, cost: 1 }, b: { nodes: 2 }, c: { rounds: 1 } }
    })
    expect(FlowConfig.resolve(flow, { budget: { cost: 2 } }).budget).toEqual({ ...flow.budget, cost: 2 })
  })

  it.each([
    { budget: { tokens: -1 } },
    { budget: { nodes: 1.5 } },
    { budget: { onExhausted: "wait" } },
    { budget: { branches: { a: { cost: Number.NaN } } } },
    { maxParallel: 0 },
    { maxParallel: 10_001 },
    { maxParallel: 1.5 },
    { hookTimeoutMillis: 0 },
    { cancelGraceMillis: -1 },
    { nodesMax: 0 },
    { nodesMax: 10_000_001 },
    { maxIterations: -1 },
    { payloadBytesMax: 999 },
    { artifactBytesMin: 255 },
    { maxLostAttempts: 1001 },
    { timeoutMillis: 0 },
    { timeoutMillis: 86_400_001 },
    { nodeTimeoutMillis: 0 },
    { onFailure: "stop" },
    { strategy: "fast" },
    { strategy: "hybrid" },
    { interrupts: { before: "a" } }
  ])("refuses %j", (config) => {
    expect(Schema.is(FlowConfig.FlowConfig)(config)).toBe(false)
  })
})
