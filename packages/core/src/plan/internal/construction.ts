import {
  Dependency,
  type FailurePolicy,
  type FlowSpec,
  type NodeSpec,
  type Problem,
  type ProblemCode,
  type SourcePosition
} from "@dagflow/protocol"
import * as Predicate from "effect/Predicate"
import type * as Action from "../../action/Action.ts"
import type * as ChannelReducer from "../../action/ChannelReducer.ts"
import * as Channel from "../Channel.ts"
import type { ForEachOptions } from "../FlowBuilder.ts"
import * as FlowInput from "../FlowInput.ts"
import * as NodeRef from "../NodeRef.ts"
import type * as ValueRef from "../ValueRef.ts"
import * as CallSite from "./callSite.ts"
import * as Condition from "../Condition.ts"
import * as ConditionText from "./conditionText.ts"
import { definedKeys } from "./definedKeys.ts"
import * as DefinitionMillis from "./definitionMillis.ts"
import * as InputBindings from "./inputBindings.ts"
import * as ValueRefs from "./valueRef.ts"

/** A flow while it is built, and afterwards what its `spec` does not hold. References know it as the flow they are of. */
export interface Construction {
  readonly name: string
  readonly inputs: Readonly<Record<string, FlowInput.FlowInput<unknown, FlowInput.Presence>>>
  readonly channels: Channel.Fields
  readonly nodes: Array<NodeSpec.NodeSpec>
  /** Ids that are taken. */
  readonly ids: Set<string>
  /** Per action without named nodes, the last number that was given out. */
  readonly numbers: Map<string, number>
  /** The actions of the nodes and their failure handlers, by name. */
  readonly actions: Map<string, Action.Any>
  /** The reducers of the flows that its nodes run, by name. */
  readonly reducers: Map<string, ChannelReducer.Any>
  /** Mistakes that only the builder can see. */
  readonly problems: Array<Problem>
  /** The definition, once the flow is made: a node that comes later would be in no run. */
  spec: FlowSpec.FlowSpec | undefined
}

/** Begins a flow. */
export const make = (name: string, fields: FlowInput.Fields, channels: Channel.Fields = {}): Construction => {
  const construction: Construction = {
    name,
    inputs: Object.fromEntries(
      Object.entries(fields).map(([key, field]) => [key, FlowInput.fromField(field)])
    ),
    channels,
    nodes: [],
    ids: new Set(),
    numbers: new Map(),
    actions: new Map(),
    reducers: new Map(),
    problems: [...Channel.problems(channels)],
    spec: undefined
  }
  sites.set(construction, [])
  return construction
}

/** The inputs of the run as references, by name. */
export const inputRefs = (self: Construction): Readonly<Record<string, ValueRef.ValueRef<never, unknown>>> =>
  Object.fromEntries(Object.keys(self.inputs).map((name) => [name, ValueRefs.make(self, undefined, name)]))

/** The channels of the run as references, by name. */
export const channelRefs = (
  self: Construction
): Readonly<Record<string, ValueRef.ValueRef<never, unknown>>> =>
  Object.fromEntries(Object.keys(self.channels).map((name) => [name, ValueRefs.ofChannel(self, name)]))

/** The inputs that the definition declares. */
export const inputSpecs = (self: Construction): Readonly<Record<string, FlowSpec.InputSpec>> =>
  Object.fromEntries(Object.entries(self.inputs).map(([name, input]) => [name, input.spec]))

type Options = ForEachOptions<string, unknown, unknown, FailurePolicy.FailurePolicy>

type AnyRef = ValueRef.ValueRef<never, never>

/** What makes the inputs of a node of a value of its list and of its place. */
type EachInputs = (item: AnyRef, index: AnyRef) => Readonly<Record<string, unknown>>

/** A flow that a node runs, as it was made. */
export interface InnerFlow {
  readonly name: string
  readonly spec: FlowSpec.FlowSpec
  readonly actions: ReadonlyArray<Action.Any>
  readonly reducers: ReadonlyMap<string, ChannelReducer.Any>
  readonly returns: Readonly<Record<string, string>>
  /** Mistakes that its builder saw. */
  readonly problems: ReadonlyArray<Problem>
}

/** What `node` of a builder is given, with any types. */
export interface Addition {
  readonly id: string | undefined
  readonly work: Action.Any | InnerFlow
  readonly inputs: Readonly<Record<string, unknown>> | EachInputs | undefined
  readonly options: Options | undefined
  /** The list that the node is mapped over; `inputs` are then made of a value of it. */
  readonly items?: unknown
  readonly site: CallSite.CallSite | undefined
}

/** Where the first nodes of each flow were added; kept aside, since nobody who prints a flow wants to see it. */
const sites = new WeakMap<Construction, Array<CallSite.CallSite>>()

/** Nodes of which the place of their making is kept; a program with more of them makes them in loops. */
const sitesMax = 1000

/** Whether the place of the next node's making is still of interest: to remember one takes as long as to add a node. */
export const wantsSite = (self: Construction): boolean =>
  self.nodes.length < sitesMax || self.spec !== undefined

