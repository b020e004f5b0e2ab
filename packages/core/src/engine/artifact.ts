/** Large outputs are kept once, under their hash, and not in the log; the log holds a stub in their place. */
import { ContentHash, type Event } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { StoreError } from "@dagflow/protocol"
import { type ArtifactStub, isStub } from "../action/artifactStub.ts"
import { textBytes } from "./jsonBytes.ts"
import type { RunStore } from "../store/RunStore.ts"

/** Tells whether any output is kept outside the log. */
export const hasStub = (outputs: Event.Outputs): boolean => {
  for (const name in outputs) if (isStub(outputs[name])) return true
  return false
}

/** Keeps those outputs outside the log that are as large as the flow says, and puts stubs in their places. */
export const storeArtifacts = (
  store: RunStore,
  runId: string,
  outputs: Event.Outputs,
  bytesMin: number
): Effect.Effect<Event.Outputs, StoreError> =>
  Effect.gen(function* () {
    const stored: Record<string, Schema.Json> = {}
    for (const [name, value] of Object.entries(outputs)) {
      const text = JSON.stringify(value)
      const bytes = textBytes(text)
      if (bytes < bytesMin) {
        stored[name] = value
        continue
      }
      const hash = ContentHash.ofText(text)
      yield* store.driver.putArtifact(runId, hash, text)
      stored[name] = { $artifact: hash, bytes }
    }
    return stored
  })

/** Fetches what a stub stands for. Content that is gone or unreadable fails with `Corrupt`. */
export const loadArtifact = (store: RunStore, stub: ArtifactStub): Effect.Effect<Schema.Json, StoreError> =>
  Effect.flatMap(store.driver.getArtifact(stub.$artifact), (text) =>
    text === undefined
      ? Effect.fail(
          new StoreError({
            operation: "getArtifact",
            reason: { _tag: "Corrupt", message: `artifact ${stub.$artifact} is gone` }
          })
        )
      : Effect.mapError(
          Schema.decodeEffect(Schema.fromJsonString(Schema.Json))(text),
          (issue) =>
            new StoreError({ operation: "getArtifact", reason: { _tag: "Corrupt", message: issue.message } })
        )
  )
