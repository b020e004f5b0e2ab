/**
 * A model made of a recorded run: it gives each turn the answer that the log holds, and asks nobody. A run of the same flow
 * with the same inputs, seed and clock then has the same log, byte for byte.
 *
 * A turn is found by its node, never by the order of calls, and it only gets its answer when it asks what was asked then.
 */
import type { Action, ActionContext } from "@dagflow/core"
import type { Envelope, Event, NodeError, RunArchive } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import { NodeOutput } from "@dagflow/core"
import * as Conversation from "./internal/conversation.ts"
import { firstDifference } from "./internal/difference.ts"
import { withRecording } from "./internal/recording.ts"
import { PlannerError } from "./PlannerError.ts"
import * as Turn from "./Turn.ts"

/** A recorded run: its export, or its events when it has no outputs that are kept beside them. */
export type Recorded = RunArchive.RunArchive | ReadonlyArray<Envelope.Envelope>

/**
 * The model that answers as it did in a recorded run.
 *
 * **Failures**
 * A turn fails with `PlannerError`, and is not tried again: `ReplayDiverged` when it asks something else than was recorded,
 * which says where the texts part; `NotRecorded` when the run has no answer of it. An action that asks the model itself, and
 * is no turn, gets an `AiError`.
 *
 * **Example**
 * ```ts
 * const archive = yield* dagflow.exportRun("ask-7")
 * const again = agent.layer.pipe(Layer.provide(Replay.layer(archive)))
 * ```
 */
export const layer = (recorded: Recorded): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.map(
      LanguageModel.make({ generateText: () => noTurn, streamText: () => Stream.fromEffect(noTurn) }),
      (model) => {
        const log = readLog(recorded)
        return withRecording(model, (context, sent, tools) => answer(log, context, sent, tools))
      }
    )
  )

/** An action whose answers are recorded ones: what the action itself needs is not needed any more. */
export type ReplayedAction<A> =
  A extends Action.Action<infer Name, infer I, infer O, infer E, infer _>
    ? Action.Action<Name, I, O, E | PlannerError>
    : never

/**
 * The same actions, giving what they gave in a recorded run: nothing is done again, and no server of tools is needed. They have the
 * names, schemas and versions of the actions themselves, so they take their place among the tools of a planner.
 *
 * **Failures**
 * An attempt fails as it had failed, or with `NotRecorded` when the run has no answer of it. One that waited for somebody has none.
 *
 * **Example**
 * ```ts
 * const again = Planner.make({ name: "agent", tools: Replay.actions(archive, files.actions) })
 * ```
 */
export const actions = <const A extends Action.Any>(
  recorded: Recorded,
  all: ReadonlyArray<A>
): ReadonlyArray<ReplayedAction<A>> => {
  const log = readLog(recorded)
  return all.map((action) => replayed(log, action) as ReplayedAction<A>)
}

// -- internal -------------------------------------------------------------------------------------------------------

type Json = Schema.Json
type Completed = Event.EventOf<"NodeCompleted">

interface Log {
  readonly completed: ReadonlyMap<string, Completed>
  /** Failed attempts, by node and number. */
  readonly failed: ReadonlyMap<string, NodeError.NodeError>
  readonly output: (nodeId: string, name: string) => Json | undefined
}

const noTurn = Effect.fail(
  AiError.make({
    module: "Replay",
    method: "streamText",
    reason: new AiError.InvalidUserInputError({
      description: "a recorded run answers turns of planners and nobody else"
    })
  })
)

const attemptKey = (nodeId: string, attempt: number): string => `${attempt}/${nodeId}`

const readLog = (recorded: Recorded): Log => {
  const events = "events" in recorded ? recorded.events : recorded
  const artifacts = "artifacts" in recorded ? recorded.artifacts : {}
  const completed = new Map<string, Completed>()
  const failed = new Map<string, NodeError.NodeError>()
  for (const { event } of events) {
    if (event._tag === "NodeCompleted") completed.set(event.nodeId, event)
    if (event._tag === "NodeFailed") failed.set(attemptKey(event.nodeId, event.attempt), event.error)
  }
  const output = (nodeId: string, name: string): Json | undefined => {
    const value = completed.get(nodeId)?.outputs[name]
    const hash =
      typeof value === "object" && value !== null && "$artifact" in value ? value["$artifact"] : undefined
    const whole = typeof hash === "string" ? artifacts[hash] : undefined
    return whole === undefined ? value : (JSON.parse(whole) as Json)
  }
  return { completed, failed, output }
}

