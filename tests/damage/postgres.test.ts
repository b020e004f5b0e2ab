/**
 * Goal: when a server has no room or takes no writes, people are told what to do, and the run goes on where it stood once that
 * was done. Method: the server itself refuses, with the error that it has for this: a trigger raises it when it is told to, and
 * a database is made one that is only read.
 */
import { changeUrl, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { Action, Actions, DagFlow } from "@dagflow/core"
import type { FlowSpec } from "@dagflow/protocol"
import { PostgresStore } from "@dagflow/store-postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

const count = 12

/** The node at which the server begins to refuse. */
const last = 5

const chain: FlowSpec.FlowSpec = {
  name: "chain",
  nodes: Array.from({ length: count }, (_, place) => ({
    id: `n${place}`,
    action: "step",
    dependencies: place === 0 ? [] : [`n${place - 1}`]
  }))
}

const idsFrom = (first: number): ReadonlyArray<string> =>
  Array.from({ length: count - first }, (_, place) => `n${first + place}`)

let server = ""
let url = ""
let database = ""

beforeEach(async () => {
  server = await postgresUrl()
  database = `damage_${process.pid}_${performance.now().toFixed(0)}`
  await runSql(server, `CREATE DATABASE ${database}`)
  url = changeUrl(server, { database })
})

afterEach(() => runSql(server, `DROP DATABASE ${database} WITH (FORCE)`))

/** Runs the flow, or goes on with it; `at` is done in the middle of a node. Gives what ran, and how it ended. */
const run = async (at?: { readonly node: string; readonly act: () => Promise<unknown> }) => {
  const ran: Array<string> = []
  const step = Action.fn("step", async (_: object, { nodeId }) => {
    ran.push(nodeId)
    if (nodeId === at?.node) await at.act()
    return {}
  })
  const engine = DagFlow.layer({ storePatience: "300 millis", lease: "1 second" }).pipe(
    Layer.provide([PostgresStore.layer({ url, connectTimeout: "20 seconds" }), Actions.layer(step)])
  )
  const program = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const handle = yield* Effect.retry(dagflow.start(chain, { id: "r" }), {
      // The claim of the engine before, which could not give it back, runs out.
      while: (error) => error._tag === "RunError" && error.reason._tag === "RunNotOwned"
    })
    return (yield* handle.outcome).status
  })
  const ended = await Effect.runPromise(Effect.result(Effect.provide(program, [engine, Logger.layer([])])))
  return { ran, ended }
}

/** New connections are of another kind from now on, and those that there are end. */
const endConnections = () =>
  runSql(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`)

const refusals = [
  {
    name: "has no room on its disk",
    begin: () =>
      runSql(
        url,
        `CREATE FUNCTION dagflow.no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file: No space left on device';
         END $$`,
        "CREATE TRIGGER no_room BEFORE INSERT ON dagflow.event EXECUTE FUNCTION dagflow.no_room()"
      ),
    end: () => runSql(url, "DROP FUNCTION dagflow.no_room CASCADE"),
    says: "No space left on device (53100): the disk of the server is full; free some space"
  },
  {
    name: "takes no writes",
    begin: async () => {
      await runSql(server, `ALTER DATABASE ${database} SET default_transaction_read_only = on`)
      await endConnections()
    },
    end: async () => {
      await runSql(server, `ALTER DATABASE ${database} SET default_transaction_read_only = off`)
      await endConnections()
    },
    says: "(25006): the server takes no writes: connect to the primary one"
  }
]

describe.each(refusals)("a server that $name", ({ begin, end, says }) => {
  it("stops a run with what to do about it, and afterwards the run goes on where it stood", async () => {
    const stopped = await run({ node: `n${last}`, act: begin })
    expect(stopped.ran).toEqual(idsFrom(0).slice(0, last + 1))
    expect(stopped.ended).toMatchObject({
      _tag: "Failure",
      failure: { reason: { _tag: "StoreFailed", operation: "append", reason: { _tag: "Unavailable" } } }
    })
    expect(String(stopped.ended._tag === "Failure" && stopped.ended.failure.message)).toContain(says)
    await end()
    const again = await run()
    expect(again.ended).toMatchObject({ _tag: "Success", success: "completed" })
    // What could not be recorded runs again, and nothing else does.
    expect(again.ran).toEqual(idsFrom(last))
  })
})
