import type { Envelope, Event, NodeSpec } from "@dagflow/protocol"
import { applyBudgets } from "./budgetRules.ts"
import { ranInOrder } from "./channelRules.ts"
import type { Model, ModelNode } from "./Model.ts"
import { listOfNode, type ModelList } from "./ModelLists.ts"
import { lead, noteSettled, visitsAfter } from "./ModelVisits.ts"

const neverAsked: ReadonlyArray<string> = [
  "HookAnswered",
  "HookFailed",
  "CommandRejected",
  "CommandAccepted",
  "RunCompleted",
  "RunFailed",
  "RunCancelled"
]

const add = (
  model: Model,
  spec: NodeSpec.NodeSpec,
  levelMin: number,
  met: ReadonlyArray<string> = [],
  item?: { readonly list: string; readonly place: number },
  visit?: { readonly of: string; readonly by: ReadonlyArray<string> }
): void => {
  const above = (spec.dependencies ?? []).map(
    (one) => model.node(typeof one === "string" ? one : one.node).level
  )
  model.nodes.set(spec.id, {
    id: spec.id,
    index: model.nodes.size,
    spec,
    status: "pending",
    attempt: 0,
    inFlight: false,
    child: undefined,
    isHandling: false,
    startedAt: 0,
    retryAt: 0,
    tries: 0,
    lost: 0,
    resets: 0,
    failures: 0,
    error: undefined,
    enabled: spec.enabled !== false,
    wait: undefined,
    signals: [],
    endSequence: 0,
    list: item?.list,
    place: item?.place ?? 0,
    items: undefined,
    values: [],
    met: new Set(met),
    route: undefined,
    decided: undefined,
    outputs: undefined,
    started: new Set(),
    ended: new Set(),
    level: Math.max(levelMin, ...above.map((level) => level + 1)),
    beganSequence: 0,
    seen: new Map(),
    addedSequence: model.sequence,
    of: visit?.of,
    routedBy: [...(visit?.by ?? [])],
    routes: undefined,
    settledAt: 0,
    counted: new Map()
  })
}

/** Takes down which hooks owe an answer to an event. */
const owe = (model: Model, envelope: Envelope.Envelope): void => {
  const tag = envelope.event._tag
  if (neverAsked.includes(tag)) return
  const hooks = model.gates.filter((gate) => gate.on.includes(tag)).map((gate) => gate.name)
  if (hooks.length > 0) model.owed.set(envelope.sequence, { envelope, hooks, handled: false })
}

const answer = (model: Model, event: Event.EventOf<"HookAnswered" | "HookFailed">): void => {
  const owed = model.owed.get(event.sequence)
  if (owed === undefined) return
  const place = owed.hooks.indexOf(event.hook)
  if (place >= 0) owed.hooks.splice(place, 1)
  if (owed.hooks.length > 0) return
  model.owed.delete(event.sequence)
  const failed = owed.envelope.event
  if (!owed.handled || failed._tag !== "NodeFailed") return
  // A hook that also had the node retried has handled a failure that is none any more.
  const { endSequence, id, status } = model.node(failed.nodeId)
  if (status === "failed" && endSequence === event.sequence) model.handled.add(id)
}

const endAttempt = (model: Model, node: ModelNode, attempt: number | undefined): void => {
  if (attempt === undefined) return
  node.ended.add(attempt)
  node.inFlight = false
  node.child = undefined
  node.wait = undefined
  model.pausedBy.delete(node.id)
}

const end = (model: Model, node: ModelNode, status: ModelNode["status"]): void => {
  node.status = status
  node.isHandling = false
  node.endSequence = model.sequence
  const { step } = model
  if (status === "completed" || status === "failed") step.ran = [...step.ran, node.id]
  else step.skipped = [...step.skipped, node.id]
}

/** The signal that ended a wait is kept no more. */
const takeSignal = (node: ModelNode, { waitEnd }: Event.EventOf<"NodeCompleted" | "NodeFailed">): void => {
  const taken = waitEnd?._tag === "Answered" ? waitEnd.sequence : undefined
  const place = node.signals.findIndex(({ sequence }) => sequence === taken)
  if (place >= 0) node.signals.splice(place, 1)
}

const refuse = (model: Model, { signal }: Event.EventOf<"CommandRejected">): void => {
  if (signal === undefined) return
  const { signals } = model.node(signal.nodeId)
  const place = signals.findIndex(({ sequence }) => sequence === signal.sequence)
  if (place >= 0) signals.splice(place, 1)
}

const fail = (model: Model, node: ModelNode, event: Event.EventOf<"NodeFailed">): void => {
  const isLost = event.error.cause === "OwnerLost" || event.handlerError?.cause === "OwnerLost"
  takeSignal(node, event)
  if (node.spec.forEach !== undefined) {
    node.attempt = event.attempt
    node.started.add(event.attempt)
  }
  endAttempt(model, node, event.attempt)
  node.status = "running"
  if (isLost) node.lost++
  else node.failures++
  if (!node.isHandling) {
    if (!isLost) node.tries++
    node.error = event.error
  }
  node.isHandling = event.handling === true
  if (event.retryAtMillis !== undefined) {
    node.status = "retrying"
    node.retryAt = event.retryAtMillis
  } else if (event.handling !== true) end(model, node, "failed")
}

