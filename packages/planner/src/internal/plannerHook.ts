/** Turns the end of a turn into commands. */
import { Hook } from "@dagflow/core"
import type { Binding, Command, Event, NodeSpec, RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Guard, planTool, type Spent } from "../Guard.ts"
import * as Plan from "../Plan.ts"
import * as Refusal from "../Refusal.ts"
import type * as Tool from "../Tool.ts"
import * as Turn from "../Turn.ts"
import {
  actionNames,
  approvalNode,
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
import { Approval, failureOf, isStored } from "./resultsAction.ts"

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
  /** Whether people are asked before a plan is carried out. */
  readonly needsApproval: boolean
  readonly onAnswer: ((answer: Answer) => ReadonlyArray<NodeSpec.NodeDraft>) | undefined
}

/** What was decided about a turn: its nodes, and what the log is told. */
interface Decision {
  readonly nodes: Drafts
  readonly decided: "calls" | "approval" | "refused" | "limit" | "answer"
  readonly refusals: ReadonlyArray<{ readonly call: string; readonly refusal: Refusal.Refusal }>
  readonly answer?: Answer
}

/** The calls of a turn with what carries them out. A plan with problems is refused with the first, and told of them all. */
const readCalls = ({ guard }: PlannerHookOptions, turn: EndedTurn): ReadonlyArray<CallDecision> => {
  const { calls } = turn.record
  const refusals = guard.calls(calls)
  return calls.map((call, at): CallDecision => {
    const refused = refusals[at]
    if (refused !== undefined) return { call, refused }
    if (call.name === planTool) {
      const plan = Plan.check(guard, turn.nodeId, call.arguments)
      return "problems" in plan ? { call, refused: together(plan.problems) } : { call, plan }
    }
    const tool = guard.toolOf(call.name)
    return tool === undefined ? { call } : { call, tool }
  })
}

/** Several problems as one; of only one its own type stays. */
const together = (problems: ReadonlyArray<Refusal.Refusal>): Refusal.Refusal => {
  const [first] = problems
  if (first !== undefined && problems.length === 1) return first
  return { _tag: "InvalidInput", message: problems.slice(0, 20).map(Refusal.describe).join("; ") }
}

const carryOut = (
  { name }: PlannerHookOptions,
  turn: EndedTurn,
  base: string,
  calls: ReadonlyArray<CallDecision>,
  free: FreeId
): Decision => ({
  nodes: callNodes(actionNames(name), turn, base, calls, free),
  decided: "calls",
  refusals: calls.flatMap(({ call, refused }) =>
    refused === undefined ? [] : [{ call: call.id, refusal: refused }]
  )
})

const decideCalls = (options: PlannerHookOptions, turn: EndedTurn, free: FreeId): Decision => {
  const { root } = turn.record
  const calls = readCalls(options, turn)
  const stopped = calls.find(({ call, refused }) => call.name === options.stop?.name && refused === undefined)
  if (stopped !== undefined) {
    const answer = { root, nodeId: turn.nodeId, arguments: stopped.call.arguments }
    return { nodes: [], decided: "answer", refusals: [], answer }
  }
  const plan = calls.find((one) => one.plan !== undefined)?.plan
  if (plan !== undefined && options.needsApproval) {
    const node = approvalNode(actionNames(options.name), turn, plan, free)
    return { nodes: [node], decided: "approval", refusals: [] }
  }
  return carryOut(options, turn, turn.nodeId, calls, free)
}

/** What follows from the answer of the people who were asked about a plan. */
const decideApproval = (
  options: PlannerHookOptions,
  turn: EndedTurn,
  approval: string,
  answer: typeof Approval.Type,
  free: FreeId
): Decision => {
  const { comment, hash } = answer
  const calls = readCalls(options, turn).map((one): CallDecision => {
    if (one.plan === undefined) return one
    if (!answer.approved) {
      return { call: one.call, refused: { _tag: "Declined", ...(comment !== undefined && { comment }) } }
    }
    // The plan is made anew of what the log says, with the tools of this process.
    return one.plan.hash === hash
      ? one
      : { call: one.call, refused: { _tag: "PlanChanged", approved: hash ?? "no", actual: one.plan.hash } }
  })
  return carryOut(options, turn, approval, calls, free)
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

const decodeApproval = Schema.decodeUnknownOption(Approval)

/** The hook of a planner. */
export const plannerHook = (options: PlannerHookOptions): Hook.Hook => {
  const { name } = options
  const ledger = new Ledger(name)
  /** Makes commands of a decision, within the limits of the run. */
  const command = (
    report: RunReport.RunReport,
    turn: EndedTurn,
    decide: (free: FreeId) => Decision
  ): ReadonlyArray<Command.Command> => {
    const taken = new Set(report.nodes.map((node) => node.nodeId))
    const spent = ledger.spent(report)
    const decision = limited(options, turn, decide(freeIds(taken)), spent, freeIds(taken))
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
  const turnEnded = (nodeId: string, record: Turn.Record, report: RunReport.RunReport) => {
    // The metadata is what an action returned: only the planner's own action is believed.
    if (report.nodes.find((node) => node.nodeId === nodeId)?.action !== name) return []
    const turn = { nodeId, record }
    return command(report, turn, (free) => decide(options, turn, free))
  }
  const approvalEnded = (event: Event.EventOf<"NodeCompleted">, report: RunReport.RunReport) => {
    const node = report.nodes.find(({ nodeId }) => nodeId === event.nodeId)
    if (node?.action !== actionNames(name).approval || node.grownBy?.hook !== name) return undefined
    const asked = report.nodes.find(({ nodeId }) => nodeId === node.grownBy?.nodeId)
    const record = Turn.recordIn(asked?.metadata)
    const answer = Option.getOrUndefined(decodeApproval(event.outputs))
    if (asked === undefined || record === undefined || answer === undefined) return undefined
    const turn = { nodeId: asked.nodeId, record }
    return command(report, turn, (free) => decideApproval(options, turn, event.nodeId, answer, free))
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
    if (references !== undefined) return note(context, event.nodeId, references)
    if (!options.needsApproval || event.waitEnd === undefined) return []
    return Effect.map(context.report, (report) => approvalEnded(event, report))
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
