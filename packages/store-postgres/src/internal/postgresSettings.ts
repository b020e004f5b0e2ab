import { StoreError } from "@dagflow/protocol"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import pg from "pg"
import type { PostgresStoreOptions } from "../PostgresStore.ts"
import { type PostgresNames, postgresNames } from "./postgresNames.ts"

/** The options of a store with all defaults filled in. */
export interface PostgresSettings {
  readonly names: PostgresNames
  /** What every connection is opened with. */
  readonly client: pg.ClientConfig
  /** Which database it is, for messages: without the password. */
  readonly place: string
  readonly poolSize: number
  /** How long an operation waits for a connection. */
  readonly connectMillis: number
  /** How long the server works on one statement. */
  readonly statementMillis: number
  readonly notify: boolean
  /** How often to look for what others did; `Infinity` is never. */
  readonly pollMillis: number
  readonly migrate: boolean
}

const pollMillisMin = 10

/** How much longer than the server itself a connection waits for the end of a statement, before it counts as lost. */
const graceMillis = 5_000

/** The longest time that a timer of Node takes. */
export const timerMillisMax = 2 ** 31 - 1

const unsupported = (ability: string): StoreError =>
  new StoreError({ operation: "open", reason: { _tag: "Unsupported", ability } })

const millis = (given: Duration.Input | undefined, fallback: number): number =>
  given === undefined ? fallback : Duration.toMillis(given)

const bounded = (value: number, least: number): number =>
  Math.max(least, Math.min(timerMillisMax, Math.ceil(value)))

/** What the statements of a store rely on, whatever the database or the role has as its default. */
const sessionOptions = (durability: "full" | "normal"): string =>
  [
    // A statement that waited for a row looks at the newest version of it, which is what a fence has to do.
    "default_transaction_isolation=read\\ committed",
    "default_transaction_deferrable=off",
    // "full" takes what the administrator has set, which may be more than a local flush.
    ...(durability === "normal" ? ["synchronous_commit=off"] : [])
  ]
    .map((setting) => `-c ${setting}`)
    .join(" ")

/** What an address says of the store, and the address without it. Options for the server are sent too, before ours. */
const splitAddress = (url: URL) => {
  const given = new URL(url)
  const take = (name: string): string | undefined => {
    const value = given.searchParams.get(name) ?? undefined
    given.searchParams.delete(name)
    return value
  }
  return {
    schema: take("schema"),
    prefix: take("prefix"),
    options: take("options") ?? "",
    address: given.href
  }
}

const placeOf = (config: pg.ClientConfig): string => {
  // The client knows how the address, the environment and the defaults of PostgreSQL add up.
  const { database, host, port } = new pg.Client(config)
  return `postgres://${host}:${port}/${database ?? ""}`
}

/** Checks the options, without asking any server. */
export const postgresSettings = (
  given: PostgresStoreOptions
): Effect.Effect<PostgresSettings, StoreError> => {
  const url = URL.parse(String(given.url))
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    // The text is not shown: it may hold a password.
    return Effect.fail(
      unsupported("an address that is none of PostgreSQL: write postgres://USER@HOST/DATABASE")
    )
  }
  const { address, options, ...named } = splitAddress(url)
  const names = postgresNames(given.schema ?? named.schema ?? "dagflow", given.prefix ?? named.prefix ?? "")
  if (Result.isFailure(names)) return Effect.fail(unsupported(names.failure))
  const notify = given.notify ?? true
  const pollMillis = millis(given.pollInterval, 1_000)
  if (!notify && pollMillis === Infinity) {
    return Effect.fail(unsupported("news of other processes with neither notify nor a pollInterval"))
  }
  const statementMillis = bounded(millis(given.statementTimeout, 30_000), 1)
  const client: pg.ClientConfig = {
    application_name: "dagflow",
    connectionString: address,
    options: `${options} ${sessionOptions(given.durability ?? "full")}`.trim(),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementMillis,
    query_timeout: bounded(statementMillis + graceMillis, 1),
    ...(given.ssl !== undefined && { ssl: given.ssl })
  }
  return Effect.succeed({
    names: names.success,
    client,
    place: placeOf(client),
    poolSize: Math.max(1, Math.floor(given.poolSize ?? 4)),
    connectMillis: bounded(millis(given.connectTimeout, 5_000), 1),
    statementMillis,
    notify,
    pollMillis: pollMillis === Infinity ? Infinity : bounded(pollMillis, pollMillisMin),
    migrate: given.migrate ?? true
  })
}