const valuesOf = (list: ModelList): ReadonlyArray<unknown> => (typeof list === "string" ? [] : list)

/** A node becomes its items. What the definition says of when the node starts is not said of them. */
const expand = (model: Model, node: ModelNode, count: number): void => {
  const { dependencies: _, enabled: _enabled, forEach, trigger: _trigger, when: _when, ...rest } = node.spec
  const onFailure = forEach?.onItemFailure ?? rest.onFailure
  const ids = Array.from({ length: count }, (_, place) => `${node.id}[${place}]`)
  node.items = ids
  for (const [place, id] of ids.entries()) {
    const spec = { ...rest, id, ...(onFailure !== undefined && { onFailure }) }
    add(model, spec, node.level, [], { list: node.id, place })
  }
}

/** R16: what a node sees when it begins, it sees in all its attempts. */
const begin = (model: Model, node: ModelNode): void => {
  if (node.beganSequence > 0) return
  node.beganSequence = model.sequence
  node.seen = model.channels.values
}

const applyToNode = (model: Model, node: ModelNode, event: Event.Event, at: number): void => {
  switch (event._tag) {
    case "NodeStarted":
    case "SubFlowStarted":
      node.status = "running"
      node.attempt = event.attempt
      node.inFlight = event._tag === "NodeStarted"
      node.child = event._tag === "SubFlowStarted" ? event.runId : undefined
      node.startedAt = at
      begin(model, node)
      model.level = Math.max(model.level, node.level)
      node.started.add(event.attempt)
      return
    case "NodeExpanded":
      node.status = "running"
      node.attempt = event.attempt
      node.started.add(event.attempt)
      begin(model, node)
      node.values = valuesOf(listOfNode(model, node))
      return expand(model, node, event.count)
    case "NodeWaiting":
      node.status = "waiting"
      node.inFlight = false
      node.wait = { opened: event, answer: undefined, isOverdue: false }
      return
    case "SignalReceived": {
      const signal = { sequence: model.sequence, payload: event.payload }
      if (event.attempt === undefined) node.signals.push(signal)
      else if (node.wait !== undefined) node.wait.answer = signal
      return
    }
    case "NodeRouted":
      node.decided = model.conditions(node)
      node.route = event
      return
    case "NodeCompleted":
      node.outputs = event.outputs
      node.routes = event.routes
      takeSignal(node, event)
      endAttempt(model, node, event.attempt)
      model.channels.write(node.id, event.updates)
      return end(model, node, "completed")
    case "NodeFailed":
      return fail(model, node, event)
    case "NodeSkipped":
      return end(model, node, "skipped")
    case "NodeCancelled":
      endAttempt(model, node, event.attempt)
      return end(model, node, "cancelled")
    case "NodeRetryRequested":
      node.status = "pending"
      // What comes after it is decided anew, and so is the node itself.
      node.route = undefined
      for (const other of model.nodes.values()) {
        if (model.dependencies(other).includes(node)) other.route = undefined
      }
      node.tries = 0
      node.lost = 0
      node.resets++
      node.beganSequence = 0
      model.step.ran = model.step.ran.filter((id) => id !== node.id)
      model.handled.delete(node.id)
      model.pausedBy.delete(node.id)
      return
    case "NodeInputsSet":
      node.spec = { ...node.spec, inputs: { ...node.spec.inputs, ...event.inputs } }
      return
    default:
  }
}

const dependsOn = ({ dependencies = [] }: NodeSpec.NodeSpec, id: string): boolean =>
  dependencies.some((one) => one === id || (typeof one !== "string" && one.node === id))

const grow = (
  model: Model,
  event: Event.EventOf<"NodesAdded">,
  cause: Envelope.EventCause | undefined
): void => {
  for (const spec of event.nodes) add(model, spec, model.level + 1, event.met?.[spec.id])
  for (const { by, id, of } of event.visits ?? []) {
    add(model, { ...model.node(of).spec, id, dependencies: by }, 0, [], undefined, { of, by })
    model.visits++
  }
  model.wantedVisits = []
  const owed = cause?.sequence === undefined ? undefined : model.owed.get(cause.sequence)
  const failed = owed?.envelope.event
  if (owed === undefined || failed?._tag !== "NodeFailed") return
  if (model.node(failed.nodeId).status !== "failed") return
  if (event.nodes.some((spec) => dependsOn(spec, failed.nodeId))) owed.handled = true
}

