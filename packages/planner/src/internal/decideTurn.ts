/** Decides what follows from a turn: plain functions of what the log says of it. */
import type { Action } from "@dagflow/core"
import type { NodeSpec } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import { type Guard, planTool, type Spent } from "../Guard.ts"
import * as Plan from "../Plan.ts"
import * as Refusal from "../Refusal.ts"
import type * as Tool from "../Tool.ts"
import {
  actionNames,
  approvalNode,
  type CallDecision,
  collectNodes,
  type EndedTurn,
  type FreeId,
  historyOf,
  limitNode,
  nextTurn,
  workNodes
} from "./growth.ts"
import type { Approval } from "./resultsAction.ts"
import { stopCall } from "./stopCall.ts"
import type { TurnSettings } from "./turnMark.ts"

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
  readonly estimate: Action.EstimateOptions | undefined
  /** Whether people are asked before a plan is carried out. */
  readonly needsApproval: boolean
  readonly turns: TurnSettings
  readonly onAnswer: ((answer: Answer) => ReadonlyArray<NodeSpec.NodeDraft>) | undefined
}

/** What was decided about a turn: its nodes, and what the log is told. */
export interface Decision {
  readonly nodes: Drafts
  readonly decided: "calls" | "results" | "approval" | "refused" | "limit" | "answer"
  readonly refusals: ReadonlyArray<{ readonly call: string; readonly refusal: Refusal.Refusal }>
  readonly answer?: Answer
  /** What is to follow once other planners have answered: it has to be within the limits before they are asked. */
  readonly later?: { readonly turns: number; readonly nodes: number }
}

/** The calls of a turn with what carries them out. A plan with problems is refused with the first, and told of them all. */
export const readCalls = ({ guard }: PlannerHookOptions, turn: EndedTurn): ReadonlyArray<CallDecision> => {
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
): Decision => {
  const { nodes, settled } = workNodes(turn, base, calls, free)
  const refusals = calls.flatMap(({ call, refused }) =>
    refused === undefined ? [] : [{ call: call.id, refusal: refused }]
  )
  // Which turn of another planner answers is not known yet, so what collects the answers comes once it is.
  if (calls.some(({ tool }) => tool?.turn !== undefined)) {
    return { nodes, decided: "calls", refusals, later: { turns: 1, nodes: 2 } }
  }
  const collecting = collectNodes(actionNames(name), turn, base, calls, settled, free)
  return { nodes: [...nodes, ...collecting], decided: "calls", refusals }
}

const decideCalls = (options: PlannerHookOptions, turn: EndedTurn, free: FreeId): Decision => {
  const { root } = turn.record
  const calls = readCalls(options, turn)
  const stopped = stopCall(options.guard, options.stop?.name, turn.record.calls)
  if (stopped !== undefined) {
    const answer = { root, nodeId: turn.nodeId, arguments: stopped.arguments }
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
export const decideApproval = (
  options: PlannerHookOptions,
  turn: EndedTurn,
  approval: string,
  answer: typeof Approval.Type,
  free: FreeId
): Decision => {
  return carryOut(options, turn, approval, approvedCalls(options, turn, answer), free)
}

/** The calls of a turn once people have been asked about its plan. */
export const approvedCalls = (
  options: PlannerHookOptions,
  turn: EndedTurn,
  answer: typeof Approval.Type
): ReadonlyArray<CallDecision> => {
  const { comment, hash } = answer
  return readCalls(options, turn).map((one): CallDecision => {
    if (one.plan === undefined) return one
    if (!answer.approved) {
      return { call: one.call, refused: { _tag: "Declined", ...(comment !== undefined && { comment }) } }
    }
    // The plan is made anew of what the log says, with the tools of this process.
    return one.plan.hash === hash
      ? one
      : { call: one.call, refused: { _tag: "PlanChanged", approved: hash ?? "no", actual: one.plan.hash } }
  })
}

export const decide = (options: PlannerHookOptions, turn: EndedTurn, free: FreeId): Decision => {
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

export const limited = (
  options: PlannerHookOptions,
  turn: EndedTurn,
  decision: Decision,
  spent: Spent,
  free: FreeId
): Decision => {
  if (decision.nodes.length === 0) return decision
  const { later = { turns: 0, nodes: 0 }, nodes } = decision
  const turns = nodes.filter((node) => node.action === options.name).length + later.turns
  const reached = options.guard.run(spent, { turns, nodes: nodes.length + later.nodes })
  if (reached === undefined) return decision
  return {
    nodes: [limitNode(actionNames(options.name), turn, reached, free)],
    decided: "limit",
    refusals: [...decision.refusals, { call: "", refusal: reached }]
  }
}
