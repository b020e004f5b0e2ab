import type { StoreError } from "@dagflow/protocol"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { QueryFailure } from "./postgresFailure.ts"
import type { PostgresSession } from "./postgresSession.ts"

/** What became of a request. `again`: it was not carried out, nothing stands in its way any more, and it is asked again. */
export type Outcome<A> = Exit.Exit<A, StoreError> | "again"

/** What the database says of a request whose answer was lost. `absent`: it was not carried out. */
export type Settled<A> = Outcome<A> | "absent"

/** One kind of write: many requests of it are one statement, which is one transaction. */
export interface WriteKind<Request, A> {
  readonly operation: string
  readonly runIdOf: (request: Request) => string | undefined
  /** About how many rows it writes. */
  readonly rowsOf: (request: Request) => number
  /** About how many bytes it sends. */
  readonly bytesOf: (request: Request) => number
  /** What no two requests of a statement may share, since a statement changes a row once. */
  readonly keyOf: (request: Request) => string
  /** Carries requests out, all in one transaction; each is refused or not on its own. */
  readonly write: (
    session: PostgresSession,
    requests: ReadonlyArray<Request>
  ) => Effect.Effect<ReadonlyArray<Outcome<A>>, QueryFailure>
  /** Finds out what became of requests whose connection was lost. What they were sent by is gone by now. */
  readonly settle: (
    session: PostgresSession,
    requests: ReadonlyArray<Request>
  ) => Effect.Effect<ReadonlyArray<Settled<A>>, QueryFailure>
  /** The run that a request has changed, of which others are told. */
  readonly changedBy: (request: Request, answer: A) => string | undefined
}
