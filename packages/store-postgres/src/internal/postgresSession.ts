/** One connection to the server: how it is opened, asked and left. */
import * as Effect from "effect/Effect"
import pg from "pg"
import type { PostgresSettings } from "./postgresSettings.ts"
import { connectFailure, type QueryFailure, queryFailure } from "./postgresFailure.ts"

/** A statement that is prepared once per connection, under its name. */
export interface Statement {
  readonly name: string
  readonly text: string
  /** How long to wait for the answer, if not for as long as the server may take for any statement. */
  readonly waitMillis?: number
}

/** What is bound to a statement. */
export type Values = ReadonlyArray<unknown>

/** An open connection, and which process of the server it is. */
export interface PostgresSession {
  readonly client: pg.Client
  readonly pid: number
  readonly startedAt: string
  readonly settings: PostgresSettings
}

/** Ends a connection at once, whatever it is doing. */
export const endSession = ({ client }: Pick<PostgresSession, "client">): Effect.Effect<void> =>
  Effect.sync(() => {
    // A connection that does not answer would not answer a goodbye either.
    client.connection.stream.destroy()
  })

/** Asks for rows. A server that does not answer in time counts as lost, and its connection is ended. */
export const ask = <Row extends object>(
  session: Pick<PostgresSession, "client" | "settings">,
  { name, text, waitMillis }: Statement,
  values: Values
): Effect.Effect<ReadonlyArray<Row>, QueryFailure> =>
  Effect.callback<ReadonlyArray<Row>, QueryFailure>((resume) => {
    const wait = waitMillis === undefined ? {} : { query_timeout: waitMillis }
    const query = { name, text, values: [...values], ...wait }
    session.client.query<Row>(query, (error: unknown, result) => {
      if (!error) return resume(Effect.succeed(result.rows))
      const failure = queryFailure(error)
      resume(
        Effect.andThen(failure._tag === "Lost" ? endSession(session) : Effect.void, Effect.fail(failure))
      )
    })
  })

interface Hello {
  readonly pid: number
  readonly startedAt: string
  readonly encoding: string
  readonly version: number
}

const hello: Statement = {
  name: "hello",
  text: `SELECT pid, backend_start::text AS "startedAt", current_setting('server_encoding') AS encoding,
    current_setting('server_version_num')::int AS version FROM pg_stat_activity WHERE pid = pg_backend_pid()`
}

const versionMin = 140_000

/** Why a server is of no use, or `undefined`. The client was told a number of the process by whoever answered it first. */
const problemOf = ({ encoding, pid, version }: Hello, client: pg.Client): string | undefined => {
  if (!("processID" in client) || client.processID !== pid) {
    return (
      "a pooler between this process and PostgreSQL, such as PgBouncer: connect to PostgreSQL itself. " +
      "Listening, prepared statements and settling what became of a write need a connection of their own"
    )
  }
  if (version < versionMin) return `a PostgreSQL older than 14 (this one is ${version / 10_000})`
  if (encoding !== "UTF8") return `a database whose encoding is ${encoding}: make one with ENCODING 'UTF8'`
  return undefined
}

/** A server that can be reached and is of no use. */
export interface UnfitServer {
  readonly _tag: "Unfit"
  readonly ability: string
}

/** Opens a connection and finds out who is at its other end. */
export const openSession = (
  settings: PostgresSettings
): Effect.Effect<PostgresSession, QueryFailure | UnfitServer> =>
  Effect.suspend(() => {
    const client = new pg.Client({ ...settings.client, connectionTimeoutMillis: settings.connectMillis })
    // Whoever asks is told by the failure of the question; a connection that ends while nobody asks is found by the next one.
    client.on("error", () => {})
    // Whoever is interrupted while it connects would leave a connection behind that keeps the program from ending.
    return Effect.onError(greet(client, settings), () => endSession({ client }))
  })

const greet = (
  client: pg.Client,
  settings: PostgresSettings
): Effect.Effect<PostgresSession, QueryFailure | UnfitServer> =>
  Effect.gen(function* () {
    yield* Effect.tryPromise({ try: () => client.connect(), catch: connectFailure })
    const [found] = yield* ask<Hello>({ client, settings }, hello, [])
    const problem =
      found === undefined ? "a server that does not know its own process" : problemOf(found, client)
    if (found === undefined || problem !== undefined) {
      return yield* Effect.fail<UnfitServer>({ _tag: "Unfit", ability: problem ?? "" })
    }
    return { client, pid: found.pid, startedAt: found.startedAt, settings }
  })
