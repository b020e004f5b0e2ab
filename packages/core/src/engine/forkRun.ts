/** New runs that go on from a point of another one. */
import {
  type Artifact,
  type Budget,
  ContentHash,
  type Envelope,
  type Event,
  RunError,
  type RunReason,
  type StoreError
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { ActionRegistry } from "../action/Actions.ts"
import { frozenJson } from "../action/frozenJson.ts"
import { schemaCopy } from "../action/schemaCopy.ts"
import { type ForkedLog, forkLog, type ForkPoint, type ForkTarget } from "../decide/forkLog.ts"
import { forkPreview, type ForkPreview } from "../decide/forkPreview.ts"
import { type RunStore, runIdProblem } from "../store/RunStore.ts"
import { readLog } from "./archiveRun.ts"
import { isStub } from "../action/artifactStub.ts"
import { hasStub } from "./artifact.ts"
import { checkActions } from "./checkActions.ts"
import type { Coordinator } from "./Coordinator.ts"
import type { Engine } from "./Engine.ts"
import { textBytes } from "./jsonBytes.ts"
import { randomId } from "./randomId.ts"

interface Parts {
  readonly engine: Engine
  readonly store: RunStore
  readonly actions: ActionRegistry
}

/** What a preview tells, with what would be refused. */
export interface ForkPlan extends ForkPreview {
  /** Why the fork would be refused here: actions are missing or have other versions. */
  readonly refused: RunReason | undefined
}

/** Tells what a fork will do, and changes nothing. */
export const previewFork = (
  { actions, store }: Parts,
  runId: string,
  point: ForkPoint,
  allowChanged: ReadonlyArray<string>
): Effect.Effect<ForkPlan, StoreError | RunError> =>
  Effect.gen(function* () {
    const log = yield* readLog(store, runId)
    // Child runs that go on are those of the other run, and the fork will have its own.
    const target = { runId: `${runId}/preview`, nowMillis: yield* Clock.currentTimeMillis }
    const forked = yield* cut(log, runId, point, target, actions)
    const refused = checkActions(forked.state, actions, allowChanged)
    return { ...forkPreview(log, forked), refused }
  })

/** Starts a run from a point of another one, whose log stays as it is. */
export const forkRun = (
  { actions, engine, store }: Parts,
  sourceId: string,
  point: ForkPoint,
  options: {
    readonly id?: string
    readonly allowChanged?: ReadonlyArray<string>
    readonly budget?: Budget.Budget
  }
): Effect.Effect<Coordinator, StoreError | RunError> =>
  Effect.gen(function* () {
    const runId = options.id ?? (yield* randomId("run"))
    const problem = runIdProblem(runId)
    if (problem !== undefined) return yield* invalid(runId, problem)
    const log = yield* readLog(store, sourceId)
    const nowMillis = yield* Clock.currentTimeMillis
    const { events, state } = yield* cut(
      log,
      sourceId,
      point,
      { runId, nowMillis, budget: options.budget },
      actions
    )
    const { allowChanged = [] } = options
    const refused = checkActions(state, actions, allowChanged)
    if (refused !== undefined) return yield* new RunError({ runId: sourceId, reason: refused })
    const kept = keepLarge(store, events, state.config.artifactBytesMin)
    const adopted = kept.events.map((envelope) => withVersions(envelope, actions, allowChanged))
    return yield* Effect.catchIf(
      engine.adopt(runId, adopted, kept.artifacts, actions),
      (error): error is StoreError => error._tag === "StoreError" && error.reason._tag === "RunExists",
      () => Effect.fail(new RunError({ runId, reason: { _tag: "RunExists" } }))
    )
  })

// -- internal -------------------------------------------------------------------------------------------------------

const invalid = (runId: string, message: string): Effect.Effect<never, RunError> =>
  Effect.fail(new RunError({ runId, reason: { _tag: "InvalidInput", message } }))

const cut = (
  log: ReadonlyArray<Envelope.Envelope>,
  sourceId: string,
  point: ForkPoint,
  target: ForkTarget,
  actions: ActionRegistry
): Effect.Effect<ForkedLog, RunError> => {
  const outputs = point.outputs === undefined ? Result.succeed(undefined) : readEdit(point.outputs)
  if (Result.isFailure(outputs)) return invalid(sourceId, outputs.failure)
  const forked = forkLog(log, { ...point, outputs: outputs.success }, target)
  if (Result.isFailure(forked)) return invalid(sourceId, forked.failure)
  const problem = outputs.success && outputProblem(forked.success, point.rerun ?? "", actions)
  return problem === undefined ? Effect.succeed(forked.success) : invalid(sourceId, problem)
}

const readEdit = (outputs: Event.Outputs): Result.Result<Event.Outputs, string> =>
  Result.flatMap(frozenJson(outputs, "outputs"), ({ value }) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return Result.fail("outputs are given by name, as an object")
    }
    const read = value as Event.Outputs
    return hasStub(read)
      ? Result.fail(`an output has a member "$artifact", which the log keeps for large outputs`)
      : Result.succeed(read)
  })

