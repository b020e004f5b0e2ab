/** Events that no sound writer appends at the end of a given log: late, repeated, foreign, or out of order. */
import {
  type Envelope,
  type Event,
  type NodeState,
  NodeStatus,
  type RunState,
  RunStatus
} from "../../src/index.ts"
import type { Dice } from "../Dice.ts"
import { type AnyEvent, errorOf, nodesOf, owned, started } from "../LogBuilder.ts"

/** A wrong event and what is wrong with it. */
export interface IllegalEvent {
  readonly fault: string
  readonly envelope: Envelope.Envelope
}

const ghost = "a node that no event added"

type Found = ReadonlyArray<readonly [string, AnyEvent]>

const aboutWaits = (node: NodeState.NodeState): Found => {
  const { attempt } = node
  const nodeId = node.spec.id
  const found: Array<readonly [string, AnyEvent]> = [
    [
      "lets an unknown node wait",
      { _tag: "NodeWaiting", nodeId: ghost, attempt: 1, wait: { _tag: "Signal" } }
    ],
    ["routes an unknown node", { _tag: "NodeRouted", nodeId: ghost }],
    ["routes through what is no dependency", { _tag: "NodeRouted", nodeId, inactive: [ghost] }],
    ["signals to an unknown node", { _tag: "SignalReceived", nodeId: ghost, payload: {} }],
    [
      "answers a wait that is not open",
      { _tag: "SignalReceived", nodeId, attempt: attempt + 1, payload: {} }
    ],
    [
      "refuses a signal that was not kept",
      {
        _tag: "CommandRejected",
        command: "SendSignal",
        rejection: { _tag: "NotWaiting", nodeId, status: "skipped" },
        signal: { nodeId, sequence: 100_000 }
      }
    ]
  ]
  if (node.status === "waiting") {
    found.push(
      ["ends a wait by nothing", { _tag: "NodeCompleted", nodeId, attempt, outputs: {} }],
      [
        "ends a wait by a signal that nobody sent",
        {
          _tag: "NodeCompleted",
          nodeId,
          attempt,
          outputs: {},
          waitEnd: { _tag: "Answered", sequence: 100_000 }
        }
      ],
      ["keeps a signal for what waits", { _tag: "SignalReceived", nodeId, payload: {} }],
      ["waits twice", { _tag: "NodeWaiting", nodeId, attempt, wait: { _tag: "Signal" } }]
    )
    if (node.wait?.answer !== undefined) {
      found.push(["answers a wait twice", { _tag: "SignalReceived", nodeId, attempt, payload: {} }])
    }
  } else if (!node.inFlight) {
    found.push([
      "waits without an attempt",
      { _tag: "NodeWaiting", nodeId, attempt, wait: { _tag: "Signal" } }
    ])
  }
  if (NodeStatus.isEnded(node.status)) {
    found.push(["signals to what has ended", { _tag: "SignalReceived", nodeId, payload: {} }])
  }
  return found
}

const goesOnAsItems = (node: NodeState.NodeState): boolean =>
  node.items !== undefined && node.status === "running"

const aboutLists = (node: NodeState.NodeState): Found => {
  const { attempt, items, spec } = node
  const nodeId = spec.id
  const next = { nodeId, attempt: attempt + 1 }
  if (spec.forEach !== undefined && node.status === "pending") {
    // A node whose list cannot be had fails without having begun.
    return [["starts what has a list", { _tag: "NodeStarted", ...next }]]
  }
  const found: Array<Found[number]> = [
    ["fails an attempt that never began", { _tag: "NodeFailed", ...next, error: errorOf() }],
    ["expands out of turn", { _tag: "NodeExpanded", ...next, count: 1 }]
  ]
  if (!goesOnAsItems(node)) return found
  found.push(["fails what goes on as its items", { _tag: "NodeFailed", nodeId, attempt, error: errorOf() }])
  if (items !== undefined && items.unsettled > 0) {
    found.push(["completes before its items", { _tag: "NodeCompleted", nodeId, attempt, outputs: {} }])
  }
  return found
}