/** The messages that a turn had sent, put together from what the nodes before it had said. */
const sentBy = (log: Log, nodeId: string, record: Turn.Record): ReadonlyArray<Json> =>
  [...record.history, `${nodeId}.prompt`].flatMap((reference) => {
    const at = reference.lastIndexOf(".")
    const messages = log.output(reference.slice(0, at), reference.slice(at + 1))
    return Array.isArray(messages) ? (messages as ReadonlyArray<Json>) : []
  })

const otherTools = (turn: string, recorded: string, given: string): PlannerError | undefined =>
  recorded === given
    ? undefined
    : new PlannerError({
        reason: { _tag: "ReplayDiverged", turn, at: "what the model is shown of its tools", recorded, given }
      })

const diverged = (
  log: Log,
  nodeId: string,
  record: Turn.Record,
  sent: ReadonlyArray<Json>,
  tools: string
): PlannerError | undefined => {
  const given = Conversation.hashes(sent)
  const index = Array.from({ length: Math.max(given.length, record.asked.length) }).findIndex(
    (_, at) => given[at] !== record.asked[at]
  )
  if (index < 0) return record.tools === undefined ? undefined : otherTools(nodeId, record.tools, tools)
  const before = sentBy(log, nodeId, record)[index]
  const { given: now, offset, recorded } = firstDifference(before, sent[index])
  const at = `message ${index + 1} from character ${offset + 1} on`
  return new PlannerError({ reason: { _tag: "ReplayDiverged", turn: nodeId, at, recorded, given: now } })
}

/** Fails an attempt as it had failed: to whoever records it, the error is the same. */
const failAgain = (error: NodeError.NodeError): Effect.Effect<never, PlannerError> => {
  // A time-out is not an error of the action's: it comes again by the clock.
  if (error.cause === "TimedOut") return Effect.never
  const { chain = [], isRetryable, message, stack = [], tag } = error
  const below = chain.reduceRight<object | undefined>(
    (cause, link) => ({ _tag: link.tag, message: link.message, ...(cause !== undefined && { cause }) }),
    undefined
  )
  const again = {
    _tag: tag,
    message,
    isRetryable,
    stack: stack.map((line) => `    ${line}`).join("\n"),
    ...(below !== undefined && { cause: below })
  }
  return error.cause === "Thrown" ? Effect.die(again) : Effect.fail(again as unknown as PlannerError)
}

/** What every attempt meets first: the failure that was recorded of it, or the end of its node. */
const recordedEnd = (
  log: Log,
  { attempt, nodeId }: ActionContext.ActionContext
): Effect.Effect<Completed, PlannerError> => {
  const failure = log.failed.get(attemptKey(nodeId, attempt))
  // What was lost with its process had no answer; the one that counts came later.
  if (failure !== undefined && failure.cause !== "OwnerLost") return failAgain(failure)
  const completed = log.completed.get(nodeId)
  return completed === undefined || completed.waitEnd !== undefined
    ? Effect.fail(new PlannerError({ reason: { _tag: "NotRecorded", turn: nodeId, attempt } }))
    : Effect.succeed(completed)
}

const carried = ({ metadata, usage }: Completed) => ({
  ...(metadata !== undefined && { metadata }),
  ...(usage !== undefined && { usage })
})

/** The outputs are JSON already, so the schema of the action's outputs does not apply to them. */
const replayed = (log: Log, action: Action.Any): Action.Any => ({
  ...action,
  output: undefined,
  run: (_: never, context: ActionContext.ActionContext) =>
    Effect.map(recordedEnd(log, context), (completed) => {
      const names = Object.keys(completed.outputs)
      const outputs = Object.fromEntries(names.map((name) => [name, log.output(context.nodeId, name)]))
      return NodeOutput.make(outputs, carried(completed))
    })
})

const answer = (
  log: Log,
  context: ActionContext.ActionContext,
  sent: ReadonlyArray<Json>,
  tools: string
): Effect.Effect<NodeOutput.NodeOutput<Turn.Outputs>, PlannerError> =>
  Effect.flatMap(recordedEnd(log, context), (completed) => {
    const { attempt, emit, nodeId } = context
    const record = Turn.recordOf(completed)
    if (record === undefined)
      return Effect.fail(new PlannerError({ reason: { _tag: "NotRecorded", turn: nodeId, attempt } }))
    const divergence = diverged(log, nodeId, record, sent, tools)
    if (divergence !== undefined) return Effect.fail(divergence)
    const text = log.output(nodeId, "text") as string
    if (text !== "") emit({ type: "text", delta: text })
    emit({ type: "end", finish: record.finish })
    return Effect.succeed(
      NodeOutput.make(
        {
          text,
          prompt: log.output(nodeId, "prompt") as ReadonlyArray<Json>,
          message: log.output(nodeId, "message") as ReadonlyArray<Json>
        },
        carried(completed)
      )
    )
  })
