/**
 * How two runs differ: the first event in which their logs part, and every node that ended differently.
 *
 * What says nothing about the course is left out: ids of runs, of their child runs and of commands, times, seeds, owners and
 * their epochs, and where a run was forked from. Two runs of one flow whose nodes ended in another order part at that event and may still have equal nodes.
 */
import * as Schema from "effect/Schema"
import { canonicalJson } from "../definition/canonicalJson.ts"
import type { Envelope } from "../message/Envelope.ts"
import { fold } from "../state/Evolve.ts"
import type { NodeState } from "../state/NodeState.ts"
import { type Comparable, comparableEvents, withoutChildIds } from "./internal/comparableEvents.ts"
import { present } from "./internal/present.ts"

/** One side of a difference: its event, and the value at the place where both differ. */
export const DifferenceSide = Schema.Struct({
  /** Number of the event in its log; absent when the log has ended. */
  sequence: Schema.optionalKey(Schema.Int),
  /** Name of the event; absent when the log has ended. */
  event: Schema.optionalKey(Schema.String),
  /** The value; absent when there is none. */
  value: Schema.optionalKey(Schema.Json)
})
/** One side of a difference. */
export type DifferenceSide = typeof DifferenceSide.Type

/** A node that went differently in two runs. */
export const NodeDifference = Schema.Struct({
  nodeId: Schema.String,
  /** What differs, in this order of importance: whether there is such a node, then its parts. */
  what: Schema.Literals(["presence", "status", "outputs", "error", "attempts"]),
  left: Schema.optionalKey(Schema.Json),
  right: Schema.optionalKey(Schema.Json)
})
/** A node that went differently in two runs. */
export type NodeDifference = typeof NodeDifference.Type

/** How two runs differ. */
export const RunDifference = Schema.Struct({
  /** Both logs are equal, event by event. */
  isEqual: Schema.Boolean,
  /** The first event in which they differ; absent when they are equal. */
  first: Schema.optionalKey(
    Schema.Struct({
      /** Where in the event, as keys and positions; empty for the event as a whole. */
      path: Schema.Array(Schema.Union([Schema.String, Schema.Int])),
      left: DifferenceSide,
      right: DifferenceSide
    })
  ),
  /** Nodes that went differently, in plan order; each with the most important difference. */
  nodes: Schema.Array(NodeDifference)
})
/** How two runs differ. */
export type RunDifference = typeof RunDifference.Type

type Log = ReadonlyArray<Envelope>

/** Compares two logs. */
export const make = (left: Log, right: Log): RunDifference => {
  const first = firstDifference(comparableEvents(left), comparableEvents(right))
  return { isEqual: first === undefined, ...present({ first }), nodes: nodeDifferences(left, right) }
}

// -- internal -------------------------------------------------------------------------------------------------------

const firstDifference = (
  left: ReadonlyArray<Comparable>,
  right: ReadonlyArray<Comparable>
): RunDifference["first"] => {
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [a, b] = [left[at], right[at]]
    if (a !== undefined && b !== undefined && canonicalJson(a.json) === canonicalJson(b.json)) continue
    const path = a?.event === b?.event ? (pathOf(a?.json, b?.json) ?? []) : []
    return { path, left: sideOf(a, path), right: sideOf(b, path) }
  }
  return undefined
}

const isParent = (value: Schema.Json | undefined): value is Schema.JsonObject | ReadonlyArray<Schema.Json> =>
  typeof value === "object" && value !== null

const memberOf = (value: Schema.Json | undefined, key: string | number): Schema.Json | undefined =>
  isParent(value) && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string | number, Schema.Json>>)[key]
    : undefined

/** Where two values first differ, by the order of the keys; `undefined` when they do not. */
const pathOf = (
  left: Schema.Json | undefined,
  right: Schema.Json | undefined
): ReadonlyArray<string | number> | undefined => {
  if (!isParent(left) || !isParent(right) || Array.isArray(left) !== Array.isArray(right)) {
    return textOf(left) === textOf(right) ? undefined : []
  }
  const keys: ReadonlyArray<string | number> = Array.isArray(left)
    ? Array.from({ length: Math.max(left.length, Object.keys(right).length) }, (_, index) => index)
    : [...new Set([...Object.keys(left), ...Object.keys(right)])]
  for (const key of keys) {
    const rest = pathOf(memberOf(left, key), memberOf(right, key))
    if (rest !== undefined) return [key, ...rest]
  }
  return undefined
}

const textOf = (value: Schema.Json | undefined): string | undefined =>
  value === undefined ? undefined : canonicalJson(value)

const sideOf = (side: Comparable | undefined, path: ReadonlyArray<string | number>): DifferenceSide => {
  if (side === undefined) return {}
  const { event, json, sequence } = side
  const value = path.length === 0 ? undefined : path.reduce<Schema.Json | undefined>(memberOf, json)
  return { sequence, event, ...present({ value }) }
}

const nodeDifferences = (left: Log, right: Log): ReadonlyArray<NodeDifference> => {
  const [a, b] = [fold(left[0]?.runId ?? "", left), fold(right[0]?.runId ?? "", right)]
  const ids = new Set([...a.byId.keys(), ...b.byId.keys()])
  const [ofLeft, ofRight] = [withoutChildIds(left), withoutChildIds(right)]
  const seen = (node: NodeState | undefined, unnamed: typeof ofLeft): SeenNode | undefined =>
    node && (unnamed(pick(node)) as SeenNode)
  return [...ids].flatMap((nodeId) => {
    const difference = nodeDifference(seen(a.byId.get(nodeId), ofLeft), seen(b.byId.get(nodeId), ofRight))
    return difference === undefined ? [] : [{ nodeId, ...difference }]
  })
}

/** What is compared of a node. */
type SeenNode = Pick<NodeState, "status" | "outputs" | "error" | "attempt">

const pick = ({ attempt, error, outputs, status }: NodeState): SeenNode => ({
  attempt,
  error,
  outputs,
  status
})

const nodeDifference = (
  left: SeenNode | undefined,
  right: SeenNode | undefined
): Omit<NodeDifference, "nodeId"> | undefined => {
  if (left === undefined || right === undefined) {
    return { what: "presence", left: left !== undefined, right: right !== undefined }
  }
  const parts: ReadonlyArray<readonly [NodeDifference["what"], (node: SeenNode) => Schema.Json | undefined]> =
    [
      ["status", (node) => node.status],
      ["outputs", (node) => node.outputs],
      ["error", ({ error }) => error && { tag: error.tag, message: error.message }],
      ["attempts", (node) => node.attempt]
    ]
  for (const [what, read] of parts) {
    const [a, b] = [read(left), read(right)]
    if (textOf(a) !== textOf(b)) return { what, ...present({ left: a, right: b }) }
  }
  return undefined
}
