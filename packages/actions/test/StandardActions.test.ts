/*
 * Goal: the standard actions work as nodes of a run: by name, with references, retries, time-outs and typed failures.
 * Method: whole runs of flows given as data, on a store in memory, with real files, processes and a real server.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { DagFlow } from "@dagflow/core"
import type { FlowSpec, NodeSpec } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { StandardActions } from "@dagflow/actions"

let folder: string
let server: Server
let requests = 0

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-actions-")))
  server = createServer((request, response) => {
    requests++
    if (request.url === "/busy-at-first" && requests === 1) return void response.writeHead(503).end()
    response.writeHead(200, { "content-type": "application/json" }).end(`{"name":"Ada"}`)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (
  nodes: ReadonlyArray<NodeSpec.NodeSpec>,
  options: StandardActions.StandardActionsOptions = {}
) => {
  const flow: FlowSpec.FlowSpec = { name: "standard", nodes }
  const engine = DagFlow.layer().pipe(
    Layer.provide([MemoryStore.layer, StandardActions.layer({ folder, ...options })])
  )
  return Effect.gen(function* () {
    const handle = yield* (yield* DagFlow).start(flow)
    return yield* handle.outcome
  }).pipe(Effect.provide(engine))
}

describe("StandardActions", () => {
  it.live("fetches again from a busy server, fills in a text, and writes and reads it", () =>
    Effect.gen(function* () {
      const { port } = server.address() as AddressInfo
      const report = yield* run([
        {
          id: "fetch",
          action: "http",
          inputs: { url: { value: `http://127.0.0.1:${port}/busy-at-first` } },
          retry: { tries: 2, backoff: "immediate" }
        },
        {
          id: "greet",
          action: "text-template",
          dependencies: ["fetch"],
          inputs: { template: { value: "Hello, {{who.name}}!" }, who: { ref: "fetch.body" } }
        },
        {
          id: "save",
          action: "file-write",
          dependencies: ["greet"],
          inputs: { path: { value: "greeting.txt" }, content: { ref: "greet.text" } }
        },
        {
          id: "read",
          action: "file-read",
          dependencies: ["save"],
          inputs: { path: { ref: "save.path" } }
        }
      ])
      expect(report.status).toBe("completed")
      expect(report.totals.retries).toBe(1)
      expect(readFileSync(path.join(folder, "greeting.txt"), "utf8")).toBe("Hello, Ada!")
      expect(report.nodes.at(-1)?.outputs).toEqual({ content: "Hello, Ada!", bytes: 11 })
    })
  )

  it.live("does not try again what cannot succeed, and records why", () =>
    Effect.gen(function* () {
      const report = yield* run([
        {
          id: "read",
          action: "file-read",
          inputs: { path: { value: "nowhere.txt" } },
          retry: { tries: 5, backoff: "immediate" }
        }
      ])
      expect(report.status).toBe("failed")
      expect(report.totals.attempts).toBe(1)
      expect(report.nodes[0]?.error).toMatchObject({
        tag: "FileError",
        message: `read "nowhere.txt": there is no such file`,
        isRetryable: false
      })
    })
  )

  it.live("refuses a flow with a shell before anything starts, unless shells are allowed", () =>
    Effect.gen(function* () {
      const nodes = [
        {
          id: "node",
          action: "shell",
          inputs: { command: { value: process.execPath }, args: { value: ["-p", "6 * 7"] } }
        }
      ]
      const refused = yield* Effect.flip(run(nodes))
      expect(refused._tag).toBe("DefinitionError")
      expect(refused.message).toContain(`"shell"`)
      const report = yield* run(nodes, { allowShell: true })
      expect(report.nodes[0]?.outputs).toMatchObject({ exitCode: 0, stdout: "42\n" })
    })
  )

  it.live("ends a command when its time is over, and records its last lines", () =>
    Effect.gen(function* () {
      const line = "echo waiting for ever >&2; sleep 1000"
      const report = yield* run(
        [
          {
            id: "node",
            action: "shell",
            inputs: { command: { value: line }, shell: { value: true } },
            timeoutMillis: 2000
          }
        ],
        { allowShell: true }
      )
      expect(report.nodes[0]?.error).toMatchObject({ cause: "TimedOut", logs: ["waiting for ever"] })
    })
  )

  it.live("refuses what does not fit: a literal with the flow, another value before the action runs", () =>
    Effect.gen(function* () {
      const literal = yield* Effect.flip(
        run([{ id: "wait", action: "sleep", inputs: { duration: { value: "soon" } } }])
      )
      expect(literal.message).toContain(`input "duration" of node "wait": write milliseconds`)
      const report = yield* run([
        { id: "say", action: "text-template", inputs: { template: { value: "soon" } } },
        { id: "wait", action: "sleep", dependencies: ["say"], inputs: { duration: { ref: "say.text" } } }
      ])
      expect(report.nodes[1]?.error).toMatchObject({ cause: "InvalidInput", isRetryable: false })
    })
  )
})