/** Child runs are started by nodes with a flow alone, one at a time, and such nodes start nothing else. */
const aboutSubFlows = (node: NodeState.NodeState): Found => {
  const { attempt, child, spec } = node
  const about = { nodeId: spec.id, attempt: attempt + 1, runId: "run/x/1" }
  const found: Array<Found[number]> = [
    ["goes on in an unknown node", { _tag: "SubFlowStarted", nodeId: ghost, attempt: 1, runId: "run/x/1" }],
    ["goes on as the attempt after the next one", { _tag: "SubFlowStarted", ...about, attempt: attempt + 2 }]
  ]
  if (spec.flow === undefined || spec.forEach !== undefined || child !== undefined) {
    found.push(["goes on as a child run out of turn", { _tag: "SubFlowStarted", ...about }])
  }
  if (spec.flow !== undefined) {
    found.push(["starts what has a flow", { _tag: "NodeStarted", nodeId: spec.id, attempt: attempt + 1 }])
  }
  return found
}

const aboutNodes = (state: RunState.RunState, random: Dice): Found => {
  const node = random.pick(state.nodes)
  const { attempt, spec } = node
  const nodeId = spec.id
  const found: Array<readonly [string, AnyEvent]> = [
    ["starts an unknown node", { _tag: "NodeStarted", nodeId: ghost, attempt: 1 }],
    ["completes an unknown node", { _tag: "NodeCompleted", nodeId: ghost, attempt: 1, outputs: {} }],
    ["fails an unknown node", { _tag: "NodeFailed", nodeId: ghost, attempt: 1, error: errorOf() }],
    ["skips an unknown node", { _tag: "NodeSkipped", nodeId: ghost, reason: "disabled" }],
    [
      "cancels an unknown node",
      { _tag: "NodeCancelled", nodeId: ghost, reason: "halted", stopped: "pending" }
    ],
    ["retries an unknown node", { _tag: "NodeRetryRequested", nodeId: ghost }],
    ["sets inputs of an unknown node", { _tag: "NodeInputsSet", nodeId: ghost, inputs: { a: { value: 1 } } }],
    ["enables an unknown node", { _tag: "NodesEnabled", nodeIds: [nodeId, ghost] }],
    ["disables an unknown node", { _tag: "NodesDisabled", nodeIds: [nodeId, ghost] }],
    ["starts the attempt after the next one", { _tag: "NodeStarted", nodeId, attempt: attempt + 2 }],
    ["starts the same attempt again", { _tag: "NodeStarted", nodeId, attempt }],
    [
      "completes an attempt that never began",
      { _tag: "NodeCompleted", nodeId, attempt: attempt + 1, outputs: {} }
    ],
    ["expands an unknown node", { _tag: "NodeExpanded", nodeId: ghost, attempt: 1, count: 1 }],
    ["adds a node twice", { _tag: "NodesAdded", nodes: [...nodesOf({ fresh: [] }), spec] }],
    [
      "adds one id twice at once",
      { _tag: "NodesAdded", nodes: [...nodesOf({ fresh: [] }), ...nodesOf({ fresh: [] })] }
    ],
    [
      "adds a node below an unknown one",
      { _tag: "NodesAdded", nodes: nodesOf({ fresh: [], other: [ghost] }) }
    ]
  ]
  found.push(...aboutLists(node), ...aboutSubFlows(node))
  if (!node.inFlight && node.child === undefined && !goesOnAsItems(node)) {
    found.push(
      ["completes what is not in flight", { _tag: "NodeCompleted", nodeId, attempt, outputs: {} }],
      ["fails what is not in flight", { _tag: "NodeFailed", nodeId, attempt, error: errorOf() }]
    )
  }
  found.push(...aboutWaits(node))
  if (node.status !== "failed")
    found.push(["retries what has not failed", { _tag: "NodeRetryRequested", nodeId }])
  if (node.status !== "pending") {
    found.push(
      ["skips what has started", { _tag: "NodeSkipped", nodeId, reason: "disabled" }],
      ["sets inputs of what has started", { _tag: "NodeInputsSet", nodeId, inputs: { a: { value: 1 } } }]
    )
  }
  if (NodeStatus.isEnded(node.status)) {
    found.push(
      ["starts what has ended", { _tag: "NodeStarted", nodeId, attempt: attempt + 1 }],
      ["cancels what has ended", { _tag: "NodeCancelled", nodeId, reason: "halted", stopped: "pending" }]
    )
  }
  return found
}

