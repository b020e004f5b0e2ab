import { describe, expect, it } from "vitest"
import { FlowYaml } from "../src/index.ts"
import { briefs, parse } from "./reading.ts"

const flow = (channels: string, nodes = "  a: work") =>
  `name: flow\nconfig: { strategy: superstep }\nchannels:\n${channels}\nnodes:\n${nodes}\n`

describe("FlowYaml, of channels,", () => {
  it("reads every key of a channel, and one that is just the name of its reducer", () => {
    const text = flow(`  log: append
  note:
  facts:
    reducer: merge
    default: { a: 1 }
    schema: { type: object }
    version: 2
    scope: run
    description: What is known`)
    const spec = parse(text)
    expect(spec.channels).toEqual({
      log: { reducer: "append" },
      note: {},
      facts: {
        reducer: "merge",
        default: { a: 1 },
        schema: { type: "object" },
        version: 2,
        scope: "run",
        description: "What is known"
      }
    })
    expect(parse(FlowYaml.stringify(spec))).toEqual(spec)
  })

  it("takes a text that names a channel as a reference to it, without a dependency", () => {
    const [node] = parse(
      flow(
        "  log: append",
        "  a: { action: work, inputs: { log: channels.log, first: 'channels.log[0].text' } }"
      )
    ).nodes
    expect(node).toEqual({
      id: "a",
      action: "work",
      inputs: { log: { ref: "channels.log" }, first: { ref: "channels.log[0].text" } }
    })
  })

  it.each([
    ["a channel that is a list", flow("  log: [append]"), ["InvalidValue [append]"]],
    ["a key that no channel has", flow("  log: { reduce: append }"), ["UnknownKey reduce → reducer"]],
    ["a version below 1", flow("  log: { version: 0 }"), ["InvalidValue 0"]],
    ["a scope that there is not", flow("  log: { scope: runs }"), ["InvalidValue runs → run"]],
    [
      "a default that its reducer refuses",
      flow("  cost: { reducer: sum, default: much }"),
      ["InvalidValue much"]
    ],
    ["a name that no reference can name", flow("  a.b: append"), ["InvalidValue a.b"]],
    [
      "a reference to a channel that there is not",
      flow("  log: append", "  a: { action: work, inputs: { log: channels.lok } }"),
      ["UnknownReference channels.lok → channels.log"]
    ],
    [
      "channels of a flow whose strategy has no steps (R11)",
      "name: flow\nchannels: { log: append }\nnodes: { a: work }",
      ["InvalidValue { log: append }"]
    ]
  ])("refuses %s", (_, text, expected) => {
    expect(briefs(text)).toEqual(expected)
  })
})
