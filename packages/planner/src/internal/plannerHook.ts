/** Turns the end of a turn into commands. */
import { Hook } from "@dagflow/core"
import type { Binding, Command, Event, RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Turn from "../Turn.ts"
import {
  approvedCalls,
  decide,
  decideApproval,
  type Decision,
  limited,
  type PlannerHookOptions,
  readCalls
} from "./decideTurn.ts"
import { callOf, delegated } from "./delegation.ts"
import { actionNames, collectNodes, type EndedTurn, type FreeId, freeIds, isOfCall } from "./growth.ts"
import { Ledger } from "./ledger.ts"
import { Approval, failureOf, isStored } from "./resultsAction.ts"

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

/** The turn whose calls started after a node, which is the turn itself or the approval of its plan, and those calls. */
const callsAfter = (options: PlannerHookOptions, report: RunReport.RunReport, base: string | undefined) => {
  const nodeOf = (id: string | undefined) => report.nodes.find(({ nodeId }) => nodeId === id)
  const node = nodeOf(base)
  const asked = node?.action === options.name ? node : nodeOf(node?.grownBy?.nodeId)
  const record = Turn.recordIn(asked?.metadata)
  if (node === undefined || asked?.action !== options.name || record === undefined) return undefined
  const turn = { nodeId: asked.nodeId, record }
  if (node === asked) return { turn, calls: readCalls(options, turn) }
  const answer = Option.getOrUndefined(decodeApproval(node.outputs))
  return answer && { turn, calls: approvedCalls(options, turn, answer) }
}

type Commands = ReadonlyArray<Command.Command>
type Decide = (free: FreeId) => Decision

const nothing: Effect.Effect<Commands> = Effect.succeed([])

/** What a planner's hook answers in all runs of a process. */
class Answers {
  readonly #options: PlannerHookOptions
  readonly #ledger: Ledger

  constructor(options: PlannerHookOptions) {
    this.#options = options
    this.#ledger = new Ledger(options.name, options.estimate)
  }

  close(runId: string): void {
    this.#ledger.close(runId)
  }

  /** Follows from the end of a turn. */
  turnEnded(nodeId: string, record: Turn.Record, report: RunReport.RunReport): Commands {
    // The metadata is what an action returned: only the planner's own action is believed.
    if (report.nodes.find((node) => node.nodeId === nodeId)?.action !== this.#options.name) return []
    const turn = { nodeId, record }
    return this.#command(report, turn, (free) => decide(this.#options, turn, free))
  }

  /** Follows from the answer of the people who were asked about a plan. */
  approvalEnded(event: Event.EventOf<"NodeCompleted">, report: RunReport.RunReport): Commands {
    const { name } = this.#options
    const node = report.nodes.find(({ nodeId }) => nodeId === event.nodeId)
    if (node?.action !== actionNames(name).approval || node.grownBy?.hook !== name) return []
    const asked = report.nodes.find(({ nodeId }) => nodeId === node.grownBy?.nodeId)
    const record = Turn.recordIn(asked?.metadata)
    const answer = Option.getOrUndefined(decodeApproval(event.outputs))
    if (asked === undefined || record === undefined || answer === undefined) return []
    const turn = { nodeId: asked.nodeId, record }
    return this.#command(report, turn, (free) =>
      decideApproval(this.#options, turn, event.nodeId, answer, free)
    )
  }

  /** Collects what other planners have answered, once the last one that a turn has called is over. */
  collect(nodeId: string, report: RunReport.RunReport): Commands {
    const { name } = this.#options
    const call = callOf(report, name, nodeId)
    const after = callsAfter(this.#options, report, call?.grownBy?.nodeId)
    if (call === undefined || after?.calls.some(({ tool }) => tool?.turn !== undefined) !== true) return []
    const { calls, turn } = after
    const ended = delegated(report, name, call, calls)
    if (ended === undefined || !this.#ledger.isFirst(report.runId, turn.nodeId)) return []
    return this.#command(report, turn, (free) => {
      const nodes = collectNodes(actionNames(name), turn, ended.base, calls, ended.settled, free)
      const filled = nodes.map((node) =>
        node.action === name ? node : { ...node, inputs: { ...node.inputs, ...ended.inputs } }
      )
      return { nodes: filled, decided: "results", refusals: [] }
    })
  }

  /** Makes commands of a decision, within the limits of the run. */
  #command(report: RunReport.RunReport, turn: EndedTurn, decideOn: Decide): Commands {
    const { name, onAnswer } = this.#options
    const taken = new Set(report.nodes.map((node) => node.nodeId))
    const spent = this.#ledger.spent(report)
    const decision = limited(this.#options, turn, decideOn(freeIds(taken)), spent, freeIds(taken))
    const last = decision.nodes.at(-1)
    if (last !== undefined) {
      const turns = decision.nodes.filter((node) => node.action === name).length
      this.#ledger.grant(report.runId, { nodeId: last.id, turns, nodes: decision.nodes.length })
    }
    const following = decision.answer === undefined ? [] : (onAnswer?.(decision.answer) ?? [])
    const turns = decision.nodes.map((node) =>
      node.action === name ? { ...this.#options.turns, ...node } : node
    )
    const nodes = [...turns, ...following]
    const add: Commands = nodes.length === 0 ? [] : [{ _tag: "AddNodes", nodes }]
    return [...add, decisionEvent(turn, decision)]
  }
}

/** The hook of a planner. */
export const plannerHook = (options: PlannerHookOptions): Hook.Hook => {
  const { name } = options
  const answers = new Answers(options)
  /** Tells the node that collects results something about one of the nodes that it waits for. */
  const note = (
    { report }: Hook.HookContext,
    nodeId: string,
    inputs: Readonly<Record<string, Binding.Binding>>
  ): Effect.Effect<Commands> =>
    Effect.map(report, (shown) => {
      const collector = collectorOf(shown, nodeId, name)
      return collector === undefined ? [] : [{ _tag: "SetNodeInputs", nodeId: collector, inputs }]
    })
  const completed = (event: Event.EventOf<"NodeCompleted">, context: Hook.HookContext) => {
    const record = Turn.recordOf(event)
    if (record !== undefined)
      return Effect.map(context.report, (report) => answers.turnEnded(event.nodeId, record, report))
    const references = storedOutputs(event)
    if (references !== undefined) return note(context, event.nodeId, references)
    if (!options.needsApproval || event.waitEnd === undefined) return nothing
    return Effect.map(context.report, (report) => answers.approvalEnded(event, report))
  }
  const answerTo = (event: Event.Event, context: Hook.HookContext): Effect.Effect<Commands> => {
    if (event._tag === "NodeCompleted") return completed(event, context)
    if (event._tag !== "NodeFailed" || !isFinal(event)) return nothing
    return note(context, event.nodeId, { [event.nodeId]: { value: failureOf(event.error) } })
  }
  // Whose conversations end is many turns away from who has called.
  const delegates = options.guard.tools.some(({ turn }) => turn !== undefined)
  const alsoCollecting = (event: Event.Event, context: Hook.HookContext) => {
    const answer = answerTo(event, context)
    if (!("nodeId" in event) || !isOfCall(event.nodeId)) return answer
    const { nodeId } = event
    return Effect.zipWith(answer, context.report, (own, report) => [
      ...own,
      ...answers.collect(nodeId, report)
    ])
  }
  return Hook.make({
    name,
    on: ["NodeCompleted", "NodeFailed", ...(delegates ? (["NodeSkipped", "NodeCancelled"] as const) : [])],
    handle: ({ event }, context) => (delegates ? alsoCollecting(event, context) : answerTo(event, context)),
    onComplete: (_, { runId }) => answers.close(runId)
  })
}
