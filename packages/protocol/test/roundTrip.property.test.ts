import { it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { describe, expect } from "vitest"
import {
  Binding,
  Command,
  DefinitionError,
  Envelope,
  Event,
  FailurePolicy,
  FlowConfig,
  FlowSpec,
  FrontierContext,
  NodeError,
  NodeSpec,
  Problem,
  Rejection,
  RetryPolicy,
  RunError,
  RunReason,
  RunResult,
  StoreError,
  StoreReason,
  TriggerRule
} from "../src/index.ts"

/** The value as JSON can tell it: JSON has one zero, and objects without a prototype look like any other. */
const plain = (value: unknown): unknown => {
  if (Object.is(value, -0)) return 0
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}

/**
 * Sends a value through JSON: what was sent, and what came back.
 *
 * What was sent is the value, unless `JSON.parse` itself lost it. V8 13.6, which is in Node 24, reads a key that is a line feed
 * as a backslash when an object of that shape had a backslash as key before: `JSON.parse('{"a":1,"\\\\":1}')`, and then
 * `JSON.parse('{"a":1,"\\n":1}')`.
 */
const sendThroughJson = <A, I>(schema: Schema.Codec<A, I>, value: A) => {
  const text = JSON.stringify(Schema.encodeSync(schema)(value))
  const parsed: unknown = JSON.parse(text)
  const sent = plain(JSON.stringify(parsed) === text ? value : parsed)
  return { sent, back: Schema.decodeUnknownSync(schema)(parsed) }
}

const throughJson = <A, I>(schema: Schema.Codec<A, I>, value: A): A => sendThroughJson(schema, value).back

/** A node id is not every text, and texts of few characters are often none. */
const runs = { arbitrary: { runs: 60, maxDiscards: 100_000 } }

const unions = {
  event: Event.Event.members,
  command: Command.Command.members,
  rejection: Rejection.Rejection.members,
  "reason of a run error": RunReason.members,
  "reason of a store error": StoreReason.members,
  "result of a run": RunResult.RunResult.members,
  "failure of a run": RunResult.RunFailure.members
}

for (const [family, members] of Object.entries(unions)) {
  describe(`every ${family}`, () => {
    for (const member of members) {
      const schema = member as Schema.Codec<{ readonly _tag: string }, unknown>
      const tag = member.fields._tag.schema.literal
      it.prop(
        `${tag} comes back from JSON as it was`,
        [schema],
        ([value]) => {
          expect(value._tag).toBe(tag)
          const { back, sent } = sendThroughJson(schema, value)
          expect(back).toStrictEqual(sent)
        },
        runs
      )
    }
  })
}

const structures = {
  "flow spec": FlowSpec.FlowSpec,
  "node spec": NodeSpec.NodeSpec,
  "node draft": NodeSpec.NodeDraft,
  "flow configuration": FlowConfig.FlowConfig,
  "settled configuration": FlowConfig.ResolvedConfig,
  "retry policy": RetryPolicy.RetryPolicy,
  envelope: Envelope.Envelope,
  problem: Problem,
  "error of a node": NodeError.NodeError,
  "frontier context": FrontierContext.FrontierContext
} satisfies Record<string, Schema.Codec<never, unknown> | object>

describe("every structure", () => {
  for (const [name, structure] of Object.entries(structures)) {
    const schema = structure as Schema.Codec<unknown, unknown>
    it.prop(
      `a ${name} comes back from JSON as it was`,
      [schema],
      ([value]) => {
        const { back, sent } = sendThroughJson(schema, value)
        expect(back).toStrictEqual(sent)
      },
      runs
    )
  }

  it.prop(
    "an error comes back from JSON with its fields, as itself",
    [Arbitrary.schema(RunReason)],
    ([reason]) => {
      const error = new RunError({ reason, runId: "run" })
      const back = throughJson(RunError, error)
      expect(back).toBeInstanceOf(RunError)
      expect(back.reason).toStrictEqual(plain(reason))
      expect(back.message).toBe(error.message)
    }
  )

  it("errors of definitions and stores come back too", () => {
    const problem: Problem = { code: "EmptyFlow", severity: "error", message: "no nodes", path: ["nodes", 1] }
    expect(throughJson(DefinitionError, new DefinitionError({ problems: [problem] })).problems).toEqual([
      problem
    ])
    const store = new StoreError({ reason: { _tag: "Unavailable", message: "gone" }, operation: "append" })
    expect(throughJson(StoreError, store)).toMatchObject({ operation: "append", reason: store.reason })
  })

  it("names that JavaScript gives a meaning come through like any other", () => {
    const outputs = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3, "": 4}')
    const event = { _tag: "NodeCompleted", nodeId: "a", attempt: 1, outputs } as const
    expect(Object.entries(throughJson(Event.NodeCompleted, event).outputs)).toEqual(Object.entries(outputs))
  })
})

describe("what the properties are tried with", () => {
  const sample = <A>(schema: Schema.Codec<A, unknown>, count: number) =>
    Effect.runSync(Arbitrary.sampleEffect(Arbitrary.schema(schema), { count, seed: 1, maxDiscards: 100_000 }))

  it("is every tag of every union", () => {
    for (const [family, members] of Object.entries(unions)) {
      const union = Schema.Union(members as never) as unknown as Schema.Codec<
        { readonly _tag: string },
        unknown
      >
      const tags = new Set(sample(union, 2000).map((value) => value._tag))
      expect([...tags].sort(), family).toEqual(
        members.map((member) => member.fields._tag.schema.literal).sort()
      )
    }
  })

  it("is every variant of a node, of its bindings, rules and policies", () => {
    const nodes = sample(NodeSpec.NodeSpec as Schema.Codec<NodeSpec.NodeSpec, unknown>, 2000)
    const seen = <A>(select: (node: NodeSpec.NodeSpec) => A | undefined) =>
      new Set(nodes.map(select).filter((one) => one !== undefined))
    expect(seen((node) => node.trigger)).toEqual(new Set(TriggerRule.TriggerRule.literals))
    expect(seen((node) => node.onFailure)).toEqual(new Set(FailurePolicy.FailurePolicy.literals))
    expect(seen((node) => node.retry?.backoff)).toEqual(new Set(RetryPolicy.Backoff.literals))
    const bindings = nodes.flatMap((node) => Object.values(node.inputs ?? {}))
    const kinds = bindings.map((binding) =>
      "ref" in binding
        ? "default" in binding
          ? "ref or default"
          : "ref"
        : (["template", "list", "value"] as const).find((kind) => kind in binding)
    )
    expect(new Set(kinds)).toEqual(new Set(["ref", "ref or default", "template", "list", "value"]))
    const present = new Set(nodes.flatMap((node) => Object.keys(node)))
    expect([...present].sort()).toEqual(Object.keys(NodeSpec.NodeSpec.fields).sort())
    expect(Binding.Binding.members).toHaveLength(4)
  })

  it("is every key of a flow and of its configuration", () => {
    const flows = sample(FlowSpec.FlowSpec as Schema.Codec<FlowSpec.FlowSpec, unknown>, 300)
    const keys = new Set(flows.flatMap((flow) => Object.keys(flow)))
    expect([...keys].sort()).toEqual(Object.keys(FlowSpec.FlowSpec.fields).sort())
    const config = new Set(flows.flatMap((flow) => Object.keys(flow.config ?? {})))
    expect([...config].sort()).toEqual(Object.keys(FlowConfig.FlowConfig.fields).sort())
  })
})