/** Adds a node. What is wrong with it becomes a problem of the flow; the node is there all the same. */
export const addNode = (self: Construction, addition: Addition): NodeRef.NodeRef<never> => {
  const { inputs = {}, items, options = {}, site } = addition
  const work = isWork(addition.work) ? addition.work : noWork
  const id = addition.id ?? generatedId(self, work.name)
  if (self.spec !== undefined) return refuseLate(self, id, site)
  const index = self.nodes.length
  self.ids.add(id)
  if (site !== undefined) sites.get(self)?.push(site)
  const refuse = (code: ProblemCode, path: ReadonlyArray<string | number>, message: string) =>
    void self.problems.push({ code, severity: "error", message, path: ["nodes", index, ...path], nodeId: id })
  const list = items === undefined ? undefined : {}
  const binder = InputBindings.binder(self, id, refuse, list)
  const given = typeof inputs === "function" ? eachInputs(self, list ?? {}, inputs) : inputs
  const { bindings, dependencies } = InputBindings.make(binder, given)
  const forEach = items === undefined ? undefined : forEachOf(self, id, binder, items, options, refuse)
  const { conditional, when } = readConditions(self, id, options, dependencies, refuse)
  if (work === noWork) refuse("UnknownAction", ["action"], withoutWork(id, addition.work))
  else if ("spec" in work) useFlow(self, work, id, refuse)
  else useAction(self, work, id, refuse)
  if (options.failure !== undefined) useAction(self, options.failure as Action.Any, id, refuse)
  self.nodes.push({
    id,
    action: work.name,
    ...("spec" in work ? { flow: work.spec, returns: work.returns } : {}),
    ...(dependencies.size + conditional.length === 0
      ? {}
      : {
          dependencies:
            conditional.length === 0 ? [...dependencies] : Dependency.withNodes(conditional, dependencies)
        }),
    ...(Object.keys(bindings).length === 0 ? {} : { inputs: bindings }),
    ...(when === undefined ? {} : { when }),
    ...(forEach === undefined ? {} : { forEach }),
    ...specOf(options, items !== undefined, (key, message) => refuse("InvalidValue", key.split("."), message))
  })
  return refTo(self, id)
}

/** Whether a value is a node of this flow. */
export const isOf = (self: Construction, node: unknown): node is NodeRef.NodeRef<string> =>
  NodeRef.isNodeRef(node) && node[NodeRef.TypeId].flow === self

/** The position of what a problem is about: the call that added its node. */
export const positionOf = (
  self: Construction,
  path: ReadonlyArray<string | number>
): SourcePosition | undefined => {
  const site = path[0] === "nodes" && typeof path[1] === "number" ? sites.get(self)?.[path[1]] : undefined
  return site === undefined ? undefined : CallSite.position(site)
}

// -- internal -------------------------------------------------------------------------------------------------------

interface ReadConditions {
  readonly conditional: ReadonlyArray<Dependency.Dependency>
  readonly when: string | undefined
}

const unconditional: ReadConditions = { conditional: [], when: undefined }

/** Reads what a node depends on, besides its inputs, and on which conditions. */
const readConditions = (
  self: Construction,
  nodeId: string,
  options: Options,
  dependencies: Set<string>,
  refuse: InputBindings.Refuse
): ReadConditions => {
  if (options.dependsOn === undefined && options.when === undefined) return unconditional
  const readOne = (condition: unknown, path: ReadonlyArray<string | number>): string | undefined => {
    const read = ConditionText.read(condition, { what: "condition", flow: self, nodeId, path, refuse })
    for (const id of read?.nodes ?? []) dependencies.add(id)
    return read?.text
  }
  const conditional: Array<Dependency.Dependency> = []
  for (const [position, given] of (options.dependsOn ?? []).entries()) {
    const isConditional = "when" in given
    const node = isConditional ? given.node : given
    const path = ["dependencies", position]
    if (!isOf(self, node)) {
      refuse("UnknownDependency", path, InputBindings.foreign(self, nodeId, "depends on a node"))
    } else if (!isConditional) dependencies.add(node.id)
    else {
      const when = readOne(given.when, [...path, "when"])
      if (when !== undefined) conditional.push({ node: node.id, when })
    }
  }
  return { conditional, when: options.when === undefined ? undefined : readOne(options.when, ["when"]) }
}

const refuseLate = (
  self: Construction,
  id: string,
  site: CallSite.CallSite | undefined
): NodeRef.NodeRef<never> => {
  const position = site && CallSite.position(site)
  self.problems.push({
    code: "InvalidValue",
    severity: "error",
    message: `node "${id}" was added after the flow was made: add nodes inside the function that builds it`,
    path: ["nodes"],
    nodeId: id,
    ...(position === undefined ? {} : { position })
  })
  return refTo(self, id)
}

