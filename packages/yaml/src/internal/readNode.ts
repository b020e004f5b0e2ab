import {
  FailurePolicy,
  ForEach,
  NodeBindings,
  NodeExpressions,
  NodeSpec,
  type SubFlowSpec,
  TriggerRule
} from "@dagflow/protocol"
import { isScalar } from "yaml"
import type * as FlowFile from "../FlowFile.ts"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import type { Place } from "./place.ts"
import type { Scope } from "./shortForm.ts"
import * as ReadExpression from "./readExpression.ts"
import * as ReadDependencies from "./readDependencies.ts"
import * as ReadNodeInputs from "./readNodeInputs.ts"
import * as ReadOutputs from "./readOutputs.ts"
import * as ReadBudget from "./readBudget.ts"
import * as ReadCache from "./readCache.ts"
import * as ReadFailurePolicy from "./readFailurePolicy.ts"
import * as ReadForEach from "./readForEach.ts"
import * as ReadRetry from "./readRetry.ts"
import type { Writable } from "./writable.ts"

/** A node of a file, and where its parts stand. A node whose action is the empty text has been reported. */
export interface ReadNode {
  readonly node: NodeSpec.NodeSpec
  readonly origins: Origins.Origins
}

type Node = Writable<NodeSpec.NodeSpec>

/** Reads the value of a key into the node. */
type Read = (node: Node, at: Cursor.Cursor, name: string, origins: Origins.Origins, scope: NodeScope) => void

/** What is known of the flow that a node is in, and how a flow inside of a node is read. */
export interface NodeScope extends Scope {
  readonly readFlow: (at: Cursor.Cursor, id: string, origins: Origins.Origins) => SubFlowSpec | undefined
}

const fields = NodeSpec.NodeSpec.fields

const into =
  <Key extends keyof Node>(key: Key, leaf: Leaf.Leaf<NonNullable<Node[Key]>>): Read =>
  (node, at, name) =>
    Leaf.set(node, key, leaf(at, name))

const readers: Readonly<Record<keyof typeof FlowFile.ListedNode.fields, Read>> = {
  id: into("id", Leaf.text),
  action: (node, at, name) => {
    const action = Leaf.text(at, name)
    // That a flow has been named too is said elsewhere.
    if (action !== undefined && node.flow === undefined) node.action = action
  },
  flow: (node, at, _, origins, scope) => {
    const flow = scope.readFlow(at, node.id, origins)
    if (flow === undefined) return
    node.flow = flow
    node.action = flow.name
  },
  returns: into("returns", Leaf.of(fields.returns.schema)),
  dependencies: (node, at, name, origins) =>
    Leaf.set(node, "dependencies", ReadDependencies.read(at, name, origins)),
  when: into("when", ReadExpression.read),
  intent: into("intent", Leaf.of(fields.intent.schema)),
  inputs: (node, at, _, origins, scope) => Leaf.set(node, "inputs", ReadNodeInputs.read(at, scope, origins)),
  forEach: (node, at, _, origins, scope) => Leaf.set(node, "forEach", ReadForEach.read(at, scope, origins)),
  outputs: (node, at, _, origins) => Leaf.set(node, "outputs", ReadOutputs.read(at, origins)),
  trigger: into("trigger", Leaf.of(TriggerRule.TriggerRule)),
  timeout: into("timeoutMillis", Leaf.duration(fields.timeoutMillis.schema, "1ms")),
  retry: into("retry", ReadRetry.read),
  try_count: (node, at, name) => {
    const tries = ReadRetry.tries(at, name)
    if (tries !== undefined) node.retry = { ...node.retry, tries }
  },
  onFailure: into("onFailure", Leaf.of(FailurePolicy.FailurePolicy)),
  onfailure: (node, at, name) => {
    if (Leaf.boolean(at, name) === true) node.onFailure = "best_effort"
  },
  on_failure: into("onFailure", ReadFailurePolicy.read),
  failure: (node, at, name) => {
    const handler = Leaf.text(at, name)
    // In files of Dagger, where the key is mandatory, an empty text says that there is no handler.
    if (handler !== undefined && handler !== "") node.failure = handler
  },
  recovery: into("recovery", Leaf.of(fields.recovery.schema)),
  priority: into("priority", Leaf.of(fields.priority.schema)),
  cache: into("cache", ReadCache.read),
  estimate: (node, at) => Leaf.set(node, "estimate", ReadBudget.readEstimate(at)),
  branch: into("branch", Leaf.of(fields.branch.schema)),
  enabled: into("enabled", Leaf.boolean),
  description: into("description", Leaf.text),
  instructions: into("instructions", Leaf.lines),
  metadata: into("metadata", Leaf.record)
}

const mappedNames = Object.keys(readers).filter((key) => key !== "id")
const mappedKeys = MapReader.keys("node", mappedNames)
const listedKeys = MapReader.keys("node", Object.keys(readers))

