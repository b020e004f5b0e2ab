/**
 * Everything that is known of one simulated run from outside of the engine: the log as it became durable, what actions
 * really did, whom the engine asked. It complains as soon as something does not fit.
 */
import { isDeepStrictEqual } from "node:util"
import { type Envelope, Evolve, Invariants, type RunState, type StoredEvent } from "@dagflow/protocol"
import type { AppendSource } from "./oracle/appendRules.ts"
import type { Kin } from "./oracle/kinRules.ts"
import { LogOracle } from "./oracle/LogOracle.ts"
import { inputOf } from "./oracle/ModelInputs.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"

/** One time that the code of an action ran. */
export interface Execution {
  readonly nodeId: string
  readonly attempt: number
  readonly role: "action" | "handler"
  readonly process: VirtualProcess
  readonly input: Readonly<Record<string, unknown>>
  /** What it returned as its outputs, once it did. */
  outputs: Readonly<Record<string, unknown>> | undefined
}

/** Events that a log may have. The longest of a thousand schedules has less than a tenth of them. */
export const eventsMax = 4000

const decode = (runId: string, stored: StoredEvent): Envelope.Envelope => ({
  version: 1,
  runId: runId as Envelope.Envelope["runId"],
  sequence: stored.sequence,
  at: stored.atMillis,
  epoch: stored.epoch,
  ...(stored.cause !== undefined && { cause: JSON.parse(stored.cause) }),
  event: JSON.parse(stored.event)
})

/** What is known of one simulated run. */
export class Witness {
  readonly runId: string
  readonly oracle: LogOracle
  readonly log: Array<Envelope.Envelope> = []
  /** Ends of the appends, by sequence number. */
  readonly appends: Array<number> = []
  readonly state: RunState.RunState
  /** The process that owns the run by the log. */
  owner: VirtualProcess | undefined
  readonly executions = new Map<string, Execution>()
  /** Commands that came by mail, and when. */
  readonly mail = new Map<string, number>()
  readonly #complaints: Array<string> = []
  /** Who was asked about which event, by which process, under which owner of the run. */
  readonly #asked = new Set<string>()
  /** What the first attempt of a node got, by node and how often it was retried by hand. */
  readonly #inputs = new Map<string, Readonly<Record<string, unknown>>>()
  /** The process that recorded the start of an attempt. */
  readonly #startedBy = new Map<string, VirtualProcess>()

  /** `kin` tells of the runs above and below; `before`: the run that this one continues. */
  constructor(runId: string, proposed: ReadonlySet<string>, kin: Kin, before?: Witness) {
    this.runId = runId
    this.oracle = new LogOracle(proposed, before && { runId: before.runId, model: before.oracle.model }, kin)
    this.state = Evolve.fold(runId, [])
  }

