/*
 * Goal: whoever updates DAG Flow while runs are in flight loses none of them. Method: stores of each version that there ever was
 * hold a run that its own release had begun; copies of them are opened by this release, and the run goes on. (`makeFlight.ts`
 * wrote them, each with the code of its time.)
 */
import { Actions, DagFlow, Hooks } from "@dagflow/core"
import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import type { StoreDriver, StoreError } from "@dagflow/protocol"
import { PostgresStore } from "@dagflow/store-postgres"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { actions, grow, runId } from "./flight.ts"

const fixtures = path.join(import.meta.dirname, "fixtures")

const files = readdirSync(fixtures).toSorted()

/** A copy of a golden store, and how it is removed. */
interface Copy {
  readonly layer: Layer.Layer<StoreDriver, StoreError>
  readonly remove: () => Promise<unknown>
}

const copyOf = async (file: string): Promise<Copy> => {
  if (file.endsWith(".db")) {
    const folder = mkdtempSync(path.join(tmpdir(), "dagflow-golden-"))
    const filename = path.join(folder, "runs.db")
    copyFileSync(path.join(fixtures, file), filename)
    return { layer: SqliteStore.layer({ filename }), remove: async () => rmSync(folder, { recursive: true }) }
  }
  const url = await postgresUrl()
  const schema = `flight_${process.pid}_${path.parse(file).name.replace("-", "_")}`
  await runSql(url, readFileSync(path.join(fixtures, file), "utf8").replaceAll("@", schema))
  return {
    layer: PostgresStore.layer({ url, schema }),
    remove: () => runSql(url, `DROP SCHEMA ${schema} CASCADE`)
  }
}

/** What is done while the run is taken up: the busy node is let go, and a question that is open is answered. */
const goOn = Effect.gen(function* () {
  const dagflow = yield* DagFlow
  const log = Stream.runCollect(dagflow.events(runId))
  const before = yield* log
  const run = yield* dagflow.resume(runId)
  const asks = before.some(({ event }) => event._tag === "NodeWaiting")
  if (asks) yield* run.send({ _tag: "SendSignal", nodeId: "ask", payload: { approved: true } })
  const { status } = yield* run.outcome
  const outputs = Object.fromEntries(
    (yield* run.report).nodes.map(({ nodeId, outputs: given }) => [nodeId, given] as const)
  )
  return { before, after: yield* log, asks, status, outputs }
})

describe.each(files)("a run in flight in %s", (file) => {
  it("goes on with this release; what had ended does not run again, and its log only grows", async () => {
    const copy = await copyOf(file)
    const ran: Array<string> = []
    const known = actions(
      (nodeId) => ran.push(nodeId),
      async () => {}
    )
    const engine = DagFlow.layer().pipe(
      Layer.provide([copy.layer, Actions.layer(...known), Hooks.layer(grow)])
    )
    const { after, asks, before, outputs, status } = await Effect.runPromise(Effect.provide(goOn, engine))
    expect(status).toBe("completed")
    expect(after.slice(0, before.length)).toEqual(before)
    expect(ran.toSorted()).toEqual(["busy", "end", "flaky"])
    expect(after.filter(({ event }) => event._tag === "NodesAdded")).toHaveLength(1)
    expect(outputs).toMatchObject({
      done: { value: "done" },
      grown: { value: "grown" },
      flaky: { attempt: 2 },
      busy: { attempt: 2 },
      end: { length: 1000 },
      ...(asks && { ask: { approved: true } })
    })
    await copy.remove()
  })
})

it("there is a file of every version of each store", () => {
  expect(files.filter((file) => !/^(postgres|sqlite)-v\d+\.(sql|db)$/.test(file))).toEqual([])
  for (const [store, schema] of [
    ["sqlite", "../../packages/store-sqlite/test/fixtures"],
    ["postgres", "../../packages/store-postgres/test/fixtures"]
  ] as const) {
    const golden = readdirSync(path.join(import.meta.dirname, schema)).filter((file) => /^v\d/.test(file))
    expect(
      files.filter((file) => file.startsWith(store)).map((file) => file.slice(store.length + 1))
    ).toEqual(golden.toSorted())
  }
})