/** Keys that say one thing in two ways, of which a node may use one. */
const rivals: ReadonlyArray<readonly [string, string]> = [
  ["flow", "action"],
  ["retry", "try_count"],
  ["onFailure", "onfailure"],
  ["onFailure", "on_failure"],
  ["onfailure", "on_failure"]
]

/** Where the parts of a node stand, by the key of the file that gives them. */
const origin: Readonly<Record<string, string>> = {
  timeout: "timeoutMillis",
  try_count: "retry",
  onfailure: "onFailure",
  on_failure: "onFailure"
}

/** Reads an entry of a list of nodes; one without an id is reported and left out. */
export const readListed = (at: Cursor.Cursor, scope: NodeScope): ReadNode | undefined => {
  const origins = Origins.make(Cursor.place(at))
  // An id is a text of any kind here, so that the empty text stands for none.
  const node: Node = { id: "", action: "" }
  const given = readKeys(at, node, listedKeys, scope, origins)
  if (given === undefined) return undefined
  if (isLeftOut(given, "id")) {
    Cursor.report(at, { code: "MissingKey", message: `a node in a list needs an "id"` })
  }
  return node.id === "" ? undefined : { node, origins }
}

/** Reads an entry of a map of nodes, whose key is the id; a text is the name of the action. */
export const readMapped = (id: string, key: Place, at: Cursor.Cursor, scope: NodeScope): ReadNode => {
  const origins = Origins.make(key)
  Origins.add(origins, "id", key)
  const node: Node = { id, action: "" }
  if (isScalar(at.node) && typeof at.node.value === "string" && at.node.value !== "") {
    node.action = at.node.value
    Origins.add(origins, "action", Cursor.place(at))
  } else readKeys(at, node, mappedKeys, scope, origins)
  return { node, origins }
}

/** What inputs, list and condition of a node read, without the node itself, and the path of the first reference to each. */
export const impliedDependencies = (
  node: NodeSpec.NodeSpec
): ReadonlyMap<string, ReadonlyArray<string | number>> => {
  const implied = new Map(NodeBindings.referencedNodes(node))
  implied.delete(node.id)
  const { forEach, when } = node
  const add = (ids: Iterable<string>, path: ReadonlyArray<string>): void => {
    for (const id of ids) if (id !== node.id && !implied.has(id)) implied.set(id, path)
  }
  if (when !== undefined) add(NodeExpressions.nodesRead({ when }), ["when"])
  if (ForEach.isMade(forEach?.items)) {
    add(NodeExpressions.nodesRead({ forEach }), ["forEach", "items", "expression"])
  }
  return implied
}

// -- internal -------------------------------------------------------------------------------------------------------

/** The values that a map gave, by key. */
type Given = ReadonlyMap<string, Cursor.Cursor | undefined>

const readKeys = (
  at: Cursor.Cursor,
  node: Node,
  keys: MapReader.Keys,
  scope: NodeScope,
  origins: Origins.Origins
): Given | undefined => {
  const values = new Map<string, Cursor.Cursor | undefined>()
  const given = MapReader.read(at, keys, (name, value) => {
    values.set(name, value)
    const own = Origins.add(origins, origin[name] ?? name, Cursor.place(value))
    readers[name as keyof typeof readers](node, value, name, own, scope)
  })
  if (given === undefined) return undefined
  for (const name of given.keys()) if (!values.has(name)) values.set(name, undefined)
  MapReader.reportRivals(at, given, rivals)
  // A node with a flow has no action. What is wrong with that flow has been said.
  if (isLeftOut(values, "action") && isLeftOut(values, "flow") && !given.has("subflow")) {
    const message = node.id === "" ? "a node needs an action" : `node "${node.id}" needs an action`
    Findings.report(at.reading.findings, origins.place, { code: "MissingKey", message, nodeId: node.id })
  }
  if (node.dependencies === undefined) addImplied(node, scope, origins)
  return values
}

/** Whether a text is missing or empty. One that is there and wrong has been reported. */
const isLeftOut = (given: Given, name: string): boolean => {
  if (!given.has(name)) return true
  const value = given.get(name)
  return value !== undefined && (Cursor.isNull(value) || (isScalar(value.node) && value.node.value === ""))
}

/** A node that does not list its dependencies depends on the nodes that its inputs and its list refer to. */
const addImplied = (node: Node, scope: Scope, origins: Origins.Origins): void => {
  const implied = [...impliedDependencies(node)].filter(([id]) => scope.ids.has(id))
  if (implied.length === 0) return
  node.dependencies = implied.map(([id]) => id)
  const own = Origins.add(origins, "dependencies", origins.place)
  implied.forEach(([, path], index) => Origins.add(own, index, Origins.find(origins, path)))
}
