import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagflow, Place } from "../Dagflow.ts"

let place: Place

beforeAll(() => {
  place = new Place()
}, 120_000)

afterAll(() => place.remove())

const run = async (pipeline: string, ...words: ReadonlyArray<string>) =>
  dagflow(["run", "-", ...words, "--store", place.store], { input: pipeline })

const brackets = (strategy: string) => `strategy: ${strategy}
failure_strategy: fail_fast
executor_options: { max_concurrency: 2, timeout_seconds: 30, retry_attempts: 1 }
processors:
  - { id: upper, type: local, processor: change_text_case_upper, depends_on: [] }
  - { id: turn, type: local, processor: reverse_text, depends_on: [upper] }
  - { id: add, type: local, processor: prefix_suffix_adder, depends_on: [turn], options: { prefix: "[", suffix: "]" } }
`

const fanOut = `strategy: work_queue
failure_strategy: fail_fast
processors:
  - { id: start, type: local, processor: change_text_case_proper, depends_on: [] }
  - { id: tokens, type: local, processor: token_counter, depends_on: [start] }
  - { id: words, type: local, processor: word_frequency_analyzer, depends_on: [start] }
  - { id: again, type: local, processor: token_counter, depends_on: [start] }
  - { id: turn, type: local, processor: reverse_text, depends_on: [start] }
  - id: result
    type: local
    processor: prefix_suffix_adder
    depends_on: [tokens, words, again, turn]
    options: { prefix: ">>> RESULT: ", suffix: " <<<" }
`

describe("pipelines of DAGwood", () => {
  it.each(["work_queue", "level", "reactive", "superstep"])(
    "row 127: give the known result under %s, and the final payload is in the report",
    async (strategy) => {
      const { exit, stderr, stdout } = await run(
        brackets(strategy),
        "--input",
        "payload=hello world",
        "--json"
      )
      expect([exit, stderr]).toEqual([0, ""])
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(lines.at(-1)).toMatchObject({ type: "cli.result", payload: "[DLROW OLLEH]" })
      const shown = await dagflow(["show", String(lines.at(-1)?.["runId"]), "--json", "--store", place.store])
      const { report } = JSON.parse(shown.stdout) as { readonly report: Record<string, unknown> }
      expect(report["payload"]).toBe("[DLROW OLLEH]")
      expect(report["result"]).toEqual({ _tag: "Completed", payload: "[DLROW OLLEH]" })
    }
  )

  it("row 111: keep what two analyses with one implementation found apart, and leave the payload to the transform", async () => {
    expect((await run(fanOut, "--input", "payload=hello World", "--id", "fan-out")).exit).toBe(0)
    const { stdout } = await dagflow(["show", "fan-out", "--json", "--store", place.store])
    const { report } = JSON.parse(stdout) as {
      readonly report: {
        readonly payload: string
        readonly nodes: ReadonlyArray<{ readonly nodeId: string; readonly metadata?: unknown }>
      }
    }
    expect(report.payload).toBe(">>> RESULT: dlroW olleH <<<")
    const metadata = Object.fromEntries(report.nodes.map(({ metadata: found, nodeId }) => [nodeId, found]))
    expect(metadata["tokens"]).toEqual({ characters: 11, words: 2, lines: 1 })
    expect(metadata["again"]).toEqual({ characters: 11, words: 2, lines: 1 })
    expect(metadata["words"]).toEqual({ frequency: { hello: 1, world: 1 }, unique: 2 })
    expect(metadata["turn"]).toBeUndefined()
  })

  it("row 137: refuse processors of kinds that are not run here by kind and id", async () => {
    const wasm = "processors: [{ id: far, type: wasm, module: x.wasm, depends_on: [] }]\n"
    const { exit, stderr } = await run(wasm, "--input", "payload=x")
    expect(exit).toBe(3)
    expect(stderr).toContain('processor "far" is of kind "wasm", which is not run here')
  })
})
