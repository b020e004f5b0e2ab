/** What a test asks of the server of its run. */
import { connect } from "node:net"
import pg from "pg"
import { startEmbedded } from "./EmbeddedPostgres.ts"
import type {} from "./globalSetup.ts"

/** The variable that names a server, for this process and for those that it starts. */
const variable = "DAGFLOW_TEST_POSTGRES_URL"

/** Asks the process that runs the tests. */
const askRunner = async (): Promise<string> => {
  const { inject } = await import("vitest")
  const socket = connect(inject("postgresPort"), "127.0.0.1")
  let said = ""
  for await (const chunk of socket) said += String(chunk)
  if (!said.startsWith("postgres")) throw new Error(said)
  return said
}

const find = async (): Promise<string> => {
  const given = process.env[variable]
  if (given !== undefined && given !== "") return given
  const isTest = process.env["VITEST"] !== undefined
  const found = isTest ? await askRunner() : (await startEmbedded({ isDurable: false })).url
  process.env[variable] = found
  return found
}

let url: Promise<string> | undefined

/**
 * The address of a server on which tests may make databases, roles and schemas. A program that is no test gets a server of its
 * own, which ends with it.
 */
export const postgresUrl = (): Promise<string> => (url ??= find())

/** The address with another database, user or password in it. */
export const changeUrl = (
  address: string,
  change: {
    readonly database?: string
    readonly user?: string
    readonly password?: string
    readonly port?: number
  }
): string => {
  const made = new URL(address)
  if (change.database !== undefined) made.pathname = `/${encodeURIComponent(change.database)}`
  if (change.user !== undefined) made.username = encodeURIComponent(change.user)
  if (change.password !== undefined) made.password = encodeURIComponent(change.password)
  if (change.port !== undefined) [made.hostname, made.port] = ["127.0.0.1", String(change.port)]
  return made.href
}

/** Runs statements on a server, one after the other, and answers the rows of the last one. */
export const runSql = async (
  address: string,
  ...statements: ReadonlyArray<string>
): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    let rows: ReadonlyArray<Record<string, unknown>> = []
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
