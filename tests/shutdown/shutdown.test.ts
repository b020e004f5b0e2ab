/**
 * Goal: a process that is told to end leaves nothing undone, nothing half done, and nobody waiting. Method: a real server runs
 * flows in its own process and is told to end while an action waits for a file. Claims hold for ten minutes, so a run that
 * another process gets at once was given back.
 */
import { StoreDriver, type RunRow } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Notes from "./Notes.ts"
import { ServerProcess, until } from "./ServerProcess.ts"

let folder = ""
let servers: Array<ServerProcess> = []

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-shutdown-"))
  servers = []
})

afterEach(async () => {
  for (const server of servers) await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

const serve = (grace = "1 minute"): ServerProcess => {
  const server = new ServerProcess(folder, grace)
  servers.push(server)
  return server
}

/** A server with two runs, whose second nodes hold. */
const holding = async (grace?: string): Promise<ServerProcess> => {
  const server = serve(grace)
  for (const id of ["r1", "r2"]) expect((await server.ask("POST", `/runs/${id}`)).status).toBe(200)
  await until("both runs hold", () =>
    ["r1", "r2"].every((id) => Notes.read(folder).includes(`${id} held 1 begins`))
  )
  return server
}

const release = (): void => writeFileSync(path.join(folder, "release"), "")

const rows = (): Promise<ReadonlyArray<RunRow | undefined>> => {
  const get = Effect.flatMap(StoreDriver, (store) => Effect.forEach(["r1", "r2"], (id) => store.get(id)))
  return Effect.runPromise(Effect.provide(get, SqliteStore.layer(path.join(folder, "runs.db"))))
}

const free = { status: "running", owner: undefined, leaseUntilMillis: 0 }

const isCompleted = async (server: ServerProcess, id: string): Promise<boolean> =>
  (await server.ask("GET", `/runs/${id}`)).text === "completed"

/** Lets another server finish what is left, and answers what was done after a moment. */
const finish = async (done: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const next = serve()
  for (const id of ["r1", "r2"]) await until(`${id} is completed`, () => isCompleted(next, id))
  return Notes.read(folder).slice(done.length).toSorted()
}

describe("a server that is told to end", () => {
  it(
    "starts nothing more, lets attempts end, gives its runs back and exits with 143",
    { timeout: 120_000 },
    async () => {
      const server = await holding()
      server.terminate()
      await server.saying(/closing/)
      expect(await server.ask("POST", "/runs/r3")).toEqual({ status: 503, text: "closing" })
      release()
      expect(await server.ended).toBe(143)
      const done = Notes.read(folder)
      expect(done.toSorted()).toEqual(
        ["r1", "r2"].flatMap((id) => [`${id} first 1 begins`, `${id} held 1 begins`, `${id} held 1 ends`])
      )
      expect(await rows()).toMatchObject([free, free])
      expect(await finish(done)).toEqual(["r1 after 1 begins", "r2 after 1 begins"])
    }
  )

  it(
    "interrupts what takes longer than the grace period, and another process does it again",
    { timeout: 120_000 },
    async () => {
      const server = await holding("50 millis")
      server.terminate()
      expect(await server.ended).toBe(143)
      const done = Notes.read(folder)
      expect(done.slice(-2).toSorted()).toEqual(["r1 held 1 is stopped", "r2 held 1 is stopped"])
      expect(await rows()).toMatchObject([free, free])
      release()
      expect(await finish(done)).toEqual(
        ["r1", "r2"].flatMap((id) => [`${id} after 1 begins`, `${id} held 2 begins`, `${id} held 2 ends`])
      )
    }
  )
})

describe("an engine whose layer is closed", () => {
  it(
    "leaves its runs to another process at once, although its own process lives on",
    { timeout: 120_000 },
    async () => {
      const server = await holding("0 seconds")
      expect((await server.ask("POST", "/close")).status).toBe(202)
      await server.saying(/closed/)
      const done = Notes.read(folder)
      expect(await rows()).toMatchObject([free, free])
      release()
      expect(await finish(done)).toEqual(
        ["r1", "r2"].flatMap((id) => [`${id} after 1 begins`, `${id} held 2 begins`, `${id} held 2 ends`])
      )
      expect(server.isAlive).toBe(true)
      expect(await server.ask("POST", "/runs/r3")).toEqual({ status: 503, text: "closing" })
    }
  )
})
