/** Turns the end of a turn into commands. */
import { Hook } from "@dagflow/core"
import type { Binding, Command, Event, NodeSpec, RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Guard, Spent } from "../Guard.ts"
import * as Refusal from "../Refusal.ts"
import type * as Tool from "../Tool.ts"
import * as Turn from "../Turn.ts"
import {
  actionNames,
  type CallDecision,
  callNodes,
  type EndedTurn,
  type FreeId,
  freeIds,
  historyOf,
  limitNode,
  nextTurn
} from "./growth.ts"
import { Ledger } from "./ledger.ts"
import { failureOf, isStored } from "./resultsAction.ts"

type Drafts = ReadonlyArray<NodeSpec.NodeDraft & { readonly id: string }>

/** The end of a conversation. */
export interface Answer {
  /** The first turn of the conversation. */
  readonly root: string
  /** The turn that answered. */
  readonly nodeId: string
  /** The arguments of the tool that ends the loop, when that is how it ended. */
  readonly arguments: Schema.Json | undefined
}

export interface PlannerHookOptions {
  readonly name: string
  readonly guard: Guard
  readonly stop: Tool.Definition | undefined
  readonly onAnswer: ((answer: Answer) => ReadonlyArray<NodeSpec.NodeDraft>) | undefined
}

/** What was decided about a turn: its nodes, and what the log is told. */
interface Decision {
  readonly nodes: Drafts
  readonly decided: "calls" | "refused" | "limit" | "answer"
  readonly refusals: ReadonlyArray<{ readonly call: string; readonly refusal: Refusal.Refusal }>
  readonly answer?: Answer
}

const decideCalls = (options: PlannerHookOptions, turn: EndedTurn, free: FreeId): Decision => {
  const { guard, name, stop } = options
  const { calls, root } = turn.record
  const refusals = guard.calls(calls)
  const stopped = calls.findIndex((call, at) => call.name === stop?.name && refusals[at] === undefined)
  if (stopped >= 0) {
    const answer = { root, nodeId: turn.nodeId, arguments: calls[stopped]?.arguments }
    return { nodes: [], decided: "answer", refusals: [], answer }
  }
  const decided = calls.map((call, at): CallDecision => {
    const refused = refusals[at]
    const action = guard.toolOf(call.name)?.action
    if (refused !== undefined) return { call, refused }
    return action === undefined ? { call } : { call, action }
  })
  return {
    nodes: callNodes(actionNames(name), turn, decided, free),
    decided: "calls",
    refusals: decided.flatMap(({ call, refused }) =>
      refused === undefined ? [] : [{ call: call.id, refusal: refused }]
    )
  }
}

const decide = (options: PlannerHookOptions, turn: EndedTurn, free: FreeId): Decision => {
  const { calls, refused, root } = turn.record
  const names = actionNames(options.name)
  if (refused !== undefined) {
    const text = `Your last answer was refused: ${Refusal.describe(refused)}. Nothing of it was carried out.`
    const next = nextTurn(names, turn, turn.nodeId, historyOf(turn), free, text)
    return { nodes: [next], decided: "refused", refusals: [{ call: "", refusal: refused }] }
  }
  if (calls.length > 0) return decideCalls(options, turn, free)
  const answer = { root, nodeId: turn.nodeId, arguments: undefined }
  return { nodes: [], decided: "answer", refusals: [], answer }
}

const limited = (
  options: PlannerHookOptions,
  turn: EndedTurn,
  decision: Decision,
  spent: Spent,
  free: FreeId
): Decision => {
  if (decision.nodes.length === 0) return decision
  const turns = decision.nodes.filter((node) => node.action === options.name).length
  const reached = options.guard.run(spent, { turns, nodes: decision.nodes.length })
  if (reached === undefined) return decision
  return {
    nodes: [limitNode(actionNames(options.name), turn, reached, free)],
    decided: "limit",
    refusals: [...decision.refusals, { call: "", refusal: reached }]
  }
}

