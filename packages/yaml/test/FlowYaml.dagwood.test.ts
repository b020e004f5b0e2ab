import { describe, expect, it } from "vitest"
import { briefs, inspect, parse } from "./reading.ts"

const pipeline = (processors: string, head = "strategy: level\n") => `${head}processors:\n${processors}`
const upper = "  - { id: a, type: local, processor: change_text_case_upper, depends_on: [] }\n"

describe("row 127: pipelines of DAGwood", () => {
  it("are read as flows whose nodes have intents, by the name of their file", () => {
    const text = `strategy: work_queue
failure_strategy: continue_on_error
executor_options: { max_concurrency: 4, timeout_seconds: 45, retry_attempts: 2 }
processors:
  - id: start
    type: local
    processor: change_text_case_proper
    depends_on: []
  - { id: count, backend: local, impl: token_counter, depends_on: [start], options: { count_type: words } }
  - { id: wrap, type: local, processor: prefix_suffix_adder, depends_on: [start], options: { suffix: "!" } }
  - { id: own, type: local, processor: my-action, depends_on: [count, wrap], options: { intent: analyze, size: 3 } }
`
    const { flow, problems } = inspect(text, { file: "pipelines/parallel-analysis.yaml" })
    expect(problems.map(({ message, severity }) => `${severity}: ${message}`)).toEqual([
      'warning: "count_type" has no effect: "token_counter" has no such option'
    ])
    expect(flow).toEqual({
      name: "parallel-analysis",
      config: {
        strategy: "work_queue",
        onFailure: "continue",
        maxParallel: 4,
        nodeTimeoutMillis: 45_000,
        retry: { tries: 3 }
      },
      inputs: { payload: { type: "string", description: "The text that goes through the pipeline." } },
      nodes: [
        { id: "start", action: "text-case", intent: "transform", inputs: { to: { value: "proper" } } },
        { id: "count", action: "text-count", intent: "analyze", dependencies: ["start"] },
        {
          id: "wrap",
          action: "text-affix",
          intent: "transform",
          dependencies: ["start"],
          inputs: { prefix: { value: "[" }, suffix: { value: "!" } }
        },
        {
          id: "own",
          action: "my-action",
          intent: "analyze",
          dependencies: ["count", "wrap"],
          inputs: { size: { value: 3 } }
        }
      ]
    })
  })

  it("are called pipeline when they come from no file", () => {
    expect(parse(pipeline(upper)).name).toBe("pipeline")
  })

  it.each([
    ["a strategy that there is not", pipeline(upper, "strategy: hybrid\n"), ["InvalidValue hybrid"]],
    [
      "a failure strategy that there is not",
      pipeline(upper, "failure_strategy: fail\n"),
      ["InvalidValue fail"]
    ],
    ["an unknown key", pipeline(upper, "stratgy: level\n"), ["UnknownKey stratgy → strategy"]],
    ["an unknown key of the executor", pipeline(upper, "executor_options: { max: 3 }\n"), ["UnknownKey max"]],
    [
      "an unknown dependency",
      pipeline("  - { id: a, type: local, processor: reverse_text, depends_on: [b] }"),
      ["UnknownDependency b"]
    ],
    [
      "a cycle",
      pipeline(
        "  - { id: a, processor: reverse_text, depends_on: [b] }\n  - { id: b, processor: reverse_text, depends_on: [a] }"
      ),
      ["CycleFound b"]
    ],
    [
      "a processor without an id",
      pipeline("  - { type: local, processor: reverse_text }"),
      ["MissingKey { type: local, processor: reverse_text }"]
    ],
    [
      "a processor without a name",
      pipeline("  - { id: a, type: local }"),
      ["MissingKey { id: a, type: local }"]
    ],
    ["two with one id", pipeline(`${upper}${upper}`), ["DuplicateNode a"]],
    [
      "an intent that there is not",
      pipeline("  - { id: a, processor: mine, options: { intent: change } }"),
      ["InvalidValue change"]
    ]
  ])("report %s", (_, text, expected) => {
    expect(briefs(text)).toEqual(expected)
  })

  it.each(["wasm", "loadable", "rpc_grpc", "rpc_http"])(
    "row 137: refuse the kind %s, with the processor's name",
    (kind) => {
      const { problems } = inspect(pipeline(`  - { id: far, type: ${kind}, module: x, depends_on: [] }`))
      expect(problems.map(({ code }) => code)).toEqual(["UnsupportedKey"])
      expect(problems[0]?.message).toContain(`processor "far" is of kind "${kind}"`)
      expect(problems[0]?.position).toMatchObject({ line: 3 })
    }
  )

  it("name an unknown kind, and the one that was probably meant", () => {
    expect(briefs(pipeline("  - { id: a, type: locl, processor: reverse_text }"))).toEqual([
      "InvalidValue locl → local"
    ])
  })

  it("report processors that are no actions when the actions are known", () => {
    expect(briefs(pipeline("  - { id: a, processor: nothing }"), { actions: ["text-case"] })).toEqual([
      "UnknownAction nothing"
    ])
  })
})