const applyStep = (model: Model, event: Event.EventOf<"StepStarted" | "StepCompleted">): void => {
  const { step } = model
  if (event._tag === "StepStarted") {
    step.number = event.step
    step.isOpen = true
    step.startedSequence = model.sequence
    step.frontier = event.frontier
    step.passed = []
    model.channels.begin()
    return
  }
  const ran = ranInOrder(model)
  model.channels.complete(ran)
  lead(model, ran)
  model.wantedVisits = model.interrupted === undefined ? visitsAfter(model, ran) : []
  step.isOpen = false
  step.ran = []
  step.skipped = []
  if (step.stepsLeft !== undefined) step.stepsLeft--
}

const pause = (model: Model, { at, cause }: Envelope.Envelope, event: Event.EventOf<"RunPaused">): void => {
  model.isPaused = true
  model.interrupt = event.interrupt ?? model.interrupt
  model.step.stepsLeft = undefined
  if (event.nodeId === undefined && event.interrupt === undefined && event.exhausted !== true) {
    model.pausedByCommand = { id: cause?.commandId, at }
    model.wasPaused = true
  }
  if (event.nodeId === undefined) return
  model.pausedBy.add(event.nodeId)
  const { wait } = model.node(event.nodeId)
  if (wait !== undefined) wait.isOverdue = true
}

const resume = (model: Model, event: Event.EventOf<"RunResumed">, at: number): void => {
  model.isPaused = false
  model.resumedAt = at
  model.pausedByCommand = undefined
  if (model.interrupt?.when === "before") {
    model.step.passed = model.interrupt.nodeIds
    model.step.isBegun = true
  }
  model.interrupt = undefined
  model.step.stepsLeft = event.steps
  for (const id of model.pausedBy) if (model.node(id).wait !== undefined) model.pausedBy.delete(id)
}

const interrupt = (
  model: Model,
  { at, cause, sequence }: Envelope.Envelope,
  event: Event.EventOf<"RunInterrupted">
): void => {
  model.isPaused = false
  model.pausedByCommand = undefined
  model.interrupted = event
  model.wantedVisits = []
  model.interruptedAt = at
  model.interruptedBy = cause?.commandId
  model.interruptedSequence = sequence
}

const applyToRun = (model: Model, envelope: Envelope.Envelope): void => {
  const { at, cause, event } = envelope
  switch (event._tag) {
    case "RunStarted":
      model.config = event.config
      model.inputs = event.inputs
      model.parent = event.parent
      model.startedAt = at
      model.seed = event.seed
      for (const spec of event.flow.nodes) add(model, spec, 0)
      model.channels.start(Object.keys(event.flow.channels ?? {}), event.continues?.channels)
      model.step.number = event.continues?.step ?? 0
      model.step.before = model.step.number
      return
    case "RunOwned":
      model.gates = event.hooks
      model.owners++
      model.ownedAt = at
      return
    case "RunPaused":
      return pause(model, envelope, event)
    case "RunResumed":
      return resume(model, event, at)
    case "RunInterrupted":
      return interrupt(model, envelope, event)
    case "RunEnding":
      model.result = event.result
      return
    case "RunCompleted":
    case "RunFailed":
    case "RunCancelled":
      model.terminal = event
      return
    case "NodesAdded":
      return grow(model, event, cause)
    case "NodesEnabled":
    case "NodesDisabled":
      for (const id of event.nodeIds) model.node(id).enabled = event._tag === "NodesEnabled"
      return
    case "BranchPaused":
    case "BranchResumed":
    case "BranchCancelled": {
      const status = {
        BranchPaused: "paused",
        BranchResumed: "running",
        BranchCancelled: "cancelled"
      } as const
      model.branches.set(event.branch, status[event._tag])
      if (event._tag === "BranchCancelled") model.cancelledAt.set(event.branch, at)
      return
    }
    case "StepStarted":
    case "StepCompleted":
      return applyStep(model, event)
    case "ChannelSet":
      return model.channels.edit(event.channel, event.value)
    case "CommandRejected":
      return refuse(model, event)
    case "HookAnswered":
    case "HookFailed":
      return answer(model, event)
    default:
  }
}

/** Takes an event into the model. */
export const applyEvent = (model: Model, envelope: Envelope.Envelope): void => {
  const { event } = envelope
  model.sequence = envelope.sequence
  model.epoch = envelope.epoch
  model.nowMillis = envelope.at
  if (event._tag !== "RunStarted") owe(model, envelope)
  applyBudgets(model, envelope)
  if (event._tag === "BudgetExhausted") return
  if ("nodeId" in event && event.nodeId !== undefined && !event._tag.startsWith("Run")) {
    applyToNode(model, model.node(event.nodeId), event, envelope.at)
  } else applyToRun(model, envelope)
  noteSettled(model)
}

/** Takes in that the run's first owner has hooks that are asked about its start. */
export const oweStart = (model: Model, first: Envelope.Envelope): void => {
  const hooks = model.gates.filter((gate) => gate.on.includes("RunStarted")).map((gate) => gate.name)
  if (hooks.length > 0) model.owed.set(first.sequence, { envelope: first, hooks, handled: false })
}
