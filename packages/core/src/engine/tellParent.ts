/** How a child run tells its parent what it came to. */
import { type ChildEnd, RunError, type RunState, type StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import { errorOf, usageOf } from "../decide/childEnd.ts"
import type { RunStore } from "../store/RunStore.ts"
import { storeArtifacts } from "./artifact.ts"
import { jsonBytes } from "./jsonBytes.ts"
import { outputsOf } from "./runOutputs.ts"

type End = ChildEnd.ChildEnd["end"]

/** Id of the mail that tells a parent of a child run: there is one, however often it is sent. */
export const endMailId = (runId: string): string => `${runId}:end`

/** The outputs of the node that a run is an attempt of; large ones are kept for the parent. */
const completed = (
  store: RunStore,
  state: RunState.RunState,
  { returns, runId }: NonNullable<RunState.RunState["parent"]>
): Effect.Effect<End, StoreError> =>
  Effect.gen(function* () {
    const { result } = state
    const payload = result?._tag === "Completed" ? result.payload : undefined
    const given = (yield* outputsOf(store, state, returns)) as Readonly<Record<string, Schema.Json>>
    const outputs = payload === undefined || "payload" in given ? given : { ...given, payload }
    const { artifactBytesMin, payloadBytesMax } = state.config
    const bytes = jsonBytes(outputs)
    if (bytes > payloadBytesMax) {
      const message = `the outputs have ${bytes} bytes as JSON, and payloadBytesMax is ${payloadBytesMax}`
      return { _tag: "Failed", error: ErrorDescription.make("TooLarge", message) }
    }
    if (bytes < artifactBytesMin || !store.driver.abilities.artifacts) return { _tag: "Completed", outputs }
    return { _tag: "Completed", outputs: yield* storeArtifacts(store, runId, outputs, artifactBytesMin) }
  })

/** What a run whose result is settled tells its parent; `undefined` for one that has no parent, or goes on. */
export const childEndOf = (
  store: RunStore,
  state: RunState.RunState
): Effect.Effect<ChildEnd.ChildEnd | undefined, StoreError> => {
  const { parent, result, runId } = state
  if (parent === undefined || result === undefined) return Effect.succeed(undefined)
  const { attempt, nodeId } = parent
  const usage = usageOf(state)
  const told = (end: End): ChildEnd.ChildEnd => ({
    _tag: "ChildEnd",
    runId,
    nodeId,
    attempt,
    end,
    ...(usage !== undefined && { usage })
  })
  switch (result._tag) {
    case "Completed":
      return Effect.map(completed(store, state, parent), told)
    case "Failed": {
      const { message } = new RunError({ runId, reason: result.failure })
      return Effect.succeed(told({ _tag: "Failed", error: errorOf(runId, result.failure, message) }))
    }
    case "Cancelled":
      return Effect.succeed(told(result))
  }
}

/** Leaves word for the parent. A parent that is gone needs none. */
export const tellParent = (store: RunStore, state: RunState.RunState): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const end = yield* childEndOf(store, state)
    if (end === undefined || state.parent === undefined) return
    const atMillis = yield* Clock.currentTimeMillis
    const mail = { id: endMailId(state.runId), atMillis, command: JSON.stringify(end) }
    yield* Effect.catchIf(
      store.driver.putMail(state.parent.runId, mail),
      (error) => error.reason._tag === "RunNotFound",
      () => Effect.void
    )
  })
