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
  /** What is told instead of the outputs of the node. */
  readonly told?: Schema.Json
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

/** What fails in a conversation that another planner has called is told to that one, as a failure of any other tool is. */
const asCalled = ({ record }: EndedTurn): Pick<Draft, "onFailure"> =>
  record.called === true ? { onFailure: "best_effort" } : {}

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
  const { called, root } = turn.record
  const place: Turn.Place = { root, turn: number, history, ...(called === true && { called }) }
  return {
    id: free(`${turn.record.root}_${number}`),
    action: names.turn,
    dependencies: [after],
    inputs: {
      messages: { list: history.map((ref) => ({ ref })) },
      ...(prompt !== undefined && { prompt: { value: prompt } })
    },
    ...asCalled(turn),
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
    inputs: { calls: { value: notes as unknown as Schema.Json } },
    ...asCalled(turn)
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
  inputs: { limit: { value: limit }, maximum: { value: maximum }, requested: { value: requested } },
  ...asCalled(turn)
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
): { readonly nodes: ReadonlyArray<Draft> } => {
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
  return { nodes }
}

const callId = (turn: string, index: number): string => `${turn}_call_${index + 1}`

/**
 * Whether a node may carry out a call, or have grown out of one: ids of what grows begin with that of what it grew out of. It spares
 * whoever calls other planners the look at a report for nodes that have nothing to do with that.
 */
export const isOfCall = (nodeId: string): boolean => /_call_\d/.test(nodeId)

/** Where a call, or a step of a plan, was carried out. `told`: what is told instead of the outputs of the node. */
export interface Settled {
  readonly node: string
  readonly told?: Schema.Json
}

/** Nodes for what is allowed of the calls of a turn. `base`: the node after which they start. */
export const workNodes = (
  turn: EndedTurn,
  base: string,
  calls: ReadonlyArray<CallDecision>,
  free: FreeId
): { readonly nodes: ReadonlyArray<Draft>; readonly settled: ReadonlyArray<ReadonlyArray<Settled>> } => {
  const nodes: Array<Draft> = []
  const settled: Array<ReadonlyArray<Settled>> = []
  for (const [index, { call, plan, tool }] of calls.entries()) {
    if (plan !== undefined) {
      const made = planNodes(turn, plan, base, free)
      nodes.push(...made.nodes)
      settled.push(made.nodes.map(({ id }) => ({ node: id })))
    } else if (tool?.action !== undefined) {
      const id = free(callId(turn.nodeId, index))
      const inputs = literalInputs(call.arguments)
      const description = `call of "${call.name}" by turn "${turn.nodeId}"`
      const place: Turn.Place = { root: id, turn: 1, history: [], called: true }
      nodes.push({
        ...tool.turn?.turns,
        ...workNode({ id, action: tool.action, inputs }, [base], description),
        ...(tool.turn !== undefined && { metadata: { [Turn.key]: place as unknown as Schema.Json } })
      })
      settled.push([{ node: id }])
    } else settled.push([])
  }
  return { nodes, settled }
}

const noteOf = ({ call, plan, refused, tool }: CallDecision, settled: ReadonlyArray<Settled>): CallNote => {
  const { id, name } = call
  if (plan !== undefined)
    return {
      id,
      name,
      steps: Object.fromEntries(plan.steps.map((step, at) => [step.id, settled[at]?.node ?? ""]))
    }
  const [end] = settled
  if (end === undefined) return { id, name, ...(refused !== undefined && { refused }) }
  return { id, name, ...end, ...(tool?.turn !== undefined && { textOnly: true }) }
}

/** The node that collects what became of calls, and the next turn. */
export const collectNodes = (
  names: ActionNames,
  turn: EndedTurn,
  base: string,
  calls: ReadonlyArray<CallDecision>,
  settled: ReadonlyArray<ReadonlyArray<Settled>>,
  free: FreeId
): ReadonlyArray<Draft> => {
  const notes = calls.map((call, at) => noteOf(call, settled[at] ?? []))
  const results = resultsNode(names, turn, base, notes, free)
  const history = [...historyOf(turn), `${results.id}.message`]
  return [results, nextTurn(names, turn, results.id, history, free)]
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
  inputs: { hash: { value: plan.hash }, preview: { value: Plan.describe(plan) } },
  ...asCalled(turn)
})
