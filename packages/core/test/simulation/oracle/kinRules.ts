/**
 * What holds between a run and the child runs that its attempts go on as: ADR-0033. One is judged by what the log of the other
 * one says at that moment.
 */
import { isDeepStrictEqual } from "node:util"
import type { Event, NodeError, NodeSpec } from "@dagflow/protocol"
import type { Model, ModelNode } from "./Model.ts"
import { inputOf } from "./ModelInputs.ts"
import { type Judged, on, type Rule } from "./Rule.ts"
import { graceOf } from "./timeRules.ts"

/** What the rules have to know of other runs. */
export interface Kin {
  /** What the log of a run says, if there is such a run. */
  readonly find: (runId: string) => Model | undefined
  /** Whether word has been left for the parent of a run how that ends. */
  readonly isTold: (runId: string) => boolean
}

type Flow = NonNullable<NodeSpec.NodeSpec["flow"]>

type End = Judged<Event.EventOf<"NodeCompleted" | "NodeFailed" | "NodeCancelled">>

/** How long a paused run's children may go on, in milliseconds: they are told by mail. */
const pauseMillis = 200

/** Commands that a run gives to one of its children have ids that begin with that child's. */
const isOfParent = (runId: string, id: string | undefined): boolean => id?.startsWith(`${runId}:`) === true

/** Which nodes of its flow give the outputs of a node, by the name of the output. */
const returnsOf = ({ spec }: ModelNode): Readonly<Record<string, string>> => spec.returns ?? {}

/** What a node gave, as a whole: of one with a list what its items gave. */
const wholeOutputs = (model: Model, id: string): Readonly<Record<string, unknown>> => {
  const node = model.nodes.get(id)
  if (node?.items === undefined) return node?.outputs ?? {}
  const ofItems = (name: string) => node.items?.map((item) => model.node(item).outputs?.[name] ?? null)
  return Object.fromEntries(Object.keys(node.outputs ?? {}).map((name) => [name, ofItems(name)]))
}

/** What the attempts of a run have used up, those of its own children included: their nodes are charged with it. */
const usageOf = (model: Model): Event.Usage | undefined => {
  const used = [...model.bills.values()].flat().flatMap(({ usage }) => Object.entries(usage ?? {}))
  if (used.length === 0) return undefined
  const sums: Record<string, number> = {}
  for (const [name, amount] of used) sums[name] = (sums[name] ?? 0) + amount
  return sums
}

const isSameUsage = (told: Event.Usage | undefined, used: Event.Usage | undefined): boolean => {
  const names = new Set([...Object.keys(told ?? {}), ...Object.keys(used ?? {})])
  return [...names].every((name) => Math.abs((told?.[name] ?? NaN) - (used?.[name] ?? NaN)) < 1e-6)
}

/** When an attempt is told to stop at the latest that we know of; `Infinity` when it is not. */
const limitOf = ({ config }: Model, { spec, startedAt }: ModelNode): number =>
  startedAt + (spec.timeoutMillis ?? config?.nodeTimeoutMillis ?? Infinity)

const isClosing = (model: Model, node: ModelNode): boolean =>
  model.interrupted !== undefined || model.isIn(node, "cancelled")

/** Whether a run that was cancelled was so by its parent. */
const isCancelledByParent = (runId: string, { interruptedBy }: Model): boolean =>
  isOfParent(runId, interruptedBy)

const starting = (kin: Kin): Rule =>
  on(["SubFlowStarted"], ({ complain, envelope, event, model }) => {
    const { attempt, nodeId, runId } = event
    if (runId !== `${envelope.runId}/${nodeId}/${attempt}`)
      complain("child runs", `attempt ${attempt} of "${nodeId}" goes on as "${runId}"`)
    if (kin.find(runId) !== undefined)
      complain("child runs", `"${runId}" is there before its start is durable`)
    if (model.node(nodeId).spec.forEach !== undefined)
      complain("child runs", `"${nodeId}" goes on as one child run instead of its items`)
  })