const aboutSteps = ({ nodes, step }: RunState.RunState): Found => {
  const frontier = nodes.slice(0, 1).map((node) => node.spec.id)
  const begin = (number: number, ids: ReadonlyArray<string>): AnyEvent => ({
    _tag: "StepStarted",
    step: number,
    frontier: ids
  })
  const end = (number: number): AnyEvent => ({ _tag: "StepCompleted", step: number, ran: [], skipped: [] })
  if (step === undefined) {
    return [
      ["begins a step without steps", begin(1, frontier)],
      ["ends a step without steps", end(1)]
    ]
  }
  const { number } = step
  if (step.isOpen) {
    return [
      ["begins a step inside of another one", begin(number + 1, frontier)],
      ["ends another step than goes on", end(number + 1)]
    ]
  }
  return [
    ["begins a step again", begin(number, frontier)],
    ["begins a step with an unknown node", begin(number + 1, [...frontier, ghost])],
    ["ends a step that does not go on", end(number)]
  ]
}

const aboutVisits = ({ nodes }: RunState.RunState): Found => {
  const [first] = nodes
  if (first === undefined) return []
  const { id } = first.spec
  const visit = (one: Partial<Event.Visit>): AnyEvent => ({
    _tag: "NodesAdded",
    nodes: [],
    visits: [{ id: `${id}#2`, of: id, by: [id], ...one }]
  })
  return [
    ["visits an unknown node", visit({ id: `${ghost}#2`, of: ghost })],
    ["visits a node out of turn", visit({ id: `${id}#3` })],
    ["visits a node that nobody led to", visit({ by: [] })],
    ...(first.status === "pending" ? [["visits a node that has not begun", visit({})] as const] : [])
  ]
}

const aboutTheRun = (state: RunState.RunState): ReadonlyArray<readonly [string, AnyEvent]> => {
  const found: Array<readonly [string, AnyEvent]> = [
    ["starts the run again", started({ name: "again", nodes: nodesOf({ fresh: [] }) })]
  ]
  const failure = { _tag: "TimedOut", timeoutMillis: 1 } as const
  const ends: ReadonlyArray<readonly [string, AnyEvent]> = [
    ["Completed", { _tag: "RunCompleted" }],
    ["Failed", { _tag: "RunFailed", failure }],
    ["Cancelled", { _tag: "RunCancelled" }]
  ]
  for (const [result, event] of ends) {
    if (state.result === undefined) found.push([`ends ${result} without a result`, event])
    else if (state.result._tag !== result) found.push([`ends ${result}, against its result`, event])
  }
  if (state.result !== undefined) {
    found.push(
      ["grows after its result", { _tag: "NodesAdded", nodes: nodesOf({ fresh: [] }) }],
      ["pauses after its result", { _tag: "RunPaused" }],
      ["settles its result again", { _tag: "RunEnding", result: state.result }]
    )
  }
  found.push(...aboutSteps(state), ...aboutVisits(state))
  found.push(["sets a channel that there is not", { _tag: "ChannelSet", channel: ghost, value: 1 }])
  for (const branch of state.branches.values()) {
    if (branch.status === "cancelled") {
      found.push(["resumes a cancelled branch", { _tag: "BranchResumed", branch: branch.name }])
    }
  }
  return found
}

/** Wrong events for the end of a log that folds into this state. */
export const illegalEvents = (state: RunState.RunState, random: Dice): ReadonlyArray<IllegalEvent> => {
  const place = {
    version: 1 as const,
    runId: state.runId,
    sequence: state.sequence + 1,
    at: 9,
    epoch: state.epoch
  }
  const note: AnyEvent = { _tag: "EventEmitted", name: "note" }
  const events = [...aboutNodes(state, random), ...aboutTheRun(state)]
  const afterEnd: ReadonlyArray<readonly [string, AnyEvent]> = RunStatus.isEnded(state.status)
    ? [
        ["emits after its end", note],
        ["is owned after its end", owned()],
        ["is paused after its end", { _tag: "RunPaused" }]
      ]
    : []
  return [
    ...[...events, ...afterEnd].map(([fault, event]) => ({ fault, envelope: { ...place, event } })),
    { fault: "is of another run", envelope: { ...place, runId: "another", event: note } },
    { fault: "leaves a gap", envelope: { ...place, sequence: state.sequence + 2, event: note } },
    { fault: "comes a second time", envelope: { ...place, sequence: state.sequence, event: note } },
    { fault: "is of a fenced writer", envelope: { ...place, epoch: state.epoch - 1, event: note } }
  ]
}
