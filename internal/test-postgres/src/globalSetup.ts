/**
 * One PostgreSQL for all tests of a run, whichever package they belong to. It is started when the first test asks for it, so
 * that a run without such a test does not pay for it.
 */
import { once } from "node:events"
import { createServer, type Server } from "node:net"
import type { TestProject } from "vitest/node"
import { type EmbeddedPostgres, startEmbedded } from "./EmbeddedPostgres.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** A port of this machine on which the address of the server is told. */
    postgresPort: number
  }
}

/** What the projects of a run share: each of them loads this module for itself. */
interface Shared {
  users: number
  embedded: Promise<EmbeddedPostgres> | undefined
  readonly desk: Server
}

const key = Symbol.for("@dagflow/internal-test-postgres")
const registry = globalThis as { [key]?: Shared }

const make = (): Shared => {
  const shared: Shared = {
    users: 0,
    embedded: undefined,
    desk: createServer((socket) => {
      // A test that has gone is no failure.
      socket.on("error", () => {})
      const given = process.env["DAGFLOW_TEST_POSTGRES_URL"]
      if (given !== undefined && given !== "") return socket.end(given)
      shared.embedded ??= startEmbedded({ isDurable: false })
      shared.embedded.then(
        ({ url }) => socket.end(url),
        (error: unknown) => socket.end(`failed: ${String(error)}`)
      )
    })
  }
  shared.desk.listen(0, "127.0.0.1")
  return shared
}

const setUp = async (project: TestProject): Promise<() => Promise<void>> => {
  const shared = (registry[key] ??= make())
  shared.users++
  if (!shared.desk.listening) await once(shared.desk, "listening")
  const address = shared.desk.address()
  project.provide("postgresPort", typeof address === "object" && address !== null ? address.port : 0)
  return async () => {
    if (--shared.users > 0) return
    delete registry[key]
    shared.desk.close()
    await (await shared.embedded?.catch(() => undefined))?.stop()
  }
}

export default setUp
