/**
 * Turns the events of a run into notes: what is worth a line, and what is told as a number.
 *
 * It is pure in the sense that counts: time enters with the events and ticks, so the same log gives the same notes.
 */
import { type Envelope, type Event, type NodeState, Rejection, type RunState } from "@dagflow/protocol"
import { count, duration, number, oneLine } from "../output/Phrase.ts"
import * as Backlog from "./Backlog.ts"
import * as Group from "./Group.ts"
import * as LogGate from "./LogGate.ts"
import type { Note, NoteWord } from "./Note.ts"

/** After so long without a note, the narrator says what runs. */
export const silenceMaxMillis = 30_000

/** What the narrator may know besides the log. */
export interface NarratorOptions {
  /** Said with the start of the run, for instance `store=sqlite:flow.db`. */
  readonly about?: string | undefined
  /** Tells also which nodes start. */
  readonly verbose?: boolean | undefined
}

/** Tells what happens in a run. */
export interface Narrator {
  /** Takes in history without a word: the log up to where this process took the run up. */
  readonly recall: (envelope: Envelope.Envelope, state: RunState.RunState) => void
  /** Tells of an event that has been folded into the state. */
  readonly event: (envelope: Envelope.Envelope, state: RunState.RunState) => ReadonlyArray<Note>
  readonly log: (line: LogGate.LogLine) => ReadonlyArray<Note>
  /** Tells what has waited for long enough, and what runs after a long silence. */
  readonly tick: (nowMillis: number) => ReadonlyArray<Note>
  /** Tells everything that is left. */
  readonly flush: (nowMillis: number) => ReadonlyArray<Note>
  /** The attempts that go on: when they began, by node. */
  readonly running: ReadonlyMap<string, number>
  /** The nodes that will be tried again: when, by node. */
  readonly retrying: ReadonlyMap<string, number>
  readonly groupOf: (nodeId: string) => Group.Group | undefined
}

type Crowd = "skipped" | "cancelled" | "grew"