/** What is wrong with edited outputs for the schema of their action. Large ones that stay are not there to be looked at. */
const outputProblem = ({ state }: ForkedLog, nodeId: string, actions: ActionRegistry): string | undefined => {
  const node = state.byId.get(nodeId)
  const schema = actions.get(node?.spec.action ?? "")?.output
  if (schema === undefined || node?.outputs === undefined || hasStub(node.outputs)) return undefined
  const decoded = schemaCopy(schema.ast).decodeResult(schema)(node.outputs)
  return Result.isFailure(decoded)
    ? `these are no outputs of action "${node.spec.action}": ${decoded.failure.message}`
    : undefined
}

/** What was edited and is large is kept once, by its hash, as every output; what was large before is kept for this run too. */
const keepLarge = (
  store: RunStore,
  events: ReadonlyArray<Envelope.Envelope>,
  bytesMin: number
): { readonly events: ReadonlyArray<Envelope.Envelope>; readonly artifacts: ReadonlyArray<Artifact> } => {
  if (!store.driver.abilities.artifacts) return { events, artifacts: [] }
  const artifacts = new Map<string, Artifact>()
  const kept = events.map((envelope) => {
    const { event } = envelope
    if (event._tag !== "NodeCompleted") return envelope
    const outputs: Record<string, Schema.Json> = {}
    for (const [name, value] of Object.entries(event.outputs)) {
      outputs[name] = value
      if (isStub(value)) artifacts.set(value.$artifact, { hash: value.$artifact, content: undefined })
      else if (event.edited === true) {
        const content = JSON.stringify(value)
        const bytes = textBytes(content)
        if (bytes < bytesMin) continue
        const hash = ContentHash.ofText(content)
        artifacts.set(hash, { hash, content })
        outputs[name] = { $artifact: hash, bytes }
      }
    }
    return event.edited === true ? { ...envelope, event: { ...event, outputs } } : envelope
  })
  return { events: kept, artifacts: [...artifacts.values()] }
}

/** The fork goes on with the versions that were allowed, so these are what it records. */
const withVersions = (
  envelope: Envelope.Envelope,
  actions: ActionRegistry,
  allowed: ReadonlyArray<string>
): Envelope.Envelope => {
  const { event } = envelope
  if (allowed.length === 0 || (event._tag !== "RunStarted" && event._tag !== "NodesAdded")) return envelope
  const versions = Object.entries(event.actions ?? {}).flatMap(([name, recorded]) => {
    const version = allowed.includes(name) ? actions.get(name)?.version : recorded
    return version === undefined ? [] : [[name, version] as const]
  })
  const fresh =
    event._tag === "RunStarted"
      ? allowed.flatMap((name) => {
          const version = actions.get(name)?.version
          return version === undefined ? [] : [[name, version] as const]
        })
      : []
  return { ...envelope, event: { ...event, actions: Object.fromEntries([...versions, ...fresh]) } }
}
