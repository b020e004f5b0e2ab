/**
 * The first events of a run that is forked from another one.
 *
 * A fork is what the other run was at some point of its log: its events up to there are copied, and whoever takes the fork
 * up finds attempts in flight lost and answers owed, as after a crash at that point. A re-run leaves events out: those of
 * the nodes that are to run again, and everything that goes back to them.
 */
import {
  type Budget,
  Dependency,
  Envelope,
  type Event,
  Evolve,
  type NodeState,
  type RunState,
  RunStatus,
  Suggestion
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import { finishCancelling } from "./interruptRun.ts"
import { budgetCommands, setBudget } from "./setBudget.ts"
import { Turn } from "./Turn.ts"
import { wholeUntil } from "./wholeLog.ts"

type Log = ReadonlyArray<Envelope.Envelope>

/** From where a run goes on in another one. */
export interface ForkPoint {
  /** Number of the last event that counts; default: the last one there is. */
  readonly at?: number | undefined
  /** The node that runs again, with all that depends on it. Left out, the log is copied as it is. */
  readonly rerun?: string | undefined
  /** Outputs in the place of those of `rerun`, by name; then only what depends on it runs again. Others stay. */
  readonly outputs?: Event.Outputs | undefined
}

/** What a fork begins with. */
export interface ForkedLog {
  readonly events: Log
  /** The state that they fold into. */
  readonly state: RunState.RunState
  /** Number of the last event of the other run that counts. */
  readonly at: number
  /** Nodes that run again, in plan order. */
  readonly rerun: ReadonlyArray<string>
}

/** Who makes a fork, and when. */
export interface ForkTarget {
  readonly runId: string
  readonly nowMillis: number
  /** Limits that hold from the start of the fork on; others stay. */
  readonly budget?: Budget.Budget | undefined
}

/** Copies a log, or says in words why there is no such fork. */
export const forkLog = (log: Log, point: ForkPoint, target: ForkTarget): Result.Result<ForkedLog, string> => {
  const asked = point.at ?? log.length
  if (!Number.isInteger(asked) || asked < 1 || asked > log.length) {
    return Result.fail(`the run has events 1 to ${log.length}, so it cannot be forked at ${asked}`)
  }
  const at = wholeUntil(log, asked)
  const prefix = log.slice(0, at)
  const source = fold(prefix)
  if (point.rerun === undefined) {
    if (point.outputs !== undefined)
      return Result.fail("outputs are edited of the node that runs again: name it")
    return Result.succeed(finishCopy(copy(prefix, keepAll), at, undefined, target))
  }
  const problem = rerunProblem(source, point.rerun, point.outputs) ?? stepProblem(prefix, source, point.rerun)
  if (problem !== undefined) return Result.fail(problem)
  const edit = point.outputs === undefined ? undefined : { nodeId: point.rerun, outputs: point.outputs }
  const choice = new RerunChoice(prefix, source, point.rerun, edit)
  return Result.succeed(finishCopy(copy(prefix, choice), at, choice.nodeIds, target))
}

// -- internal -------------------------------------------------------------------------------------------------------

const fold = (log: Log): RunState.RunState => Evolve.fold(log[0]?.runId ?? "", log)

/** Which events of a log stay, and how. */
interface Choice {
  readonly keep: (envelope: Envelope.Envelope) => Event.Event | undefined
}

const keepAll: Choice = { keep: ({ event }) => event }

const rerunProblem = (
  source: RunState.RunState,
  nodeId: string,
  outputs: Event.Outputs | undefined
): string | undefined => {
  const node = source.byId.get(nodeId)
  if (node === undefined) {
    const nearest = Suggestion.nearest(nodeId, Suggestion.vocabulary(source.byId.keys()))
    return `the run has no node "${nodeId}"${nearest === undefined ? "" : ` (did you mean "${nearest}"?)`}`
  }
  if (outputs !== undefined && node.status !== "completed" && node.status !== "failed") {
    return `node "${nodeId}" is ${node.status}: only outputs of a node that completed or failed can be edited`
  }
  return undefined
}

/** Channels and routes connect nodes that do not depend on each other, so what has to run again cannot be told node by node. */
const stepProblem = (log: Log, source: RunState.RunState, nodeId: string): string | undefined => {
  const { byId, channels, step, visitCount } = source
  if (step === undefined || (channels.size === 0 && visitCount === 0)) return undefined
  const number = byId.get(nodeId)?.step ?? 0
  const begun = log.find(({ event }) => event._tag === "StepStarted" && event.step === number)
  const hint = begun === undefined ? "" : `: fork it at event ${begun.sequence - 1}, before step ${number}`
  return `the nodes of this run are connected by more than their dependencies, so it cannot be run again from "${nodeId}"${hint}`
}

/** A failure that keeps the others from starting, so that nothing could run again beside it. */
const holdsUp = (state: RunState.RunState, node: NodeState.NodeState): boolean => {
  const policy = node.spec.onFailure ?? state.config.onFailure
  return node.status === "failed" && !state.handled.has(node) && (policy === "halt" || policy === "pause")
}

const wasInterrupted = ({ cancel }: NodeState.NodeState): boolean =>
  cancel !== undefined && cancel.reason !== "branch_cancelled"

const isOfEnd: ReadonlySet<string> = new Set<Event.EventTag>([
  "BudgetExhausted",
  "RunInterrupted",
  "RunEnding",
  "RunCompleted",
  "RunFailed",
  "RunCancelled"
])

/** Outputs that somebody puts in the place of a node's own. */
interface Edit {
  readonly nodeId: string
  readonly outputs: Event.Outputs
}

/** Leaves out what goes back to nodes that run again. */
class RerunChoice implements Choice {
  readonly #source: RunState.RunState
  readonly #edit: Edit | undefined
  /** Nodes whose events are left out. */
  readonly #again = new Set<string>()
  /** Nodes that are left out themselves: a hook had added them in answer to an event that is left out. */
  readonly #gone = new Set<string>()
  /** Steps that are left out, since all of their nodes are. */
  readonly #lostSteps = new Set<number>()
  /** Nodes whose end is left out, while their items stay: some of those run again. */
  readonly #reopened = new Set<string>()
  /** Events that are left out, or whose answers are. */
  readonly #stale = new Set<number>()

  constructor(log: Log, source: RunState.RunState, nodeId: string, edit: Edit | undefined) {
    this.#source = source
    this.#edit = edit
    const first = source.byId.get(nodeId)
    if (first !== undefined && edit === undefined) this.#rerun(first)
    if (first !== undefined && edit !== undefined) {
      for (const node of first.dependents) this.#rerun(node)
      if (first.list !== undefined) this.#reopen(first.list)
    }
    for (const node of source.nodes) {
      if (node === first || !(holdsUp(source, node) || wasInterrupted(node))) continue
      // Of a list that was given up, what its items have done stays.
      if (node.items === undefined) this.#rerun(node)
      else this.#reopen(node)
    }
    for (const envelope of log) this.#judge(envelope)
  }

  /** The nodes that run again, in plan order. */
  get nodeIds(): ReadonlyArray<string> {
    return this.#source.nodes.flatMap(({ spec }) =>
      this.#again.has(spec.id) && !this.#gone.has(spec.id) ? [spec.id] : []
    )
  }

  keep({ event, sequence }: Envelope.Envelope): Event.Event | undefined {
    if (event._tag === "NodesAdded") return this.#keepNodes(event)
    if (event._tag === "NodesEnabled" || event._tag === "NodesDisabled") {
      const nodeIds = event.nodeIds.filter((id) => !this.#gone.has(id))
      return nodeIds.length === 0 || this.#isLeftOut(sequence) ? undefined : { ...event, nodeIds }
    }
    if (this.#isEnd(event)) return this.#edited(event)
    if (this.#isLeftOut(sequence)) return undefined
    if (event._tag === "StepStarted") return { ...event, frontier: this.#staying(event.frontier) }
    if (event._tag === "StepCompleted") return this.#keepStep(event)
    return event
  }

  #isAgain(nodeId: string): boolean {
    return this.#again.has(nodeId) || this.#gone.has(nodeId)
  }

  #staying(nodeIds: ReadonlyArray<string>): ReadonlyArray<string> {
    return nodeIds.filter((id) => !this.#isAgain(id))
  }

  #keepStep(event: Event.EventOf<"StepCompleted">): Event.Event {
    const { waiting: waited = [], ...rest } = event
    const waiting = this.#staying(waited)
    const ended = { ran: this.#staying(event.ran), skipped: this.#staying(event.skipped) }
    return { ...rest, ...ended, ...(waiting.length > 0 && { waiting }) }
  }

  /** Whether a step has no nodes any more; it is the step itself, or its end. */
  #isOfLostStep(event: Event.Event): boolean {
    if (event._tag === "StepStarted" && event.frontier.every((id) => this.#isAgain(id))) {
      this.#lostSteps.add(event.step)
    }
    return (event._tag === "StepStarted" || event._tag === "StepCompleted") && this.#lostSteps.has(event.step)
  }

  #isLeftOut(sequence: number): boolean {
    return this.#stale.has(sequence)
  }

  #rerun(from: NodeState.NodeState): void {
    const queue = [from]
    for (const node of queue) {
      if (this.#again.has(node.spec.id)) continue
      this.#again.add(node.spec.id)
      for (const item of node.items?.nodes ?? []) {
        this.#gone.add(item.spec.id)
        queue.push(item)
      }
      if (node.list !== undefined) this.#reopen(node.list)
      for (const dependent of node.dependents) queue.push(dependent)
    }
  }

  /** A list whose items do not all stay as they were ends anew, and what depends on it runs again. */
  #reopen(list: NodeState.NodeState): void {
    const { id } = list.spec
    if (this.#reopened.has(id) || this.#again.has(id)) return
    this.#reopened.add(id)
    for (const dependent of list.dependents) this.#rerun(dependent)
  }

  /** Decides whether an event is stale. What it goes back to stands before it, and is judged before it. */
  #judge({ cause, event, sequence }: Envelope.Envelope): void {
    const isOfStale = cause?.sequence !== undefined && this.#stale.has(cause.sequence)
    if (event._tag === "NodesAdded") {
      for (const { dependencies = [], id } of event.nodes) {
        if (isOfStale || dependencies.some((one) => this.#gone.has(Dependency.nodeOf(one)))) this.#drop(id)
      }
    }
    const isStale =
      isOfStale ||
      isOfEnd.has(event._tag) ||
      this.#isEnd(event) ||
      this.#isOfRerun(event) ||
      this.#isOfLostStep(event) ||
      ((event._tag === "HookAnswered" || event._tag === "HookFailed") && this.#stale.has(event.sequence))
    if (isStale) this.#stale.add(sequence)
  }

  #drop(nodeId: string): void {
    this.#gone.add(nodeId)
    const node = this.#source.byId.get(nodeId)
    if (node !== undefined) this.#rerun(node)
  }

  #isOfRerun(event: Event.Event): boolean {
    if (event._tag === "CommandRejected" && event.signal !== undefined) {
      return this.#isAgain(event.signal.nodeId)
    }
    if (!("nodeId" in event) || event.nodeId === undefined) return false
    if (this.#gone.has(event.nodeId)) return true
    // The run was paused by a failure that will not be there any more.
    if (event._tag === "RunPaused")
      return this.#again.has(event.nodeId) || this.#edit?.nodeId === event.nodeId
    if (this.#reopened.has(event.nodeId))
      return event._tag === "NodeCompleted" || event._tag === "NodeCancelled"
    return this.#again.has(event.nodeId) && event._tag !== "NodeInputsSet"
  }

  /** Whether an event is the end of the node whose outputs are edited. */
  #isEnd(event: Event.Event): event is Event.EventOf<"NodeCompleted"> | Event.EventOf<"NodeFailed"> {
    if (event._tag !== "NodeCompleted" && event._tag !== "NodeFailed") return false
    const node = this.#edit?.nodeId === event.nodeId ? this.#source.byId.get(event.nodeId) : undefined
    return node !== undefined && node.attempt === event.attempt
  }

  #edited(event: Event.EventOf<"NodeCompleted"> | Event.EventOf<"NodeFailed">): Event.Event {
    const { attempt, nodeId } = event
    const before = event._tag === "NodeCompleted" ? event : { outputs: {} }
    const outputs = { ...before.outputs, ...this.#edit?.outputs }
    return {
      ...(event._tag === "NodeCompleted" && event),
      ...(event.waitEnd !== undefined && { waitEnd: event.waitEnd }),
      _tag: "NodeCompleted",
      nodeId,
      attempt,
      outputs,
      edited: true
    }
  }

  #keepNodes(event: Event.EventOf<"NodesAdded">): Event.Event | undefined {
    const nodes = event.nodes.filter(({ id }) => !this.#gone.has(id))
    if (nodes.length === event.nodes.length) return event
    if (nodes.length === 0) return undefined
    const ids = new Set(nodes.map(({ id }) => id))
    const met = Object.entries(event.met ?? {}).filter(([id]) => ids.has(id))
    const { met: _met, ...rest } = event
    return { ...rest, nodes, ...(met.length > 0 && { met: Object.fromEntries(met) }) }
  }
}

/** Copies the events that stay and numbers them anew. */
const copy = (log: Log, choice: Choice): Log => {
  const numbers = new Map<number, number>()
  const copied: Array<Envelope.Envelope> = []
  for (const envelope of log) {
    const kept = choice.keep(envelope)
    if (kept === undefined) continue
    const sequence = copied.length + 1
    numbers.set(envelope.sequence, sequence)
    const { cause } = envelope
    const renumbered = cause?.sequence === undefined ? undefined : numbers.get(cause.sequence)
    copied.push({
      ...envelope,
      sequence,
      ...(cause !== undefined && {
        cause: renumbered === undefined ? cause : { ...cause, sequence: renumbered }
      }),
      event: renumber(kept, (before) => numbers.get(before) ?? before)
    })
  }
  return copied
}

/** An event whose mentions of other events are of their new numbers. */
const renumber = (event: Event.Event, now: (before: number) => number): Event.Event => {
  switch (event._tag) {
    case "HookAnswered":
    case "HookFailed":
      return { ...event, sequence: now(event.sequence) }
    case "CommandRejected": {
      const { signal } = event
      if (signal === undefined) return event
      return { ...event, signal: { ...signal, sequence: now(signal.sequence) } }
    }
    case "NodeCompleted":
    case "NodeFailed": {
      const { waitEnd } = event
      if (waitEnd?._tag !== "Answered") return event
      return { ...event, waitEnd: { ...waitEnd, sequence: now(waitEnd.sequence) } }
    }
    default:
      return event
  }
}

/** A fork of a child run is no child: the parent has one for each attempt, and this is not it. */
const orphaned = (event: Event.EventOf<"RunStarted">): Event.EventOf<"RunStarted"> => {
  const { parent: _parent, ...own } = event
  return own
}

/** Gives the copied events to their new run, and adds what the cut has left unfinished. */
const finishCopy = (
  copied: Log,
  at: number,
  rerun: ReadonlyArray<string> | undefined,
  { budget = {}, nowMillis, runId }: ForkTarget
): ForkedLog => {
  const own = copied.map((envelope) => {
    const { event } = envelope
    const fork = {
      runId: envelope.runId,
      sequence: at,
      atMillis: nowMillis,
      ...(rerun !== undefined && { rerun })
    }
    return {
      ...envelope,
      version: Envelope.version,
      runId,
      epoch: 1,
      event: event._tag === "RunStarted" ? { ...orphaned(event), fork } : event
    } as const
  })
  const state = Evolve.fold(runId, own)
  const turn = new Turn(state)
  turn.epoch = 1
  turn.nowMillis = nowMillis
  if (RunStatus.isEnded(state.status)) return { events: own, state, at, rerun: rerun ?? [] }
  if (rerun !== undefined && state.status === "paused") turn.record({ _tag: "RunResumed" })
  if (state.interrupted === undefined && state.result === undefined) {
    for (const command of budgetCommands(budget)) setBudget(turn, command, undefined)
  }
  finishCancelling(turn)
  return { events: [...own, ...turn.take()], state, at, rerun: rerun ?? [] }
}
