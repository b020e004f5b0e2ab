/** The nodes that a turn adds to its run. */
import { type NodeSpec, Reference } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import * as Plan from "../Plan.ts"
import type { LimitReached, Refusal } from "../Refusal.ts"
import type * as Tool from "../Tool.ts"
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
  /** Of the outputs of the node, only the text is told. */
  readonly textOnly?: true
  /** The nodes that carry the steps of a plan out, by their ids in the plan. */
  readonly steps?: Readonly<Record<string, string>>
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
  base: string,
  notes: ReadonlyArray<CallNote>,
  free: FreeId
): Draft => {
  const nodes = notes.flatMap((note) => [
    ...(note.node === undefined ? [] : [note.node]),
    ...Object.values(note.steps ?? {})
  ])
  return {
    id: free(`${turn.nodeId}_results`),
    action: names.results,
    dependencies: [base, ...nodes],
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

/** A call, and what carries it out, or why it is refused. */
export interface CallDecision {
  readonly call: Turn.Call
  readonly tool?: Tool.Definition
  readonly plan?: Plan.Checked
  readonly refused?: Refusal
}

/** A node that does what a model asked for. It comes after `base` if it comes after nothing else. */
const workNode = (
  node: Pick<Draft, "id" | "action"> & { readonly inputs: NodeSpec.NodeDraft["inputs"] },
  after: ReadonlyArray<string>,
  description: string
): Draft => ({
  ...node,
  inputs: node.inputs ?? {},
  dependencies: after,
  onFailure: "best_effort",
  description
})

const planNodes = (
  turn: EndedTurn,
  { steps }: Plan.Checked,
  base: string,
  free: FreeId
): { readonly nodes: ReadonlyArray<Draft>; readonly ids: Readonly<Record<string, string>> } => {
  const ids = Object.fromEntries(steps.map((step) => [step.id, free(`${turn.nodeId}_${step.id}`)]))
  const idOf = (step: string): string => ids[step] ?? step
  const nodes = steps.map((step) => {
    const inputs = Object.fromEntries(
      Object.entries(step.arguments).map(([name, argument]) => [
        name,
        "value" in argument
          ? argument
          : { ref: Reference.format({ ...argument.from, nodeId: idOf(argument.from.nodeId) }) }
      ])
    )
    const after = step.after.length === 0 ? [base] : step.after.map(idOf)
    const description = `step "${step.id}" of the plan of turn "${turn.nodeId}"`
    return workNode({ id: idOf(step.id), action: step.tool.action ?? "", inputs }, after, description)
  })
  return { nodes, ids }
}

/**
 * Nodes for the calls of a turn, all at once: what is allowed of them, one node that collects, and the next turn. `base`: the
 * node after which they start.
 */
export const callNodes = (
  names: ActionNames,
  turn: EndedTurn,
  base: string,
  calls: ReadonlyArray<CallDecision>,
  free: FreeId
): ReadonlyArray<Draft> => {
  const notes: Array<CallNote> = []
  const nodes: Array<Draft> = []
  for (const [index, { call, plan, refused, tool }] of calls.entries()) {
    const { id, name } = call
    if (plan !== undefined) {
      const made = planNodes(turn, plan, base, free)
      nodes.push(...made.nodes)
      notes.push({ id, name, steps: made.ids })
    } else if (tool?.action !== undefined) {
      const node = free(`${turn.nodeId}_call_${index + 1}`)
      const inputs = literalInputs(call.arguments)
      notes.push({ id, name, node, ...(tool.isTurn && { textOnly: true }) })
      nodes.push(
        workNode(
          { id: node, action: tool.action, inputs },
          [base],
          `call of "${name}" by turn "${turn.nodeId}"`
        )
      )
    } else notes.push({ id, name, ...(refused !== undefined && { refused }) })
  }
  const results = resultsNode(names, turn, base, notes, free)
  const history = [...historyOf(turn), `${results.id}.message`]
  return [...nodes, results, nextTurn(names, turn, results.id, history, free)]
}

/** The node that asks people whether a plan may be carried out. */
export const approvalNode = (
  names: ActionNames,
  turn: EndedTurn,
  plan: Plan.Checked,
  free: FreeId
): Draft => ({
  id: free(`${turn.nodeId}_approval`),
  action: names.approval,
  dependencies: [turn.nodeId],
  inputs: { hash: { value: plan.hash }, preview: { value: Plan.describe(plan) } }
})
