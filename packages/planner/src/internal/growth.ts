/** The nodes that a turn adds to its run. */
import type { NodeSpec } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import type { LimitReached, Refusal } from "../Refusal.ts"
import * as Turn from "../Turn.ts"

type Draft = NodeSpec.NodeDraft & { readonly id: string }

/** The actions of a planner, by what they do. */
export interface ActionNames {
  readonly turn: string
  readonly results: string
  readonly limit: string
  readonly approval: string
}

export const actionNames = (planner: string): ActionNames => ({
  turn: planner,
  results: `${planner}-results`,
  limit: `${planner}-limit`,
  approval: `${planner}-approval`
})

/** A turn that has ended. */
export interface EndedTurn {
  readonly nodeId: string
  readonly record: Turn.Record
}

/** What the node that collects the results of calls is told of each of them. */
export interface CallNote {
  readonly id: string
  readonly name: string
  /** The node that carries the call out. */
  readonly node?: string
  /** What the model is told instead. */
  readonly refused?: Refusal
}

/** Ids that nothing in the run has yet. */
export type FreeId = (wanted: string) => string

/** A way to find ids that neither the run nor an earlier draft has. */
export const freeIds = (taken: ReadonlySet<string>): FreeId => {
  const given = new Set<string>()
  return (wanted) => {
    let id = wanted
    for (let number = 2; taken.has(id) || given.has(id); number++) id = `${wanted}~${number}`
    given.add(id)
    return id
  }
}

/** References to all messages of a conversation up to the end of a turn. */
export const historyOf = ({ nodeId, record }: EndedTurn): ReadonlyArray<string> => [
  ...record.history,
  `${nodeId}.prompt`,
  `${nodeId}.message`
]

/** The next turn of a conversation. `prompt`: what the user says before it. */
export const nextTurn = (
  names: ActionNames,
  turn: EndedTurn,
  after: string,
  history: ReadonlyArray<string>,
  free: FreeId,
  prompt?: string
): Draft => {
  const number = turn.record.turn + 1
  const place: Turn.Place = { root: turn.record.root, turn: number, history }
  return {
    id: free(`${turn.record.root}_${number}`),
    action: names.turn,
    dependencies: [after],
    inputs: {
      messages: { list: history.map((ref) => ({ ref })) },
      ...(prompt !== undefined && { prompt: { value: prompt } })
    },
    metadata: { [Turn.key]: place as unknown as Schema.Json }
  }
}

/** The arguments of a call as inputs: values and nothing but values, whatever they look like. */
export const literalInputs = (given: Schema.Json): NodeSpec.NodeDraft["inputs"] =>
  Object.fromEntries(
    Object.entries(given as Readonly<Record<string, Schema.Json>>).map(([name, value]) => [name, { value }])
  )

/** The node that collects results once all of the nodes have ended, however. */
export const resultsNode = (
  names: ActionNames,
  turn: EndedTurn,
  notes: ReadonlyArray<CallNote>,
  free: FreeId
): Draft => {
  const nodes = notes.flatMap((note) => note.node ?? [])
  return {
    id: free(`${turn.nodeId}_results`),
    action: names.results,
    dependencies: [turn.nodeId, ...nodes],
    trigger: "all_done",
    inputs: { calls: { value: notes as unknown as Schema.Json } }
  }
}

/** The node whose failure says which limit ended a loop. */
export const limitNode = (
  names: ActionNames,
  turn: EndedTurn,
  { limit, maximum, requested }: LimitReached,
  free: FreeId
): Draft => ({
  id: free(`${turn.nodeId}_limit`),
  action: names.limit,
  dependencies: [turn.nodeId],
  inputs: { limit: { value: limit }, maximum: { value: maximum }, requested: { value: requested } }
})

/** A call, and the action that carries it out, or why it is refused. */
export interface CallDecision {
  readonly call: Turn.Call
  readonly action?: string
  readonly refused?: Refusal
}

/** Nodes for the calls of a turn, all at once: one per call that is allowed, one that collects, and the next turn. */
export const callNodes = (
  names: ActionNames,
  turn: EndedTurn,
  calls: ReadonlyArray<CallDecision>,
  free: FreeId
): ReadonlyArray<Draft> => {
  const notes: Array<CallNote> = []
  const nodes: Array<Draft> = []
  for (const [index, { action, call, refused }] of calls.entries()) {
    const { id, name } = call
    if (action === undefined) {
      notes.push({ id, name, ...(refused !== undefined && { refused }) })
      continue
    }
    const node = free(`${turn.nodeId}_call_${index + 1}`)
    notes.push({ id, name, node })
    nodes.push({
      id: node,
      action,
      dependencies: [turn.nodeId],
      inputs: literalInputs(call.arguments) ?? {},
      onFailure: "best_effort",
      description: `call of "${name}" by turn "${turn.nodeId}"`
    })
  }
  const results = resultsNode(names, turn, notes, free)
  const history = [...historyOf(turn), `${results.id}.message`]
  return [...nodes, results, nextTurn(names, turn, results.id, history, free)]
}
