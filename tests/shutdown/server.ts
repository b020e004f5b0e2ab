/**
 * A server that runs flows inside of its own process: `node server.ts <folder> <grace>`. It says its port on standard output,
 * goes on with whatever runs it finds, and on SIGTERM refuses new runs, lets running attempts end within the grace period,
 * gives its runs back and exits with 143.
 *
 * - `POST /runs/<id>` starts a run, `GET /runs/<id>` says how it stands.
 * - `POST /close` closes the engine as SIGTERM does, and the process lives on.
 */
import { Action, Actions, DagFlow } from "@dagflow/core"
import type { FlowSpec } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schedule from "effect/Schedule"
import { existsSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import path from "node:path"
import * as Notes from "./Notes.ts"

const [folder = ".", grace = "1 minute"] = process.argv.slice(2)

const note = (text: string): void => Notes.write(folder, text)

/** Waits for the file `release`, and notes when it is stopped instead. */
const hold = Action.fn("hold", (_: object, { attempt, nodeId, runId }) => {
  const name = `${runId} ${nodeId} ${attempt}`
  note(`${name} begins`)
  return Effect.repeat(
    Effect.sync(() => existsSync(path.join(folder, "release"))),
    { until: (isThere) => isThere, schedule: Schedule.spaced("5 millis") }
  ).pipe(
    Effect.map(() => {
      note(`${name} ends`)
      return { held: true }
    }),
    Effect.onInterrupt(() => Effect.sync(() => note(`${name} is stopped`)))
  )
})

const work = Action.fn("work", (_: object, { attempt, nodeId, runId }) => {
  note(`${runId} ${nodeId} ${attempt} begins`)
  return {}
})

const flow: FlowSpec.FlowSpec = {
  name: "served",
  nodes: [
    { id: "first", action: "work" },
    { id: "held", action: "hold", dependencies: ["first"] },
    { id: "after", action: "work", dependencies: ["held"] }
  ]
}

// A claim that is not given back would hold for ten minutes.
const engine = DagFlow.layer({ lease: "10 minutes", shutdownGrace: grace as Duration.Input }).pipe(
  Layer.provide([SqliteStore.layer(path.join(folder, "runs.db")), Actions.layer(hold, work)])
)

const runtime = ManagedRuntime.make(engine)

let isClosing = false

const close = async (): Promise<void> => {
  isClosing = true
  console.log("closing")
  await runtime.dispose()
  console.log("closed")
}

const answer = async ({
  method,
  url = "/"
}: IncomingMessage): Promise<readonly [status: number, text: string]> => {
  const id = /^\/runs\/(.+)$/.exec(url)?.[1]
  if (isClosing) return [503, "closing"]
  if (method === "POST" && url === "/close") {
    void close()
    return [202, "closing"]
  }
  if (id === undefined) return [404, "unknown"]
  const ask = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    if (method === "POST") yield* dagflow.start(flow, { id })
    return (yield* dagflow.report(id)).status
  })
  return [200, await runtime.runPromise(ask)]
}

const server = createServer((request, response) => {
  answer(request).then(
    ([status, text]) => response.writeHead(status).end(text),
    (error: unknown) => response.writeHead(500).end(String(error))
  )
})

process.once("SIGTERM", () => {
  void close().then(() => {
    server.close()
    server.closeAllConnections()
    process.exitCode = 143
  })
})

await runtime.runPromise(Effect.flatMap(DagFlow, (dagflow) => dagflow.recover))
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object") console.log(`port ${address?.port}`)
})
