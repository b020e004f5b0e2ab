/** Writes the log of a run event by event, and folds it, for tests of what shows runs. */
import {
  type Envelope,
  type Event,
  Evolve,
  FlowConfig,
  type NodeSpec,
  type RunState
} from "@dagflow/protocol"

/** The moment at which the runs of these tests start. */
export const startMillis = 1_700_000_000_000

/** The log of a run while it is written. */
export class RunScript {
  readonly state: RunState.RunState
  readonly log: Array<Envelope.Envelope> = []
  atMillis = startMillis

  constructor(runId = "r1") {
    this.state = Evolve.fold(runId, [])
  }

  /** Lets time pass. */
  wait(millis: number): this {
    this.atMillis += millis
    return this
  }

  /** Adds an event, folded into the state. */
  add(event: Event.Event, cause?: Envelope.EventCause): Envelope.Envelope {
    const envelope: Envelope.Envelope = {
      version: 1,
      runId: this.state.runId,
      sequence: this.log.length + 1,
      at: this.atMillis,
      epoch: 1,
      ...(cause !== undefined && { cause }),
      event
    }
    this.log.push(envelope)
    Evolve.evolve(this.state, envelope)
    return envelope
  }

  /** The first two events of a run. */
  start(nodes: ReadonlyArray<NodeSpec.NodeSpec>, config: FlowConfig.FlowConfig = {}): void {
    this.add({
      _tag: "RunStarted",
      flow: { name: "nightly", nodes },
      hash: "h",
      inputs: {},
      config: FlowConfig.resolve(config),
      seed: 1
    })
    this.add({ _tag: "RunOwned", owner: "test", hooks: [] })
  }

  /** Runs a node through one attempt that succeeds. */
  complete(nodeId: string, millis = 0, outputs: Event.Outputs = {}): ReadonlyArray<Envelope.Envelope> {
    const attempt = (this.state.byId.get(nodeId)?.attempt ?? 0) + 1
    const started = this.add({ _tag: "NodeStarted", nodeId, attempt })
    this.wait(millis)
    return [started, this.add({ _tag: "NodeCompleted", nodeId, attempt, outputs })]
  }

  /** Runs a node through one attempt that fails. */
  fail(
    nodeId: string,
    message: string,
    more: Partial<Event.EventOf<"NodeFailed">> = {}
  ): ReadonlyArray<Envelope.Envelope> {
    const attempt = (this.state.byId.get(nodeId)?.attempt ?? 0) + 1
    const error = { cause: "Thrown", tag: "Error", message, isRetryable: true } as const
    return [
      this.add({ _tag: "NodeStarted", nodeId, attempt }),
      this.add({ _tag: "NodeFailed", nodeId, attempt, error, ...more })
    ]
  }

  /** Lets the run complete. */
  end(): ReadonlyArray<Envelope.Envelope> {
    return [
      this.add({ _tag: "RunEnding", result: { _tag: "Completed" } }),
      this.add({ _tag: "RunCompleted" })
    ]
  }
}

/** Nodes of one action, without dependencies. */
export const nodes = (count: number, action: string, prefix = action): ReadonlyArray<NodeSpec.NodeSpec> =>
  Array.from({ length: count }, (_, index) => ({ id: `${prefix}-${index + 1}`, action }))
