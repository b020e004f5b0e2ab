import {
  type Budget,
  type CachePolicy,
  type ChannelSpec,
  type FlowConfig,
  type FlowSpec,
  ForEach,
  type NodeSpec,
  type RetryPolicy,
  Suggestion
} from "@dagflow/protocol"
import { Document, isMap, isScalar, Scalar, visit } from "yaml"
import * as Duration from "./duration.ts"
import * as ShortForm from "./shortForm.ts"
import type { Scope } from "./shortForm.ts"
import * as ReadNode from "./readNode.ts"
import { writeBinding } from "./writeBinding.ts"

/** Keys and values in the order in which they are written; `undefined` leaves a key out. */
type Entries = ReadonlyArray<readonly [string, unknown]>

/** Writes a flow as YAML. */
export const writeFlow = (flow: FlowSpec.FlowSpec): string => {
  const document = new Document(flowMap(flow), {
    aliasDuplicateObjects: false,
    schema: "core",
    version: "1.2"
  })
  visit(document, {
    Pair: (_, { key }) => {
      // In quotes it is a key like any other, and not one that takes over the keys of another map.
      if (isScalar(key) && key.value === "<<") key.type = Scalar.QUOTE_DOUBLE
    }
  })
  setApart(document.contents, (key) => ["config", "inputs", "channels", "metadata", "nodes"].includes(key))
  setApart(document.get("nodes", true), () => true)
  return document.toString({ lineWidth: 0 })
}

// -- internal -------------------------------------------------------------------------------------------------------

const flowMap = (flow: FlowSpec.FlowSpec): ReadonlyMap<string, unknown> => {
  const ids = flow.nodes.map(({ id }) => id)
  const scope = { ids: new Set(ids), vocabulary: Suggestion.vocabulary(ids) }
  return map([
    ["name", flow.name],
    ["description", flow.description],
    ["version", flow.version],
    ["author", flow.author],
    ["signature", flow.signature],
    ["tags", flow.tags],
    ["instructions", flow.instructions],
    ["config", flow.config && config(flow.config)],
    ["inputs", flow.inputs && map(Object.entries(flow.inputs).map(([name, spec]) => [name, input(spec)]))],
    [
      "channels",
      flow.channels && map(Object.entries(flow.channels).map(([name, spec]) => [name, channel(spec)]))
    ],
    ["metadata", flow.metadata],
    ["nodes", map(flow.nodes.map((one) => [one.id, node(one, scope)]))]
  ])
}

/** Puts an empty line before keys of a map, but for the first one. */
const setApart = (value: unknown, isApart: (key: string) => boolean): void => {
  if (!isMap(value)) return
  for (const { key } of value.items.slice(1)) {
    if (isScalar(key)) key.spaceBefore = isApart(String(key.value))
  }
}

/** A map keeps its order whatever its keys are, where an object would put numbers first. */
const map = (entries: Entries): ReadonlyMap<string, unknown> =>
  new Map(entries.filter(([, value]) => value !== undefined))

const duration = (millis: number | undefined): string | undefined =>
  millis === undefined ? undefined : Duration.format(millis)

const retry = (policy: RetryPolicy.RetryPolicy) =>
  map([
    ["tries", policy.tries],
    ["backoff", policy.backoff],
    ["initial", duration(policy.initialMillis)],
    ["factor", policy.factor],
    ["max", duration(policy.maxMillis)],
    ["jitter", policy.jitter],
    ["retryIf", policy.retryIf]
  ])

const cache = (policy: CachePolicy.CachePolicy) => {
  if (policy === false) return false
  const { key, ttlMillis } = policy
  const entries = map([
    ["ttl", duration(ttlMillis)],
    ["key", key]
  ])
  return entries.size === 0 ? true : entries
}

const limits = ({ cost, nodes, onExhausted, rounds, timeMillis, tokens }: Budget.BudgetLimits): Entries => [
  ["tokens", tokens],
  ["cost", cost],
  ["time", duration(timeMillis)],
  ["nodes", nodes],
  ["rounds", rounds],
  ["onExhausted", onExhausted]
]

const budget = ({ branches, ...own }: Budget.Budget) =>
  map([
    ...limits(own),
    ["branches", branches && map(Object.entries(branches).map(([name, one]) => [name, map(limits(one))]))]
  ])

