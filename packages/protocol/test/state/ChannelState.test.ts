import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../src/definition/canonicalJson.ts"
import { type ChannelSpec, ChannelState, Reducer } from "../../src/index.ts"

const specs: ChannelSpec.ChannelSpecs = {
  log: { reducer: "append" },
  facts: { reducer: "merge" },
  cost: { reducer: "sum", default: 10 },
  tags: { reducer: "union" },
  answer: {}
}

const reduceOf = (name: string): Reducer.Reduce =>
  Reducer.find(specs[name]?.reducer ?? "last")?.reduce ?? (() => Result.fail("none"))

const none = new Map<string, Schema.Json>()

type Updates = ReadonlyArray<ChannelState.Update>

const merge = (
  updates: Updates,
  set: ReadonlyMap<string, Schema.Json> = none,
  before = ChannelState.initial(specs)
) => Result.getOrThrow(ChannelState.mergeStep(specs, before, updates, set, reduceOf))

const update = (nodeId: string, channels: ChannelState.Update["channels"]) => ({ nodeId, channels })

const anyUpdate = fc.record(
  {
    log: fc.jsonValue({ maxDepth: 1 }),
    facts: fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
    cost: fc.integer({ min: -3, max: 3 }),
    tags: fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 3 }),
    answer: fc.constantFrom("yes", "no", null)
  },
  { requiredKeys: [] }
) as fc.Arbitrary<Record<string, Schema.Json>>

describe("ChannelState", () => {
  it("begins with the default of a channel, or with what its reducer begins with, at version 0", () => {
    expect([...ChannelState.initial(specs)]).toEqual([
      ["log", { value: [], version: 0 }],
      ["facts", { value: {}, version: 0 }],
      ["cost", { value: 10, version: 0 }],
      ["tags", { value: [], version: 0 }],
      ["answer", { value: undefined, version: 0 }]
    ])
    expect([...ChannelState.initial(undefined)]).toEqual([])
  })

  it("raises the version of a channel if and only if its content changed (row 99)", () => {
    fc.assert(
      fc.property(
        fc.array(anyUpdate, { maxLength: 4 }),
        fc.array(anyUpdate, { maxLength: 4 }),
        (first, second) => {
          const before = ChannelState.initial(specs)
          for (const [name, state] of merge(first.map((one) => update("a", one))).changed)
            before.set(name, state)
          const after = merge(
            second.map((one, index) => update(`n${index}`, one)),
            none,
            before
          ).changed
          for (const [name, channel] of before) {
            // A second opinion: the updates once more, one by one, and texts instead of a comparison of values.
            let { value } = channel
            for (const one of second) {
              if (Object.hasOwn(one, name))
                value = Result.getOrThrow(reduceOf(name)(value, one[name] ?? null))
            }
            const text = (json: Schema.Json | undefined) => (json === undefined ? "" : canonicalJson(json))
            const changed = text(value) !== text(channel.value)
            expect(after.get(name)).toEqual(changed ? { value, version: channel.version + 1 } : undefined)
          }
        }
      )
    )
  })

  it("keeps the greatest version for ever (row 99)", () => {
    const before = new Map([["answer", { value: "a", version: ChannelState.versionMax }]])
    const { changed } = merge([update("n", { answer: "b" })], none, before)
    expect(changed.get("answer")).toEqual({ value: "b", version: ChannelState.versionMax })
  })

  it("merges in the order of the updates and counts a step once (row 103)", () => {
    const { changed } = merge([update("b", { log: "b1" }), update("a", { log: ["a1", "a2"], answer: 1 })])
    expect(changed.get("log")).toEqual({ value: ["b1", "a1", "a2"], version: 1 })
    expect(changed.get("answer")).toEqual({ value: 1, version: 1 })
    expect(changed.size).toBe(2)
  })

  it("reports two writers of one channel, in the order in which they were merged (row 104)", () => {
    const { conflicts } = merge([
      update("b", { log: 1, answer: "b" }),
      update("a", { log: 2 }),
      update("c", { answer: "b", cost: 1 })
    ])
    expect(conflicts).toEqual([
      { channel: "log", nodeIds: ["b", "a"] },
      { channel: "answer", nodeIds: ["b", "c"] }
    ])
  })

  it("reports members of a merged channel that two nodes wrote, and none where they wrote different ones (row 104)", () => {
    const facts = (...values: ReadonlyArray<Schema.Json>) =>
      merge(values.map((value, index) => update(`n${index}`, { facts: value }))).conflicts
    expect(facts({ a: 1, b: 1 }, { c: 2 })).toEqual([])
    expect(facts({ a: 1, b: 1 }, { b: null }, { c: 1, b: 1 })).toEqual([
      { channel: "facts", key: "b", nodeIds: ["n0", "n1", "n2"] }
    ])
    expect(facts({ a: 1 }, "all anew")).toEqual([{ channel: "facts", nodeIds: ["n0", "n1"] }])
  })

  it("lets a value that somebody has set take the place of what the nodes wrote", () => {
    const { changed } = merge(
      [update("a", { log: 1 })],
      new Map<string, Schema.Json>([
        ["log", ["edited"]],
        ["answer", null]
      ])
    )
    expect(changed.get("log")).toEqual({ value: ["edited"], version: 1 })
    expect(changed.get("answer")).toEqual({ value: null, version: 1 })
  })

  it("says which update of which channel cannot be merged, and why", () => {
    const failed = ChannelState.mergeStep(
      specs,
      ChannelState.initial(specs),
      [update("a", { cost: 1 }), update("b", { cost: "much" })],
      none,
      reduceOf
    )
    expect(failed).toEqual(
      Result.fail({ channel: "cost", nodeId: "b", message: "an update of a sum is a number" })
    )
  })
})
