/*
 * Goal: a flow survives being written and read, and the order in which a file lists things means nothing. Method: flows that
 * the schema itself makes up, mended where two of their parts contradict each other.
 */
import { it } from "@effect/vitest"
import { DefinitionHash, FlowGraph, FlowProblems, FlowSpec } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import { describe, expect } from "vitest"
import { parse as parseYaml, stringify as stringifyYaml } from "yaml"
import { FlowYaml } from "../src/index.ts"
import { inspect, parse } from "./reading.ts"
import { validFlow } from "./validFlow.ts"

const runs = { arbitrary: { runs: 300, maxDiscards: 100_000 } }

/** The same values in an order that a seed decides: keys of maps, nodes, dependencies and tags. */
const shuffled = (value: unknown, random: () => number, key = ""): unknown => {
  const mixed = <A>(list: ReadonlyArray<A>) =>
    list
      .map((item) => [random(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  if (Array.isArray(value)) {
    const items = value.map((item) => shuffled(item, random))
    return ["dependencies", "tags"].includes(key) ? mixed(items) : items
  }
  if (!(value instanceof Map)) return value
  return new Map(mixed([...value]).map(([name, member]) => [name, shuffled(member, random, String(name))]))
}

const randomOf = (seed: number) => {
  let state = seed * 2_654_435_761 + 1
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648)
}

describe("FlowYaml", () => {
  it.prop(
    "reads what it has written as the same flow",
    [FlowSpec.FlowSpec],
    ([given]) => {
      const flow = validFlow(given)
      expect(FlowProblems.check(flow).filter(({ severity }) => severity === "error")).toEqual([])
      const { flow: read, problems } = inspect(FlowYaml.stringify(flow))
      expect(problems.filter(({ severity }) => severity === "error")).toEqual([])
      expect(read).toEqual(flow)
    },
    runs
  )

  it.prop(
    "reads the same plan order and the same fingerprint whatever the order of a file is",
    [FlowSpec.FlowSpec, Schema.Int],
    ([given, seed]) => {
      const flow = validFlow(given)
      const document: unknown = parseYaml(FlowYaml.stringify(flow), { mapAsMap: true, merge: false })
      const mixed = parse(stringifyYaml(shuffled(document, randomOf(Math.abs(seed % 1_000_003)))))
      expect(FlowGraph.planOrder(mixed)).toEqual(FlowGraph.planOrder(flow))
      expect(DefinitionHash.make(mixed)).toBe(DefinitionHash.make(flow))
    },
    runs
  )

  it("writes what people would write: short references, plain values, no dependencies that follow from inputs", () => {
    const text = `name: nightly
version: "1.0"
tags:
  - daily

config:
  maxParallel: 4
  timeout: 1h

inputs:
  day: string
  limit:
    type: integer
    default: 10

nodes:
  fetch:
    action: http
    inputs:
      url: \${env.SERVICE}/rows
      day: inputs.day
    timeout: 90s
    retry:
      tries: 3
      initial: 500ms

  store:
    action: write
    dependencies:
      - fetch
    inputs:
      path: rows.json

  report:
    action: print
    inputs:
      rows: fetch.body[0].rows
      limit:
        ref: inputs.limit
        default: 5
      text:
        value: fetch.body
      parts:
        - fetch.head
        - plain
        - ref: inputs.limit
          default: 0
      lines: |
        one
        two
    outputs:
      - page
`
    expect(FlowYaml.stringify(parse(text))).toBe(text)
  })
})
