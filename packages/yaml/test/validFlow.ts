import {
  type Binding,
  Dependency,
  type FlowConfig,
  type FlowSpec,
  ForEach,
  type NodeSpec,
  Reference
} from "@dagflow/protocol"
import type * as Schema from "effect/Schema"

/** A number that a text always gives, to choose by. */
const choice = (text: string): number =>
  Array.from(text).reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003, 7)

const pick = (from: ReadonlyArray<string>, text: string): string | undefined =>
  from[choice(text) % from.length]

const isReferable = (name: string) => name !== "" && !/[.[\]]/.test(name)

const forbidden = ["__proto__", "constructor", "prototype"]

/** The value without what no log could say: halves of characters, a second zero, and keys that objects answer to. */
const speakable = <A>(value: A): A => {
  if (typeof value === "string") return value.toWellFormed() as A
  if (Object.is(value, -0)) return 0 as A
  if (Array.isArray(value)) return value.map(speakable) as A
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).filter(([key]) => !forbidden.includes(key))
  return Object.fromEntries(entries.map(([key, member]) => [key.toWellFormed(), speakable(member)])) as A
}

const template = (text: string) =>
  text.replaceAll("${env.", "${env.A}").replace(/^$/, "x") + (choice(text) % 2 === 0 ? "${env.HOME}" : "")

const matches = (type: FlowSpec.InputType, value: Schema.Json): boolean => {
  if (type === "any") return true
  if (type === "array") return Array.isArray(value)
  if (type === "integer") return Number.isInteger(value)
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value)
  return typeof value === type
}

const input = (spec: FlowSpec.InputSpec): FlowSpec.InputSpec => {
  const { default: fallback, ...rest } = spec
  if (fallback === undefined) return rest
  if (spec.secret === true) return { ...rest, default: "${env.SECRET}" }
  const isRight = matches(spec.type ?? "any", fallback) && !JSON.stringify(fallback).includes("${env.")
  return isRight ? { ...rest, default: fallback } : rest
}

const binding = (
  one: Binding.Binding,
  ancestors: ReadonlyArray<NodeSpec.NodeSpec>,
  inputs: ReadonlyArray<string>
): Binding.Binding =>
  "list" in one
    ? { list: one.list.map((item) => itemBinding(item, ancestors, inputs)) }
    : itemBinding(one, ancestors, inputs)

/** What a node is mapped over is a list, as far as the definition itself holds it. */
const list = (one: Binding.Binding): Binding.Binding => {
  if ("template" in one) return { list: [one] }
  return "value" in one && !Array.isArray(one.value) ? { value: [one.value] } : one
}

const itemBinding = (
  one: Binding.ItemBinding,
  ancestors: ReadonlyArray<NodeSpec.NodeSpec>,
  inputs: ReadonlyArray<string>
): Binding.ItemBinding => {
  if ("template" in one) return { template: template(one.template) }
  if (!("ref" in one)) return one
  const target = ancestors[choice(one.ref) % Math.max(1, ancestors.length)]
  const outputs = target?.outputs?.map(({ name }) => name) ?? ["rows", "a b", "größe"]
  const output = pick(outputs, one.ref)
  const path = choice(one.ref) % 3 === 0 ? [3, "key"] : []
  if (target !== undefined && output !== undefined && choice(one.ref) % 4 > 0) {
    return { ...one, ref: Reference.format({ _tag: "Output", nodeId: target.id, output, path }) }
  }
  const name = pick(inputs, one.ref)
  return name === undefined
    ? { value: one.ref }
    : { ...one, ref: Reference.format({ _tag: "Input", name, path }) }
}

const condition = (text: string, ancestors: ReadonlyArray<string>): string => {
  const id = pick(ancestors, text)
  const shown = JSON.stringify(text.slice(0, 20).toWellFormed())
  return id === undefined ? `size(${shown}) > 0` : `size(nodes[${JSON.stringify(id)}]) > 0 || ${shown} == "a"`
}

/** Some of them are read as a text, and some would be read as something else. */
const madeList = (text: string, ancestors: ReadonlyArray<string>): string => {
  const id = pick(ancestors, text)
  if (id === undefined) return `[${JSON.stringify(text.slice(0, 20).toWellFormed())}]`
  const names = `nodes[${JSON.stringify(id)}].map(name, name)`
  return choice(text) % 2 === 0 ? names : `${names} + ["\${env.NAME}"]`
}