const config = (one: FlowConfig.FlowConfig) => {
  const keys: Readonly<Record<keyof FlowConfig.FlowConfig, readonly [string, unknown]>> = {
    strategy: ["strategy", one.strategy],
    interrupts: ["interrupts", one.interrupts],
    maxParallel: ["maxParallel", one.maxParallel],
    onFailure: ["onFailure", one.onFailure],
    retry: ["retry", one.retry && retry(one.retry)],
    timeoutMillis: ["timeout", duration(one.timeoutMillis)],
    nodeTimeoutMillis: ["nodeTimeout", duration(one.nodeTimeoutMillis)],
    onHookFailure: ["onHookFailure", one.onHookFailure],
    hookTimeoutMillis: ["hookTimeout", duration(one.hookTimeoutMillis)],
    cancelGraceMillis: ["cancelGrace", duration(one.cancelGraceMillis)],
    budget: ["budget", one.budget && budget(one.budget)],
    nodesMax: ["nodesMax", one.nodesMax],
    maxIterations: ["maxIterations", one.maxIterations],
    payloadBytesMax: ["payloadBytesMax", one.payloadBytesMax],
    artifactBytesMin: ["artifactBytesMin", one.artifactBytesMin],
    maxLostAttempts: ["maxLostAttempts", one.maxLostAttempts]
  }
  return map(Object.values(keys))
}

const input = (spec: FlowSpec.InputSpec): unknown => {
  const { type, ...rest } = spec
  return type !== undefined && Object.keys(rest).length === 0 ? type : spec
}

const channel = (spec: ChannelSpec.ChannelSpec): unknown => {
  const { reducer, ...rest } = spec
  return reducer !== undefined && Object.keys(rest).length === 0 ? reducer : spec
}

/** An expression is written as a text, unless that would be read as something else. */
const writeMade = ({ expression }: ForEach.MadeList, scope: Scope) => {
  const kind = ShortForm.kindOf(expression, scope)
  return kind === "text" || kind === "look-alike" ? expression : { expression }
}

/** A map could be taken for one that says what is mapped over, so that such a list is never written alone. */
const forEach = ({ items, maxParallel, onItemFailure }: ForEach.ForEach, scope: Scope) => {
  const list = ForEach.isMade(items) ? writeMade(items, scope) : writeBinding(items, scope)
  const isAlone = maxParallel === undefined && onItemFailure === undefined
  if (isAlone && (typeof list !== "object" || Array.isArray(list))) return list
  return map([
    ["items", list],
    ["maxParallel", maxParallel],
    ["onItemFailure", onItemFailure]
  ])
}

const node = (one: NodeSpec.NodeSpec, scope: Scope) => {
  const inputs = Object.entries(one.inputs ?? {}).map(
    ([name, binding]) => [name, writeBinding(binding, scope)] as const
  )
  const keys: Readonly<Record<Exclude<keyof NodeSpec.NodeSpec, "id">, readonly [string, unknown]>> = {
    description: ["description", one.description],
    action: ["action", one.flow === undefined ? one.action : undefined],
    flow: ["flow", one.flow && flowMap(one.flow)],
    returns: ["returns", one.returns],
    when: ["when", one.when],
    intent: ["intent", one.intent],
    dependencies: ["dependencies", isImplied(one, scope) ? undefined : one.dependencies],
    inputs: ["inputs", one.inputs && map(inputs)],
    forEach: ["forEach", one.forEach && forEach(one.forEach, scope)],
    outputs: [
      "outputs",
      one.outputs?.map((output) => (output.description === undefined ? output.name : output))
    ],
    trigger: ["trigger", one.trigger],
    timeoutMillis: ["timeout", duration(one.timeoutMillis)],
    retry: ["retry", one.retry && retry(one.retry)],
    onFailure: ["onFailure", one.onFailure],
    failure: ["failure", one.failure],
    recovery: ["recovery", one.recovery],
    priority: ["priority", one.priority],
    cache: ["cache", one.cache === undefined ? undefined : cache(one.cache)],
    estimate: ["estimate", one.estimate && map(limits(one.estimate))],
    branch: ["branch", one.branch],
    enabled: ["enabled", one.enabled],
    instructions: ["instructions", one.instructions],
    metadata: ["metadata", one.metadata]
  }
  return map(Object.values(keys))
}

/** Whether leaving the dependencies out means the same, in the same order. */
const isImplied = (one: NodeSpec.NodeSpec, { ids }: Scope): boolean => {
  const { dependencies } = one
  const implied = [...ReadNode.impliedDependencies(one).keys()].filter((id) => ids.has(id))
  if (dependencies === undefined) return true
  return (
    dependencies.length > 0 &&
    implied.length === dependencies.length &&
    implied.every((id, index) => id === dependencies[index])
  )
}