const decisionEvent = (turn: EndedTurn, decision: Decision): Command.Command => ({
  _tag: "EmitEvent",
  name: "planner.decided",
  payload: {
    turn: turn.nodeId,
    decided: decision.decided,
    nodes: decision.nodes.map((node) => node.id),
    ...(decision.refusals.length > 0 && { refusals: decision.refusals as unknown as Schema.Json })
  }
})

const isFinal = (event: Event.EventOf<"NodeFailed">): boolean =>
  event.retryAtMillis === undefined && event.handling !== true

/** The pending node that collects the result of a node of this planner. */
const collectorOf = (report: RunReport.RunReport, nodeId: string, planner: string): string | undefined => {
  const ended = report.nodes.find((node) => node.nodeId === nodeId)
  if (ended?.grownBy?.hook !== planner) return undefined
  const { sequence } = ended.grownBy
  const action = actionNames(planner).results
  return report.nodes.find(
    (node) => node.action === action && node.grownBy?.sequence === sequence && node.status === "pending"
  )?.nodeId
}

/** References to the outputs that are kept outside the log, so that whoever collects them gets them whole. */
const storedOutputs = ({
  nodeId,
  outputs
}: Event.EventOf<"NodeCompleted">): Readonly<Record<string, Binding.Binding>> | undefined => {
  const names = Object.keys(outputs).filter((name) => isStored(outputs[name]) && !/[.[\]]/.test(name))
  return names.length === 0
    ? undefined
    : Object.fromEntries(names.map((name) => [`${nodeId}.${name}`, { ref: `${nodeId}.${name}` }]))
}

/** The hook of a planner. */
export const plannerHook = (options: PlannerHookOptions): Hook.Hook => {
  const { name } = options
  const ledger = new Ledger(name)
  const turnEnded = (nodeId: string, record: Turn.Record, report: RunReport.RunReport) => {
    // The metadata is what an action returned: only the planner's own action is believed.
    if (report.nodes.find((node) => node.nodeId === nodeId)?.action !== name) return []
    const turn = { nodeId, record }
    const taken = new Set(report.nodes.map((node) => node.nodeId))
    const spent = ledger.spent(report)
    const decision = limited(options, turn, decide(options, turn, freeIds(taken)), spent, freeIds(taken))
    const last = decision.nodes.at(-1)
    if (last !== undefined) {
      const turns = decision.nodes.filter((node) => node.action === name).length
      ledger.grant(report.runId, { nodeId: last.id, turns, nodes: decision.nodes.length })
    }
    const following = decision.answer === undefined ? [] : (options.onAnswer?.(decision.answer) ?? [])
    const nodes = [...decision.nodes, ...following]
    const add: ReadonlyArray<Command.Command> = nodes.length === 0 ? [] : [{ _tag: "AddNodes", nodes }]
    return [...add, decisionEvent(turn, decision)]
  }
  /** Tells the node that collects results something about one of the nodes that it waits for. */
  const note = (
    { report }: Hook.HookContext,
    nodeId: string,
    inputs: Readonly<Record<string, Binding.Binding>>
  ): Effect.Effect<ReadonlyArray<Command.Command>> =>
    Effect.map(report, (shown) => {
      const collector = collectorOf(shown, nodeId, name)
      return collector === undefined ? [] : [{ _tag: "SetNodeInputs", nodeId: collector, inputs }]
    })
  const completed = (event: Event.EventOf<"NodeCompleted">, context: Hook.HookContext) => {
    const record = Turn.recordOf(event)
    if (record !== undefined)
      return Effect.map(context.report, (report) => turnEnded(event.nodeId, record, report))
    const references = storedOutputs(event)
    return references === undefined ? [] : note(context, event.nodeId, references)
  }
  return Hook.make({
    name,
    on: ["NodeCompleted", "NodeFailed"],
    handle: ({ event }, context) => {
      if (event._tag === "NodeCompleted") return completed(event, context)
      if (event._tag !== "NodeFailed" || !isFinal(event)) return []
      return note(context, event.nodeId, { [event.nodeId]: { value: failureOf(event.error) } })
    },
    onComplete: (_, { runId }) => ledger.close(runId)
  })
}