  get complaints(): ReadonlyArray<string> {
    return [...this.oracle.complaints, ...this.#complaints].map((one) => `${this.runId}: ${one}`)
  }

  /** Whether anything is wrong so far. */
  get isWrong(): boolean {
    return this.#complaints.length > 0 || this.oracle.complaints.length > 0
  }

  /** Nobody waits for the end of an orphan. */
  get isEnded(): boolean {
    const { isOrphan, terminal } = this.oracle.model
    return terminal !== undefined || isOrphan
  }

  readonly complain = (rule: string, message: string): void => {
    this.#complaints.push(`${rule}: ${message}`)
  }

  /** Takes in what has just become durable. */
  accept(process: VirtualProcess, stored: ReadonlyArray<StoredEvent>, source: AppendSource): void {
    const envelopes = stored.map((event) => decode(this.runId, event))
    for (const { event } of envelopes) {
      if (event._tag === "RunOwned") this.owner = process
      if (event._tag === "NodeStarted") this.#startedBy.set(`${event.nodeId}#${event.attempt}`, process)
    }
    if (this.owner !== process)
      this.complain("one writer", `${process.name} writes, and does not own the run`)
    this.oracle.accept(envelopes, source)
    for (const envelope of envelopes) {
      this.log.push(envelope)
      Evolve.evolve(this.state, envelope)
    }
    this.appends.push(this.log.length)
    if (this.log.length > eventsMax) this.complain("liveness", "the log grows without end")
    for (const broken of Invariants.check(this.state)) this.complain("Invariants", broken)
  }

  /** Takes in that the code of an action begins to run. */
  begin(process: VirtualProcess, begun: Omit<Execution, "process" | "outputs">): Execution {
    const { attempt, nodeId } = begun
    const key = `${nodeId}#${attempt}`
    const execution: Execution = { ...begun, process, outputs: undefined }
    const node = this.oracle.model.nodes.get(nodeId)
    if (node === undefined || !node.started.has(attempt)) {
      this.complain("write-ahead", `attempt ${attempt} of "${nodeId}" runs before its start is durable`)
    }
    if (this.#startedBy.get(key) !== process) {
      this.complain(
        "one writer",
        `${process.name} runs attempt ${attempt} of "${nodeId}", which it did not start`
      )
    }
    // Whoever stood still between its write and the work cannot know that the run has been taken from it meanwhile.
    if (!process.isOutOfTouch) this.#checkCurrent(execution)
    if (this.executions.has(key))
      this.complain("one execution", `attempt ${attempt} of "${nodeId}" runs twice`)
    this.#checkInput(execution)
    this.executions.set(key, execution)
    return execution
  }

  #checkCurrent({ attempt, nodeId, process, role }: Execution): void {
    const node = this.oracle.model.nodes.get(nodeId)
    if (node !== undefined && (!node.inFlight || node.attempt !== attempt)) {
      this.complain("recorded once", `attempt ${attempt} of "${nodeId}" runs after its end`)
    }
    if (node !== undefined && node.isHandling !== (role === "handler")) {
      this.complain("failure handlers", `"${nodeId}" runs its ${role}`)
    }
    if (this.owner !== process)
      this.complain("one writer", `${process.name} runs "${nodeId}" of a run that it does not own`)
  }

  /** What an action gets is what its node's dependencies gave and its step began with, as the log has it. */
  #checkInput({ input, nodeId, role }: Execution): void {
    if (role === "handler") return
    const { nodes } = this.oracle.model
    const key = `${nodeId} ${nodes.get(nodeId)?.resets}`
    const first = this.#inputs.get(key) ?? input
    this.#inputs.set(key, first)
    // R16: what the first attempt got, all others get.
    if (!isDeepStrictEqual(input, first))
      this.complain("inputs", `"${nodeId}" got ${JSON.stringify(first)}, and then ${JSON.stringify(input)}`)
    const { model } = this.oracle
    for (const [name, binding] of Object.entries(nodes.get(nodeId)?.spec.inputs ?? {})) {
      if (!("ref" in binding)) continue
      const expected = inputOf(model, model.node(nodeId), binding)
      if (!isDeepStrictEqual(input[name], expected)) {
        this.complain(
          "inputs",
          `input "${name}" of "${nodeId}" is ${JSON.stringify(input[name])}, and "${binding.ref}" gives ${JSON.stringify(expected)}`
        )
      }
    }
  }

  /** What the log says that a node gave. */
  outputsOf(nodeId: string): Readonly<Record<string, unknown>> | undefined {
    return this.state.byId.get(nodeId)?.outputs
  }

  /** Takes in that a hook is asked. */
  ask(process: VirtualProcess, hook: string, isGate: boolean, envelope: Envelope.Envelope): void {
    const { sequence } = envelope
    if (sequence > this.log.length) {
      this.complain("write-ahead", `"${hook}" is asked about event ${sequence} before it is durable`)
    } else if (!isDeepStrictEqual(this.log[sequence - 1]?.event, envelope.event)) {
      this.complain("log is truth", `"${hook}" is asked about another event ${sequence} than the log has`)
    }
    const key = `${process.name} ${hook} ${sequence} ${this.oracle.model.owners}`
    if (this.#asked.has(key)) this.complain("gates", `"${hook}" is asked about event ${sequence} again`)
    this.#asked.add(key)
    if (!isGate || process.isOutOfTouch) return
    if (this.owner !== process)
      this.complain("one writer", `${process.name} asks "${hook}" about a run that it does not own`)
    const first = this.oracle.model.owed.get(sequence)?.hooks[0]
    if (first !== hook)
      this.complain("order of hooks", `"${hook}" is asked about event ${sequence}, and it is ${first}'s turn`)
  }
}