/** Makes a narrator that has heard nothing yet. */
export const make = (options: NarratorOptions = {}): Narrator => {
  const groups = Group.make()
  const backlog = Backlog.make<Crowd>()
  const logs = LogGate.make()
  const running = new Map<string, number>()
  const retrying = new Map<string, number>()
  const nodes: Nodes = { groups, running, retrying }
  const early: Array<LogGate.LogLine> = []
  let lastMillis = 0

  const spoken = (notes: ReadonlyArray<Note>, nowMillis: number): ReadonlyArray<Note> => {
    if (notes.length > 0 || lastMillis === 0) lastMillis = nowMillis
    return notes
  }

  const tellCrowds = (nowMillis: number, all: boolean): ReadonlyArray<Note> =>
    backlog.take(nowMillis, all).map((crowd) => crowdNote(crowd, nowMillis))

  const told = (envelope: Envelope.Envelope, state: RunState.RunState): ReadonlyArray<Note> => {
    const { at, event } = envelope
    if (event._tag === "NodeStarted" && options.verbose !== true) return []
    const note = noteOf(envelope, state, options.about)
    if (note === undefined) return []
    if (event._tag === "NodesAdded" || event._tag === "NodeExpanded") {
      const size = event._tag === "NodesAdded" ? event.nodes.length : event.count
      return backlog.push("grew", size, at) ? [note] : tellCrowds(at, false)
    }
    if (event._tag === "RunCompleted" || event._tag === "RunFailed" || event._tag === "RunCancelled") {
      return [...flush(at), note]
    }
    if (!isAboutNode(event)) return [note]
    const logged = endsAttempt(event) ? logs.end(event.nodeId, at).map(logNote) : []
    return [...logged, ...tellNode(groups, backlog, note, event.nodeId)]
  }

  const flush = (nowMillis: number): ReadonlyArray<Note> => [
    ...early.splice(0).map(logNote),
    ...logs.flush().map(logNote),
    ...[...groups.all()]
      .filter((group) => group.isStale && Group.isLarge(group))
      .map((group) => progressNote(group, nowMillis)),
    ...tellCrowds(nowMillis, true)
  ]

  return {
    running,
    retrying,
    groupOf: groups.of,
    recall: (envelope, state) => {
      track(nodes, envelope, state)
      for (const group of groups.all()) group.isStale = false
    },
    event: (envelope, state) => {
      track(nodes, envelope, state)
      const notes = told(envelope, state)
      const held = early.splice(0).flatMap(logs.push)
      return spoken([...notes, ...held.map(logNote)], envelope.at)
    },
    log: (line) => {
      // Lines are here at once and events only when they are stored: the first ones would come before their run.
      if (lastMillis === 0) early.push(line)
      return lastMillis === 0 ? [] : spoken(logs.push(line).map(logNote), line.atMillis)
    },
    tick: (nowMillis) => {
      const due = [
        ...logs.tick(nowMillis).map(logNote),
        ...[...groups.all()].flatMap((group) => tellGroup(group, nowMillis)),
        ...tellCrowds(nowMillis, false)
      ]
      const isSilent = lastMillis > 0 && nowMillis - lastMillis >= silenceMaxMillis
      return spoken(due.length === 0 && isSilent ? [aliveNote(running, nowMillis)] : due, nowMillis)
    },
    flush
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** What is known of the nodes. */
interface Nodes {
  readonly groups: Group.Groups
  readonly running: Map<string, number>
  readonly retrying: Map<string, number>
}

/** Takes note of what an event means for its node and the node's group. */
const track = (
  { groups, retrying, running }: Nodes,
  { at, event }: Envelope.Envelope,
  state: RunState.RunState
): void => {
  if (event._tag === "RunStarted") groups.add(state.nodes, state, at)
  if (event._tag === "NodesAdded" || event._tag === "NodeExpanded") groups.add(addedBy(state), state, at)
  if (!isAboutNode(event)) return
  const { nodeId } = event
  running.delete(nodeId)
  retrying.delete(nodeId)
  if (event._tag === "NodeStarted" || event._tag === "SubFlowStarted") running.set(nodeId, at)
  if (event._tag === "NodeFailed" && event.retryAtMillis !== undefined)
    retrying.set(nodeId, event.retryAtMillis)
  const group = groups.of(nodeId)
  const status = state.byId.get(nodeId)?.status
  if (group === undefined || status === undefined) return
  if (event._tag === "NodeRetryRequested") group.ended.failed--
  else if (endsNode(event)) Group.end(group, status)
}

/** What is told of a node now; one of a large group is told with its group. */
const tellNode = (
  groups: Group.Groups,
  backlog: Backlog.Backlog<Crowd>,
  note: Note,
  nodeId: string
): ReadonlyArray<Note> => {
  const group = groups.of(nodeId)
  const isCrowd = note.word === "skipped" || note.word === "cancelled"
  if (group === undefined || !Group.isLarge(group)) {
    return isCrowd && !backlog.push(note.word as Crowd, 1, note.atMillis) ? [] : [note]
  }
  if (note.word === "failed" || note.word === "handling") return [note]
  if (note.word === "retrying") return ++group.retries <= Group.individualMax ? [note] : []
  return tellGroup(group, note.atMillis)
}

type AboutNode = Event.EventOf<
  | "NodeStarted"
  | "SubFlowStarted"
  | "NodeCompleted"
  | "NodeFailed"
  | "NodeWaiting"
  | "NodeSkipped"
  | "NodeCancelled"
  | "NodeRetryRequested"
>

const aboutNode: ReadonlySet<string> = new Set<AboutNode["_tag"]>([
  "NodeStarted",
  "SubFlowStarted",
  "NodeCompleted",
  "NodeFailed",
  "NodeWaiting",
  "NodeSkipped",
  "NodeCancelled",
  "NodeRetryRequested"
])

const isAboutNode = (event: Event.Event): event is AboutNode => aboutNode.has(event._tag)

const endsNode = (event: Event.Event): boolean =>
  event._tag === "NodeCompleted" ||
  event._tag === "NodeSkipped" ||
  event._tag === "NodeCancelled" ||
  (event._tag === "NodeFailed" && event.retryAtMillis === undefined && event.handling !== true)

const endsAttempt = (event: Event.Event): boolean =>
  event._tag === "NodeCompleted" ||
  event._tag === "NodeCancelled" ||
  event._tag === "NodeFailed" ||
  event._tag === "NodeWaiting"

/** The nodes that the last folded event added. */
const addedBy = (state: RunState.RunState): ReadonlyArray<NodeState.NodeState> => {
  const growth = state.growth.get(state.sequence)
  return growth === undefined
    ? []
    : state.nodes.slice(growth.firstIndex, growth.firstIndex + growth.nodeCount)
}

const progressNote = (group: Group.Group, atMillis: number): Note => ({
  word: "progress",
  atMillis,
  subject: group.label,
  detail: Group.tell(group, atMillis)
})

const tellGroup = (group: Group.Group, nowMillis: number): ReadonlyArray<Note> =>
  Group.isDue(group, nowMillis) ? [progressNote(group, nowMillis)] : []

const logNote = (line: LogGate.LogLine): Note => ({
  word: "log",
  atMillis: line.atMillis,
  subject: `${line.nodeId} attempt=${line.attempt}`,
  detail: line.text
})

const crowdNote = ({ count: times, kind, nodes }: Backlog.Crowd<Crowd>, atMillis: number): Note => ({
  word: kind,
  atMillis,
  subject: kind === "grew" ? `+${count(nodes, "more node")}` : count(nodes, "more node"),
  detail: kind === "grew" ? `in ${count(times, "round")}` : ""
})

const aliveNote = (running: ReadonlyMap<string, number>, nowMillis: number): Note => {
  const oldest = [...running].sort(([, a], [, b]) => a - b).slice(0, 3)
  const list = oldest.map(([nodeId, since]) => `${nodeId} ${duration(nowMillis - since)}`).join(", ")
  return {
    word: "alive",
    atMillis: nowMillis,
    subject: `${number(running.size)} running${list === "" ? "" : ":"}`,
    detail: list
  }
}

/** The note of an event, or nothing where it is not worth one. */
const noteOf = ({ at, event }: Envelope.Envelope, state: RunState.RunState, about = ""): Note | undefined => {
  const note = (word: NoteWord, subject: string, detail = "", durationMillis?: number): Note => ({
    word,
    atMillis: at,
    subject,
    detail,
    ...(durationMillis !== undefined && { durationMillis })
  })
  switch (event._tag) {
    case "RunStarted":
      return note("run", state.runId, `${event.flow.name}${about === "" ? "" : ` ${about}`}`)
    case "RunOwned":
      return state.sequence <= 2 ? undefined : note("run", state.runId, `taken up at event ${state.sequence}`)
    case "NodesAdded":
      return growthNote(note, state)
    case "StepStarted": {
      const { frontier, step } = event
      const rest = frontier.length > 5 ? ` and ${count(frontier.length - 5, "more node")}` : ""
      return note("run", `step ${step}`, `${frontier.slice(0, 5).join(", ")}${rest}`)
    }
    case "NodeExpanded":
      return note("grew", event.nodeId, `to ${count(event.count, "item")}`)
    case "RunPaused":
    case "RunResumed":
      return note(event._tag === "RunPaused" ? "paused" : "resumed", state.runId, event.reason)
    case "BranchPaused":
    case "BranchResumed":
    case "BranchCancelled":
      return note(branchWords[event._tag], `branch ${event.branch}`, event.reason)
    case "HookFailed":
      return note("hook", event.hook, `${event.cause} at event ${event.sequence}: ${oneLine(event.message)}`)
    case "CommandRejected":
      return note("refused", event.command, Rejection.describe(event.rejection))
    case "SignalReceived": {
      const by = event.by === undefined ? "" : ` by ${oneLine(event.by)}`
      const kept = event.attempt === undefined ? ", kept for its wait" : ""
      return note("event", event.nodeId, `answered${by}${kept}`)
    }
    case "EventEmitted":
      return note("event", event.name, event.payload === undefined ? "" : JSON.stringify(event.payload))
    case "RunCompleted":
    case "RunFailed":
    case "RunCancelled":
      return note(runWords[event._tag], state.runId, counts(state))
    case "NodeStarted":
    case "SubFlowStarted":
    case "NodeCompleted":
    case "NodeFailed":
    case "NodeWaiting":
    case "NodeSkipped":
    case "NodeCancelled":
    case "NodeRetryRequested":
      return nodeNote(note, event, state)
    default:
      return undefined
  }
}

type Write = (word: NoteWord, subject: string, detail?: string, durationMillis?: number) => Note

const branchWords = {
  BranchPaused: "paused",
  BranchResumed: "resumed",
  BranchCancelled: "cancelled"
} as const
const runWords = { RunCompleted: "completed", RunFailed: "failed", RunCancelled: "cancelled" } as const

const growthNote = (note: Write, state: RunState.RunState): Note => {
  const growth = state.growth.get(state.sequence)
  const nodes = addedBy(state)
  const edges = nodes.reduce((sum, node) => sum + node.dependencies.length, 0)
  const subject = growth?.nodeId ?? growth?.hook ?? state.runId
  return note("grew", subject, `+${count(nodes.length, "node")} +${count(edges, "edge")} ${grownBy(growth)}`)
}

const grownBy = (growth: ReturnType<RunState.RunState["growth"]["get"]>): string => {
  if (growth?.hook !== undefined) return `hook=${growth.hook}`
  return growth?.isLoop === true ? "by a loop" : "by a command"
}

const nodeNote = (note: Write, event: AboutNode, state: RunState.RunState): Note => {
  const node = state.byId.get(event.nodeId)
  const { nodeId } = event
  switch (event._tag) {
    case "NodeStarted":
      return note("running", nodeId, event.attempt === 1 ? "" : `attempt=${event.attempt}`)
    case "SubFlowStarted":
      return note("running", nodeId, `as run ${event.runId}`)
    case "NodeCompleted": {
      const attempts = event.attempt === 1 ? "" : `attempt=${event.attempt}`
      const how =
        event.recovered === true ? "recovered" : event.cachedAtMillis === undefined ? attempts : "cached"
      return note("completed", nodeId, how, lastTook(node))
    }
    case "NodeFailed":
      return failureNote(note, event, node, state)
    case "NodeWaiting":
      return waitNote(note, event, state)
    case "NodeRetryRequested":
      return note("pending", nodeId, "to be tried again")
    case "NodeSkipped": {
      const why = event.causeNodeId === undefined ? "" : ` cause=${event.causeNodeId}`
      return note("skipped", nodeId, `${event.reason.replace("_", " ")}${why}`)
    }
    case "NodeCancelled":
      return note("cancelled", nodeId, event.stopped === "pending" ? "" : event.stopped)
  }
}

const failureNote = (
  note: Write,
  event: Event.EventOf<"NodeFailed">,
  node: NodeState.NodeState | undefined,
  state: RunState.RunState
): Note => {
  const tries = node?.spec.retry?.tries ?? state.config.retry.tries ?? 1
  const { error, nodeId, retryAtMillis } = event
  const what = `attempt=${event.attempt}/${Math.max(tries, event.attempt)} error=${JSON.stringify(`${error.tag}: ${oneLine(error.message)}`)}`
  if (retryAtMillis !== undefined) {
    const endedAt = node?.attempts.at(-1)?.endedAtMillis ?? retryAtMillis
    return note("retrying", nodeId, `${what} next=${duration(retryAtMillis - endedAt)}`, lastTook(node))
  }
  return note(event.handling === true ? "handling" : "failed", nodeId, what, lastTook(node))
}

const waitNote = (note: Write, event: Event.EventOf<"NodeWaiting">, state: RunState.RunState): Note => {
  const { deadline, nodeId, wait } = event
  const since = state.byId.get(nodeId)?.wait?.sinceMillis
  const until =
    deadline === undefined || since === undefined
      ? ""
      : ` ${wait._tag === "Timer" ? "for" : `${deadline.action} in`} ${duration(Math.max(0, deadline.atMillis - since))}`
  const what = { Signal: "for an answer", Timer: "", Recovery: "for word of a lost attempt" }[wait._tag]
  const asked = wait._tag === "Signal" && wait.prompt !== undefined ? `: ${oneLine(wait.prompt)}` : ""
  return note("waiting", nodeId, `${what}${until}${asked}`.trim(), lastTook(state.byId.get(nodeId)))
}

/** How long the last attempt of a node took. */
const lastTook = (node: NodeState.NodeState | undefined): number | undefined => {
  const last = node?.attempts.at(-1)
  return last?.endedAtMillis === undefined
    ? undefined
    : Math.max(0, last.endedAtMillis - last.startedAtMillis)
}

const counts = ({ counts: by }: RunState.RunState): string =>
  (["completed", "failed", "skipped", "cancelled"] as const)
    .filter((status) => by[status] > 0)
    .map((status) => `${number(by[status])} ${status}`)
    .join(" ")
