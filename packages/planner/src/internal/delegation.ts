/**
 * Conversations of other planners that a turn has called as tools. Such a call is over when the other planner's loop is, whichever of
 * its turns answers; until then nothing collects the results of the turn that called.
 */
import type { Binding, RunReport } from "@dagflow/protocol"
import * as Turn from "../Turn.ts"
import { actionNames, type CallDecision, type Settled } from "./growth.ts"
import { failureOf, isStored } from "./resultsAction.ts"

type Node = RunReport.RunReport["nodes"][number]

const over: ReadonlySet<Node["status"]> = new Set(["completed", "failed", "skipped", "cancelled"])
const gone: ReadonlySet<Node["status"]> = new Set(["failed", "skipped", "cancelled"])

/** The nodes of a run by their ids. */
class Growth {
  readonly #byId: ReadonlyMap<string, Node>
  readonly #planner: string

  constructor(report: RunReport.RunReport, planner: string) {
    this.#byId = new Map(report.nodes.map((node) => [node.nodeId, node]))
    this.#planner = planner
  }

  /** The node of this planner that another one grew out of, the node itself included. */
  callOf(node: Node | undefined): Node | undefined {
    let at = node
    while (at !== undefined && at.grownBy?.hook !== this.#planner) {
      const { grownBy } = at
      at = grownBy?.nodeId === undefined ? undefined : this.#byId.get(grownBy.nodeId)
    }
    return at
  }

  node(nodeId: string | undefined): Node | undefined {
    return nodeId === undefined ? undefined : this.#byId.get(nodeId)
  }

  get nodes(): Iterable<Node> {
    return this.#byId.values()
  }

  /** Whether something was added already once these calls were over. */
  isCollected(group: ReadonlyArray<Node>): boolean {
    const ids = new Set(group.map(({ nodeId }) => nodeId))
    return [...this.nodes].some(({ grownBy, nodeId }) => {
      if (grownBy?.hook !== this.#planner || ids.has(nodeId)) return false
      const call = this.callOf(this.node(grownBy.nodeId))
      return call !== undefined && ids.has(call.nodeId)
    })
  }
}

/** Where the conversation that began with a call has ended, or `undefined` while it goes on. */
const endOf = (growth: Growth, call: Node, { tool }: CallDecision): Settled | undefined => {
  const names = new Set<string>(Object.values(actionNames(call.action)))
  for (const node of growth.nodes) {
    if (!names.has(node.action) || growth.callOf(node)?.nodeId !== call.nodeId) continue
    const record = node.status === "completed" ? Turn.recordIn(node.metadata) : undefined
    const ended = record === undefined ? undefined : tool?.turn?.endOf(record)
    if (ended !== undefined) return { node: node.nodeId, ...ended }
    if (gone.has(node.status)) return { node: node.nodeId }
  }
  return undefined
}

/** What the collecting node cannot see of a node by itself: why it failed, and what of it is kept outside the log. */
const noted = (node: Node): Readonly<Record<string, Binding.Binding>> => {
  const { error, nodeId, outputs = {}, status } = node
  if (status === "failed" && error !== undefined) return { [nodeId]: { value: failureOf(error) } }
  const stored = Object.keys(outputs).filter((name) => isStored(outputs[name]) && !/[.[\]]/.test(name))
  return Object.fromEntries(stored.map((name) => [`${nodeId}.${name}`, { ref: `${nodeId}.${name}` }]))
}

/** A turn that has called other planners, once all that it called is over. */
export interface Delegated {
  /** The node after which the calls started: the turn, or the approval of its plan. */
  readonly base: string
  /** What became of each call of the turn that was carried out, in the order of the calls. */
  readonly settled: ReadonlyArray<ReadonlyArray<Settled>>
  readonly inputs: Readonly<Record<string, Binding.Binding>>
}

/** Whether nodes are those that carry calls out, and not others that were added at the same place of the log. */
const isWorkOf = (calls: ReadonlyArray<CallDecision>, group: ReadonlyArray<Node>): boolean => {
  const actions = calls.flatMap(
    ({ plan, tool }) => plan?.steps.map((step) => step.tool.action) ?? tool?.action ?? []
  )
  return actions.length === group.length && group.every(({ action }, at) => action === actions[at])
}

/** The node that a node belongs to, when a turn of this planner has called it or what it grew out of. */
export const callOf = (report: RunReport.RunReport, planner: string, nodeId: string): Node | undefined => {
  const growth = new Growth(report, planner)
  return growth.callOf(growth.node(nodeId))
}

/**
 * What became of the calls of a turn, once all of them are over and nothing collects them yet. `calls`: those of the turn, of which
 * the refused ones have no nodes.
 */
export const delegated = (
  report: RunReport.RunReport,
  planner: string,
  call: Node,
  calls: ReadonlyArray<CallDecision>
): Delegated | undefined => {
  const growth = new Growth(report, planner)
  const group = report.nodes.filter(
    ({ grownBy }) => grownBy?.hook === planner && grownBy.sequence === call.grownBy?.sequence
  )
  const base = call.grownBy?.nodeId
  if (base === undefined || !isWorkOf(calls, group)) return undefined
  if (!group.every(({ status }) => over.has(status))) return undefined
  if (growth.isCollected(group)) return undefined
  const settled: Array<ReadonlyArray<Settled>> = []
  let at = 0
  for (const one of calls) {
    const count = one.plan?.steps.length ?? (one.tool?.action === undefined ? 0 : 1)
    const nodes = group.slice(at, at + count)
    at += count
    const ends = nodes.map((node) =>
      one.tool?.turn === undefined ? { node: node.nodeId } : endOf(growth, node, one)
    )
    if (ends.includes(undefined)) return undefined
    settled.push(ends as ReadonlyArray<Settled>)
  }
  const ids = [...group.map(({ nodeId }) => nodeId), ...settled.flat().map(({ node }) => node)]
  const inputs = Object.assign(
    {},
    ...[...new Set(ids)].map((id) => noted(growth.node(id)!))
  ) as Delegated["inputs"]
  return { base, settled, inputs }
}