/** A flow whose nodes are in the order of their names, at every level: a run plans them in an order of its own. */
const inOrder = (flow: Flow): Flow => ({
  ...flow,
  nodes: flow.nodes
    .map((node) => (node.flow === undefined ? node : { ...node, flow: inOrder(node.flow) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
})

/** What a child run begins with. */
const beginning = (kin: Kin): Rule =>
  on(["RunStarted"], ({ complain, envelope, event, model }) => {
    const { parent } = event
    if ((parent === undefined) === envelope.runId.includes("/"))
      complain("child runs", `it is ${parent === undefined ? "no child" : "a child"} of another run`)
    if (parent === undefined) return
    const above = kin.find(parent.runId)
    const node = above?.nodes.get(parent.nodeId)
    if (above === undefined || node === undefined)
      return complain("child runs", `it is created, and nobody knows of "${parent.nodeId}"`)
    if (node.child !== envelope.runId) {
      // What was asked of the store happens, also when the attempt has been given up meanwhile.
      const bill = above.bills.get(node.id)?.[parent.attempt - 1]
      model.isOrphan = bill?.endedAt !== undefined
      // Whoever stood still, and has lost the parent meanwhile, does not know yet that the attempt is over.
      if (bill?.endedAt === undefined || (bill.endedAt < envelope.at && !model.isOutOfTouch))
        complain("child runs", `it is created, and no attempt of "${parent.nodeId}" goes on as it`)
      return
    }
    const told = { ...parent }
    const returns = returnsOf(node)
    const depth = (above.parent?.depth ?? 0) + 1
    const expected = { runId: parent.runId, nodeId: node.id, attempt: node.attempt, depth, returns }
    if (!isDeepStrictEqual(told, expected))
      complain("child runs", `it is the child ${JSON.stringify(told)}, not ${JSON.stringify(expected)}`)
    if (node.spec.flow === undefined || !isDeepStrictEqual(inOrder(event.flow), inOrder(node.spec.flow)))
      complain("child runs", `it runs another flow than that of "${node.id}"`)
    const bindings = Object.entries(node.spec.inputs ?? {})
    const given = Object.fromEntries(bindings.map(([name, one]) => [name, inputOf(above, node, one)]))
    if (!isDeepStrictEqual(event.inputs, given))
      complain(
        "inputs",
        `it gets ${JSON.stringify(event.inputs)}, and "${node.id}" gives ${JSON.stringify(given)}`
      )
  })

const completing = ({ complain, event }: End, child: Model | undefined, node: ModelNode): void => {
  if (event._tag !== "NodeCompleted") return
  if (child?.result?._tag !== "Completed")
    return complain("child runs", `"${node.id}" completes, and its child run ends ${child?.result?._tag}`)
  const given = Object.entries(returnsOf(node)).map(([name, id]) => [name, wholeOutputs(child, id)])
  if (!isDeepStrictEqual(event.outputs, Object.fromEntries(given)))
    complain(
      "outputs",
      `"${node.id}" gives ${JSON.stringify(event.outputs)}, and its child run ${JSON.stringify(given)}`
    )
}

/** Why an attempt fails whose child run never began. */
const neverBegan: ReadonlyArray<NodeError.FailureCause> = ["MissingReference", "InvalidExpression"]

const checkFailure = (
  { complain, event, model, envelope }: End,
  child: Model | undefined,
  node: ModelNode
) => {
  if (event._tag !== "NodeFailed") return
  const { cause, isRetryable, tag } = event.error
  if (neverBegan.includes(cause)) {
    if (child !== undefined) complain("child runs", `"${node.id}" fails by ${cause}, and its child run began`)
    return
  }
  if (cause === "TimedOut") {
    const millis = envelope.at - limitOf(model, node)
    if (millis < 0) complain("time-outs", `"${node.id}" times out too early`)
    if (child !== undefined && child.result === undefined && millis < graceOf(model, node))
      complain("child runs", `"${node.id}" times out, and does not wait for its child run`)
    return
  }
  if (cause !== "SubFlowFailed") return complain("child runs", `"${node.id}" fails by ${cause}`)
  const { runId = "" } = event.error.child ?? {}
  const result = child?.result
  if (runId !== node.child) complain("child runs", `"${node.id}" fails by "${runId}", which is not its child`)
  if (child === undefined || result === undefined || result._tag === "Completed")
    return complain("child runs", `"${node.id}" fails, and its child run ends ${result?._tag}`)
  const first =
    result._tag === "Failed" && result.failure._tag === "NodesFailed" ? result.failure.nodes[0] : undefined
  const expected = first?.error.tag ?? (result._tag === "Failed" ? result.failure._tag : "Cancelled")
  if (tag !== expected)
    complain("child runs", `"${node.id}" fails by ${tag}, and its child run by ${expected}`)
  if (result._tag !== "Cancelled") return
  if (isRetryable)
    complain("child runs", `"${node.id}" may be tried again, and somebody cancelled its child run`)
  if (isCancelledByParent(runId, child))
    complain("child runs", `"${node.id}" fails by a cancellation that came from its own run`)
}

/** When a node was told to stop at the earliest. */
const toldAt = (model: Model, node: ModelNode): number => {
  const { id } = node
  const branches = [...model.cancelledAt].filter(([branch]) => model.members(branch).has(id))
  const times = branches.map(([, at]) => at)
  const interruptedAt = model.interrupted === undefined ? Infinity : model.interruptedAt
  return Math.min(...times, interruptedAt, limitOf(model, node))
}

const stopping = (
  { complain, envelope, event, model }: End,
  child: Model | undefined,
  node: ModelNode
): void => {
  if (event._tag !== "NodeCancelled") return
  if (event.stopped === "ignored") {
    if (envelope.at < toldAt(model, node) + graceOf(model, node))
      complain("child runs", `"${node.id}" is given up, and its child run may still end in time`)
  } else if (child !== undefined && child.result?._tag !== "Cancelled") {
    complain(
      "child runs",
      `"${node.id}" is cancelled, and its child run ends ${child.result?._tag ?? "later"}`
    )
  }
}

/** Whether an attempt was given up, so that nothing is known of its child. */
const isGivenUp = (event: End["event"]): boolean =>
  event._tag === "NodeCancelled"
    ? event.stopped === "ignored"
    : event._tag === "NodeFailed" && event.error.cause === "TimedOut"

/** How a child ends is how its node ends. */
const ending = (kin: Kin): Rule =>
  on(["NodeCompleted", "NodeFailed", "NodeCancelled"], (judged) => {
    const { complain, event, model } = judged
    const node = model.node(event.nodeId)
    if (node.child === undefined) return
    const child = kin.find(node.child)
    completing(judged, child, node)
    checkFailure(judged, child, node)
    stopping(judged, child, node)
    if (isGivenUp(event)) model.givenUp.add(node.child)
    if (child?.result === undefined) return
    // Whoever did not wait for the word of a child has not heard what it used up.
    if (event.usage === undefined && isGivenUp(event)) return
    const used = usageOf(child)
    if (!isSameUsage(event.usage, used))
      complain(
        "budgets",
        `"${node.id}" used up ${JSON.stringify(event.usage)}, and its child run ${JSON.stringify(used)}`
      )
  })

const above = (kin: Kin, model: Model): readonly [Model, ModelNode] | undefined => {
  const parent = model.parent && kin.find(model.parent.runId)
  const node = parent?.nodes.get(model.parent?.nodeId ?? "")
  return parent === undefined || node === undefined ? undefined : [parent, node]
}

/** A child is stopped by its parent only when its node is to stop. */
const cancelling = (kin: Kin): Rule =>
  on(["RunInterrupted"], ({ complain, envelope, event, model }) => {
    if (event.cause !== "cancelled" || !isOfParent(envelope.runId, envelope.cause?.commandId)) return
    const [parent, node] = above(kin, model) ?? []
    if (parent === undefined || node === undefined) return complain("child runs", "its parent is not there")
    if (node.child !== envelope.runId || isClosing(parent, node)) return
    if (envelope.at < limitOf(parent, node))
      complain("child runs", `it is cancelled by its parent, where "${node.id}" goes on`)
  })

const pausing = (kin: Kin): Rule =>
  on(["RunPaused", "RunResumed"], ({ complain, envelope, event, model }) => {
    if (!isOfParent(envelope.runId, envelope.cause?.commandId)) return
    const [parent] = above(kin, model) ?? []
    if (parent === undefined) return complain("child runs", "its parent is not there")
    if (event._tag === "RunPaused" && !parent.wasPaused)
      complain("pauses", "it is paused by its parent, which never was")
    if (event._tag === "RunResumed" && !isOfParent(envelope.runId, model.pausedByCommand?.id))
      complain("pauses", "it is resumed by its parent, and somebody else has paused it")
  })

/** Nothing starts for long in a child whose attempt was given up while it was being created. */
const abandoned = (kin: Kin): Rule =>
  on(["NodeStarted", "SubFlowStarted"], ({ complain, envelope, event, model }) => {
    const [, node] = above(kin, model) ?? []
    const isGivenUp = node !== undefined && node.child !== envelope.runId
    const late = envelope.at - model.startedAt - pauseMillis
    if (isGivenUp && model.isPunctual && late > 0)
      complain("child runs", `"${event.nodeId}" starts, and the attempt of "${node.id}" is over`)
  })

/** Nothing starts in a child for long while its parent is paused by a command, unless somebody has let the child go on. */
const resting = (kin: Kin): Rule =>
  on(["NodeStarted", "SubFlowStarted"], ({ complain, envelope, event, model }) => {
    const [parent] = above(kin, model) ?? []
    const since = parent?.pausedByCommand?.at
    if (since === undefined || !model.isPunctual || model.resumedAt >= since) return
    const late = envelope.at - Math.max(since, model.startedAt, model.ownedAt) - pauseMillis
    if (late > 0) complain("pauses", `"${event.nodeId}" starts ${late} ms after the parent was paused`)
  })

/** A child tells its parent before it ends. */
const telling = (kin: Kin): Rule =>
  on(["RunCompleted", "RunFailed", "RunCancelled"], ({ complain, envelope, model }) => {
    if (model.parent !== undefined && !kin.isTold(envelope.runId))
      complain("child runs", "it ends before its parent has been told")
  })

/** A run does not end before the children that have told it how they end. */
const outliving = (kin: Kin): Rule =>
  on(["RunCompleted", "RunFailed", "RunCancelled"], ({ complain, envelope, model }) => {
    for (const { attempt, id } of model.nodes.values()) {
      for (let one = 1; one <= attempt; one++) {
        const runId = `${envelope.runId}/${id}/${one}`
        const child = model.givenUp.has(runId) ? undefined : kin.find(runId)
        if (child?.result !== undefined && child.terminal === undefined)
          complain("child runs", `it ends before attempt ${one} of "${id}"`)
      }
    }
  })

/** Rules for runs and those below them. */
export const kinRules = (kin: Kin): ReadonlyArray<Rule> =>
  [starting, beginning, ending, cancelling, pausing, resting, abandoned, telling, outliving].map((rule) =>
    rule(kin)
  )