/** Characters that an action's name may have and the id of a node may not. */
const notInIds = /[.#[\]]/g

const generatedId = (self: Construction, action: string): string => {
  const stem = action.replace(notInIds, "_")
  let number = self.numbers.get(stem) ?? 0
  let id: string
  do id = `${stem}_${++number}`
  while (self.ids.has(id))
  self.numbers.set(stem, number)
  return id
}

/** Stands for what a node does that is given neither an action nor a flow. */
const noWork = { name: "nothing" } as Action.Any

const isWork = (work: unknown): work is Action.Any | InnerFlow =>
  Predicate.isObject(work) &&
  typeof work["name"] === "string" &&
  ("spec" in work || typeof work["run"] === "function")

const withoutWork = (id: string, work: unknown): string =>
  `node "${id}" is given ${describe(work)} where its action belongs; give it what Action.make or Action.fn returns, or a flow`

const describe = (work: unknown): string => {
  if (work === undefined) return "nothing"
  if (Predicate.isObject(work))
    return typeof work["name"] === "string" ? `"${work["name"]}", which does not run,` : "an object"
  return typeof work === "function" ? "a function" : `the ${typeof work} ${JSON.stringify(work)}`
}

const useAction = (
  self: Construction,
  action: Action.Any,
  id: string,
  refuse: InputBindings.Refuse
): void => {
  const known = self.actions.get(action.name)
  if (known === undefined) self.actions.set(action.name, action)
  else if (known !== action) {
    const message = `node "${id}" uses another action named "${action.name}" than a node before it; give one of them another name`
    refuse("InvalidValue", ["action"], message)
  }
}

/** Takes over what a flow inside needs, and what is wrong with it. */
const useFlow = (
  self: Construction,
  { actions, problems, reducers }: InnerFlow,
  id: string,
  refuse: InputBindings.Refuse
): void => {
  for (const action of actions) useAction(self, action, id, refuse)
  for (const [name, reducer] of reducers) self.reducers.set(name, reducer)
  for (const { code, message, path } of problems) {
    refuse(code, ["flow", ...path], `in the flow of node "${id}": ${message}`)
  }
}

/** Keys of the options that a definition takes as they are. */
const plainKeys = [
  "intent",
  "trigger",
  "onFailure",
  "recovery",
  "priority",
  "branch",
  "enabled",
  "description",
  "instructions",
  "metadata"
] as const

const optionKeys: ReadonlySet<string> = new Set([
  ...plainKeys,
  "dependsOn",
  "when",
  "timeout",
  "retry",
  "failure",
  "cache",
  "estimate"
])

/** Keys of the options of a node that is mapped over a list. */
const listKeys: ReadonlySet<string> = new Set(["maxParallel", "onItemFailure"])

const eachInputs = (self: Construction, list: object, inputs: EachInputs) => {
  const { index, item } = ValueRefs.each(self, list)
  return inputs(item, index)
}

const forEachOf = (
  self: Construction,
  nodeId: string,
  { bind, dependencies }: InputBindings.Binder,
  given: unknown,
  { maxParallel, onItemFailure }: Options,
  refuse: InputBindings.Refuse
): NodeSpec.NodeSpec["forEach"] => {
  const path = ["forEach", "items"]
  const rest = definedKeys({ maxParallel, onItemFailure })
  if (!Condition.isCelText(given)) {
    const items = bind(given, "items", path)
    return items && { items, ...rest }
  }
  const at = [...path, "expression"]
  const read = ConditionText.read(given, { what: "list", flow: self, nodeId, path: at, refuse })
  for (const id of read?.nodes ?? []) dependencies.add(id)
  return read && { items: { expression: read.text }, ...rest }
}

const specOf = (
  options: Options,
  isMapped: boolean,
  refuse: DefinitionMillis.Refuse
): Omit<NodeSpec.NodeSpec, "id" | "action"> => {
  for (const key of Object.keys(options)) {
    if (!optionKeys.has(key) && !(isMapped && listKeys.has(key))) refuse(key, `a node has no option "${key}"`)
  }
  const { cache, estimate, failure, retry, timeout } = options
  const plain = definedKeys(Object.fromEntries(plainKeys.map((key) => [key, options[key]])))
  const onRetry: DefinitionMillis.Refuse = (key, message) => refuse(`retry.${key}`, message)
  return {
    ...plain,
    ...DefinitionMillis.millis("timeoutMillis", timeout, refuse),
    ...(retry === undefined ? {} : { retry: definedKeys(DefinitionMillis.retry(retry, onRetry)) }),
    ...(cache === undefined
      ? {}
      : { cache: DefinitionMillis.cache(cache, (key, message) => refuse(`cache.${key}`, message)) }),
    ...(estimate === undefined
      ? {}
      : {
          estimate: definedKeys(
            DefinitionMillis.estimate(estimate, (key, message) => refuse(`estimate.${key}`, message))
          )
        }),
    ...(failure === undefined ? {} : { failure: failure.name })
  }
}

const refTo = (self: Construction, id: string): NodeRef.NodeRef<never> => ({
  [NodeRef.TypeId]: { flow: self },
  id,
  // Actions of plain functions do not tell the names of their outputs, so any name gives a reference.
  out: new Proxy(
    {},
    { get: (_, name) => (typeof name === "string" ? ValueRefs.make(self, id, name) : undefined) }
  )
})