/** Some of the edges have conditions, as the made up ones have. */
const edge = (id: string, given: ReadonlyArray<Dependency.Dependency>): Dependency.Dependency => {
  const conditional = given.find((one) => typeof one !== "string")
  return conditional === undefined || choice(id) % 2 === 0
    ? id
    : { node: id, when: condition(Dependency.nodeOf(conditional), [id]) }
}

const node = (
  one: NodeSpec.NodeSpec,
  before: ReadonlyArray<NodeSpec.NodeSpec>,
  inputs: ReadonlyArray<string>
): NodeSpec.NodeSpec => {
  const {
    dependencies,
    failure,
    flow: _flow,
    forEach,
    inputs: bindings,
    outputs,
    returns: _returns,
    when,
    ...rest
  } = one
  const ids = before.map(({ id }) => id)
  const chosen = [
    ...new Set((dependencies ?? []).flatMap((text) => pick(ids, Dependency.nodeOf(text)) ?? []))
  ]
  const ancestors = before.filter(({ id }) => chosen.includes(id))
  const names = new Set<string>()
  const kept = outputs?.filter(({ name }) => isReferable(name) && !names.has(name) && names.add(name))
  return {
    ...rest,
    action: one.action === "" ? "work" : one.action,
    ...(failure === undefined || failure === "" ? {} : { failure }),
    ...(dependencies === undefined ? {} : { dependencies: chosen.map((id) => edge(id, dependencies)) }),
    ...(when === undefined ? {} : { when: condition(when, chosen) }),
    ...(kept === undefined ? {} : { outputs: kept }),
    ...(forEach === undefined
      ? {}
      : {
          forEach: {
            ...forEach,
            items: ForEach.isMade(forEach.items)
              ? { expression: madeList(forEach.items.expression, chosen) }
              : list(binding(forEach.items, ancestors, inputs))
          }
        }),
    ...(bindings === undefined
      ? {}
      : {
          inputs: Object.fromEntries(
            Object.entries(bindings).map(([name, value]) => [
              name,
              forEach !== undefined && "ref" in value && choice(value.ref) % 5 === 0
                ? { ref: pick(["each.item", "each.index", "each.item.key[3]"], value.ref) ?? "" }
                : binding(value, ancestors, inputs)
            ])
          )
        })
  }
}

const configOf = (
  { interrupts, ...config }: FlowConfig.FlowConfig,
  nodes: ReadonlyArray<NodeSpec.NodeSpec>
): FlowConfig.FlowConfig => {
  const ids = nodes.slice(0, 2).flatMap(({ id }) => (forbidden.includes(id) ? [] : [id]))
  const pauses = config.strategy === "superstep" && interrupts !== undefined
  return {
    ...config,
    nodesMax: 1000,
    ...(pauses && {
      interrupts: {
        ...interrupts,
        ...(interrupts.before && { before: ids }),
        ...(interrupts.after && { after: ids })
      }
    })
  }
}

/** Channels that have no problems, as far as they can be kept. */
const channelsOf = (
  channels: FlowSpec.FlowSpec["channels"] = {}
): NonNullable<FlowSpec.FlowSpec["channels"]> =>
  Object.fromEntries(
    Object.entries(channels).flatMap(([name, { default: fallback, ...rest }]) => {
      if (!isReferable(name)) return []
      const isRight = fallback !== undefined && (rest.reducer !== "sum" || typeof fallback === "number")
      return [[name, isRight ? { ...rest, default: fallback } : rest]]
    })
  )

/** Makes a flow that has no problems of any that fits the schema, and keeps as much of it as can be kept. */
export const validFlow = (given: FlowSpec.FlowSpec): FlowSpec.FlowSpec => {
  const { channels, config: settings, inputs, ...spec } = speakable(given)
  const shared = channelsOf(channels)
  const hasChannels = Object.keys(shared).length > 0
  const config = hasChannels ? { ...settings, strategy: "superstep" as const } : settings
  const declared = inputs && Object.fromEntries(Object.entries(inputs).filter(([name]) => isReferable(name)))
  const names = declared === undefined ? ["day", "größe", "a b"] : Object.keys(declared)
  const nodes: Array<NodeSpec.NodeSpec> = []
  for (const one of spec.nodes) {
    if (!forbidden.includes(one.id) && nodes.every(({ id }) => id !== one.id))
      nodes.push(node(one, nodes, names))
  }
  return {
    ...spec,
    ...(config === undefined ? {} : { config: configOf(config, nodes) }),
    ...(declared === undefined
      ? {}
      : {
          inputs: Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, input(value)]))
        }),
    ...(hasChannels ? { channels: shared } : {}),
    nodes: nodes.filter(({ id }) => !forbidden.includes(id))
  }
}
