/** Short ways to write logs down in tests. */
import {
  type Envelope,
  type Event,
  FlowConfig,
  type FlowSpec,
  type NodeError,
  type NodeSpec
} from "../src/index.ts"

/** Millisecond of the first event of every built log; each later event comes one second after the one before. */
export const startMillis = 1_700_000_000_000

export type AnyEvent = Event.Event

/** An event, or an event with what it goes back to. */
export type Entry = AnyEvent | readonly [AnyEvent, Envelope.EventCause]

/** Nodes by id: the ids that a node depends on, or everything about it but its id. */
export type Nodes = Readonly<Record<string, ReadonlyArray<string> | Omit<Partial<NodeSpec.NodeSpec>, "id">>>

export const nodesOf = (nodes: Nodes): ReadonlyArray<NodeSpec.NodeSpec> =>
  Object.entries(nodes).map(([id, given]) =>
    "length" in given ? { id, action: "work", dependencies: given } : { id, action: "work", ...given }
  )

export const flowOf = (nodes: Nodes, more: Partial<FlowSpec.FlowSpec> = {}): FlowSpec.FlowSpec => ({
  name: "flow",
  nodes: nodesOf(nodes),
  ...more
})

export const started = (flow: FlowSpec.FlowSpec, config: FlowConfig.FlowConfig = {}): AnyEvent => ({
  _tag: "RunStarted",
  flow,
  hash: "hash",
  inputs: {},
  config: FlowConfig.resolve(flow.config, config),
  seed: 1
})

/** A process took the run up. `gates` lists the event tags that each gate hook listens to. */
export const owned = (gates: Readonly<Record<string, ReadonlyArray<string>>> = {}): AnyEvent => ({
  _tag: "RunOwned",
  owner: "process-1",
  hooks: Object.entries(gates).map(([name, on]) => ({ name, on }))
})

export const nodeStarted = (nodeId: string, attempt = 1, role?: "handler"): AnyEvent => ({
  _tag: "NodeStarted",
  nodeId,
  attempt,
  ...(role === undefined ? {} : { role })
})

export const nodeCompleted = (nodeId: string, attempt = 1, more: object = {}): AnyEvent => ({
  _tag: "NodeCompleted",
  nodeId,
  attempt,
  outputs: { value: nodeId },
  ...more
})

export const errorOf = (message = "no", cause: NodeError.FailureCause = "Failed") => ({
  cause,
  tag: "Broken",
  message,
  isRetryable: true
})

export const nodeFailed = (nodeId: string, attempt = 1, more: object = {}): AnyEvent => ({
  _tag: "NodeFailed",
  nodeId,
  attempt,
  error: errorOf(),
  ...more
})

/** The node waits for a signal, unless told otherwise. */
export const nodeWaiting = (nodeId: string, attempt = 1, more: object = {}): AnyEvent => ({
  _tag: "NodeWaiting",
  nodeId,
  attempt,
  wait: { _tag: "Signal", prompt: "May it?" },
  ...more
})

/** With an attempt the signal answers its wait, without it is kept. */
export const signalled = (nodeId: string, attempt?: number, more: object = {}): AnyEvent => ({
  _tag: "SignalReceived",
  nodeId,
  ...(attempt === undefined ? {} : { attempt }),
  payload: { value: nodeId },
  ...more
})

export const answered = (hook: string, sequence: number): AnyEvent => ({
  _tag: "HookAnswered",
  hook,
  sequence
})

/** Numbers events from 1 on, or from the given number. */
export const logOf = (
  entries: ReadonlyArray<Entry>,
  first = 1,
  runId = "run"
): ReadonlyArray<Envelope.Envelope> =>
  entries.map((entry, index) => {
    const [event, cause] = "_tag" in entry ? [entry] : entry
    const sequence = first + index
    return {
      version: 1,
      runId,
      sequence,
      at: startMillis + (sequence - 1) * 1000,
      epoch: 1,
      ...(cause === undefined ? {} : { cause }),
      event
    }
  })
