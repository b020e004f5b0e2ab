import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DefinitionHash, type FlowSpec, type NodeSpec } from "../../src/index.ts"

const node: NodeSpec.NodeSpec = {
  id: "split",
  action: "split",
  dependencies: ["fetch", "check"],
  inputs: { rows: { ref: "fetch.rows", default: [] }, size: { value: 10 }, url: { template: "${env.URL}" } },
  outputs: [{ name: "parts", description: "the parts" }],
  trigger: "all_done",
  timeoutMillis: 1000,
  retry: { tries: 2, retryIf: ["Timeout", "Busy"] },
  onFailure: "continue",
  failure: "repair",
  priority: 1,
  branch: "work",
  enabled: true,
  description: "splits",
  instructions: "split well",
  metadata: { a: 1, b: [1, 2] }
}

const flow: FlowSpec.FlowSpec = {
  name: "flow",
  version: "1",
  description: "a flow",
  author: "me",
  signature: "s",
  tags: ["x", "y"],
  instructions: "be quick",
  config: { maxParallel: 4, retry: { tries: 3 } },
  inputs: { day: { type: "string", required: true }, rows: { type: "integer", default: 1 } },
  metadata: { team: "data" },
  nodes: [{ id: "fetch", action: "http" }, { id: "check", action: "check" }, node]
}

/** The same value with the keys of every object in another order. */
const rekeyed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(rekeyed)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, rekeyed(member)])
  )
}

const withNode = (change: Partial<NodeSpec.NodeSpec>): FlowSpec.FlowSpec => ({
  ...flow,
  nodes: flow.nodes.map((one) => (one.id === "split" ? { ...one, ...change } : one))
})

const without = <A extends object>(value: A, key: keyof A): A => {
  const { [key]: _, ...rest } = value
  return rest as A
}

const changes: Readonly<Record<string, FlowSpec.FlowSpec>> = {
  "another name": { ...flow, name: "other" },
  "another version": { ...flow, version: "2" },
  "another description": { ...flow, description: "the flow" },
  "another author": { ...flow, author: "you" },
  "another signature": { ...flow, signature: "t" },
  "another tag": { ...flow, tags: ["x", "z"] },
  "other instructions": { ...flow, instructions: "take your time" },
  "another configuration": { ...flow, config: { maxParallel: 5, retry: { tries: 3 } } },
  "an input more": { ...flow, inputs: { ...flow.inputs, more: {} } },
  "an input of another type": {
    ...flow,
    inputs: { ...flow.inputs, day: { type: "number", required: true } }
  },
  "other metadata": { ...flow, metadata: { team: "ops" } },
  "a node more": { ...flow, nodes: [...flow.nodes, { id: "late", action: "http" }] },
  "a node less": { ...flow, nodes: flow.nodes.slice(1) },
  "another id": withNode({ id: "splits" }),
  "another action": withNode({ action: "divide" }),
  "a dependency less": withNode({ dependencies: ["fetch"] }),
  "another literal": withNode({ inputs: { ...node.inputs, size: { value: 11 } } }),
  "a literal of another type": withNode({ inputs: { ...node.inputs, size: { value: "10" } } }),
  "another reference": withNode({ inputs: { ...node.inputs, rows: { ref: "fetch.row", default: [] } } }),
  "another default": withNode({ inputs: { ...node.inputs, rows: { ref: "fetch.rows", default: [1] } } }),
  "another template": withNode({ inputs: { ...node.inputs, url: { template: "${env.URI}" } } }),
  "another output": withNode({ outputs: [{ name: "part" }] }),
  "another trigger": withNode({ trigger: "always" }),
  "another time-out": withNode({ timeoutMillis: 1001 }),
  "other retries": withNode({ retry: { tries: 3, retryIf: ["Timeout", "Busy"] } }),
  "another policy": withNode({ onFailure: "halt" }),
  "another failure handler": withNode({ failure: "mend" }),
  "another priority": withNode({ priority: 2 }),
  "another branch": withNode({ branch: "play" }),
  "a disabled node": withNode({ enabled: false }),
  "another cache": withNode({ cache: { ttlMillis: 1 } }),
  "no cache": withNode({ cache: false }),
  "another description of a node": withNode({ description: "divides" }),
  "other instructions of a node": withNode({ instructions: "split badly" }),
  "other metadata of a node": withNode({ metadata: { a: 1, b: [2, 1] } })
}

describe("DefinitionHash", () => {
  const hash = DefinitionHash.make(flow)

  it("is the SHA-256 of the definition, as hexadecimal digits", () => {
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it("is equal for definitions that differ in the order of nodes, dependencies, tags and keys only", () => {
    const orders = fc.tuple(
      fc.shuffledSubarray([...flow.nodes], { minLength: flow.nodes.length }),
      fc.shuffledSubarray([...(node.dependencies ?? [])], { minLength: 2 }),
      fc.shuffledSubarray([...(flow.tags ?? [])], { minLength: 2 }),
      fc.boolean()
    )
    fc.assert(
      fc.property(orders, ([nodes, dependencies, tags, isRekeyed]) => {
        const permuted = {
          ...flow,
          tags,
          nodes: nodes.map((one) => (one.id === "split" ? { ...one, dependencies } : one))
        }
        expect(DefinitionHash.make((isRekeyed ? rekeyed(permuted) : permuted) as FlowSpec.FlowSpec)).toBe(
          hash
        )
      })
    )
  })

  it.each(Object.entries(changes))("differs for %s", (_, changed) => {
    expect(DefinitionHash.make(changed)).not.toBe(hash)
  })

  it("differs from change to change", () => {
    const hashes = Object.values(changes).map(DefinitionHash.make)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it("differs when a key of the flow or of a node is left out", () => {
    const flowKeys = (Object.keys(flow) as ReadonlyArray<keyof FlowSpec.FlowSpec>).filter(
      (key) => key !== "nodes"
    )
    for (const key of flowKeys) expect(DefinitionHash.make(without(flow, key)), key).not.toBe(hash)
    const nodeKeys = (Object.keys(node) as ReadonlyArray<keyof NodeSpec.NodeSpec>).filter(
      (key) => key !== "id"
    )
    for (const key of nodeKeys) {
      const nodes = flow.nodes.map((one) => (one.id === "split" ? without(one, key) : one))
      expect(DefinitionHash.make({ ...flow, nodes }), key).not.toBe(hash)
    }
  })

  it("does not change between releases", () => {
    expect(DefinitionHash.make({ name: "hello", nodes: [{ id: "greet", action: "print" }] })).toBe(
      "6b5b87be62f78e0851b2716329c061e0b521ef65e0e73c1a125d9874349654dd"
    )
  })
})
