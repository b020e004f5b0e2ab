/** What the process of a case and the process that it has started tell each other. */
import type { StoreAbilities, StoreError } from "@dagflow/protocol"

/** The operations that can be asked for in another process: all but the streams. */
export const remoteOperations = [
  "create",
  "append",
  "read",
  "get",
  "list",
  "claim",
  "renew",
  "release",
  "park",
  "nextWake",
  "putMail",
  "readMail",
  "putArtifact",
  "getArtifact",
  "putCached",
  "getCached",
  "prune"
] as const

/** An operation that can be asked for in another process. */
export type RemoteOperation = (typeof remoteOperations)[number]

/** An operation is asked for. */
export interface Question {
  readonly id: number
  readonly operation: RemoteOperation
  readonly parameters: ReadonlyArray<unknown>
}

/** The fields of a `StoreError`. */
export interface Refusal {
  readonly reason: StoreError["reason"]
  readonly operation: string
  readonly runId: string | undefined
}

/** How an operation ended. */
export type Outcome =
  | { readonly _tag: "Value"; readonly value: unknown }
  | { readonly _tag: "Refused"; readonly refusal: Refusal }
  | { readonly _tag: "Died"; readonly message: string }

/** What the started process says. */
export type Told =
  | { readonly _tag: "Opened"; readonly name: string; readonly abilities: StoreAbilities }
  | { readonly _tag: "Closed"; readonly outcome: Outcome }
  | { readonly _tag: "Answer"; readonly id: number; readonly outcome: Outcome }
