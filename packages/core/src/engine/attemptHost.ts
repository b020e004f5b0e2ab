import type { NodeState, RunState, StoreError } from "@dagflow/protocol"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { ArtifactStub } from "../action/artifactStub.ts"
import type { CompiledAction } from "../action/compiledAction.ts"
import type { Report } from "../decide/decideReport.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { ReducerOf } from "./checkWritten.ts"
import type { ListDesk } from "./listDesk.ts"
import type { Unrecorded } from "./liveReader.ts"

/** What an attempt needs of its run. */
export interface AttemptHost {
  readonly state: RunState.RunState
  readonly store: RunStore
  /** The environment of actions: services, clock, loggers. */
  readonly context: Context.Context<never>
  readonly actionOf: (name: string) => CompiledAction | undefined
  readonly reducerOf: ReducerOf
  readonly report: (report: Report) => void
  /** Whether anybody follows live: what nobody sees is not made. */
  readonly isFollowed: () => boolean
  readonly live: (message: Unrecorded) => void
  /** Tries an operation of the store again while the store is unavailable. */
  readonly persist: <A>(operation: Effect.Effect<A, StoreError>) => Effect.Effect<A, StoreError>
  /** Fetches what is kept outside the log, for the attempt of a node. */
  readonly load: (stub: ArtifactStub, node: NodeState.NodeState) => Effect.Effect<Schema.Json, StoreError>
  /** The lists that expressions make for the nodes that are mapped over them. */
  readonly lists: Pick<ListDesk, "madeFor" | "make">
  /** Whether attempts become spans, so that promises have to run inside an Effect too. */
  readonly isTraced: boolean
  /** Wraps what an action does, for instance into a span. */
  readonly around: (
    effect: Effect.Effect<unknown, unknown>,
    node: NodeState.NodeState
  ) => Effect.Effect<unknown, unknown>
}
