/*
 * Goal: the example does what its README says, for the right people, also when its process is killed. Method: the server runs
 * as a process of its own; nothing here knows what is inside.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { ServerProcess } from "./ServerProcess.ts"

let folder: string
let server: ServerProcess

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-expenses-"))
  server = await ServerProcess.start(folder)
})

afterAll(async () => {
  await server.end("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

const handIn = async (user: string, purpose: string, cents: number): Promise<string> => {
  const { body, status } = await server.ask(user, "POST", "/expenses", { purpose, cents })
  expect(status).toBe(201)
  return body.id as string
}

const stateOf = async (user: string, id: string) => (await server.ask(user, "GET", `/expenses/${id}`)).body

const until = (user: string, id: string, state: object) =>
  vi.waitFor(async () => expect(await stateOf(user, id)).toEqual({ id, ...state }), { timeout: 25_000 })

/** What was paid for an expense: one line per payment. */
const payments = (cents: number): number =>
  readFileSync(path.join(folder, ".dagflow/ledger.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.includes(`"cents":${cents}}`)).length

describe("the server for expenses", () => {
  it("pays a small expense at once", async () => {
    const id = await handIn("ada", "a book", 2500)
    await until("ada", id, { status: "completed", paid: true })
    expect(payments(2500)).toBe(1)
  })

  it("lets somebody decide about a large one, and shows its events to whom it concerns", async () => {
    const id = await handIn("ada", "a desk", 45_000)
    await until("ada", id, { status: "to be decided" })
    expect((await server.ask("bob", "GET", `/expenses/${id}`)).status).toBe(404)
    expect((await server.ask("bob", "GET", `/expenses/${id}/events`)).status).toBe(403)
    expect((await server.ask("nobody", "GET", `/expenses/${id}`)).status).toBe(401)
    expect((await server.ask("ada", "POST", `/expenses/${id}/decision`, { approved: true })).status).toBe(403)
    const events = server.ask("ada", "GET", `/expenses/${id}/events`)
    const decided = await server.ask("grace", "POST", `/expenses/${id}/decision`, { approved: true })
    expect(decided).toEqual({ status: 200, body: { approved: true } })
    expect((await events).body).toMatch(/event: NodeWaiting\n[^]*event: RunCompleted\n/)
    await until("grace", id, { status: "completed", paid: true })
    expect(payments(45_000)).toBe(1)
    const late = await server.ask("grace", "POST", `/expenses/${id}/decision`, { approved: false })
    expect(late).toEqual({ status: 409, body: { error: "RunEnded" } })
  })

  it("refuses what is no expense and what is no decision, and says why", async () => {
    const bad = await server.ask("ada", "POST", "/expenses", { purpose: "", cents: 1.5 })
    expect([bad.status, bad.body.problems.length]).toEqual([400, 2])
    const id = await handIn("ada", "another desk", 46_000)
    await until("ada", id, { status: "to be decided" })
    const unclear = await server.ask("grace", "POST", `/expenses/${id}/decision`, { approved: "yes" })
    expect(unclear.status).toBe(400)
    const unknown = await server.ask("grace", "POST", "/expenses/none/decision", { approved: true })
    expect(unknown).toEqual({ status: 404, body: { error: "there is no such expense" } })
  })

  it("gives the same expense for the same key, and refuses another one under it", async () => {
    const key = { "idempotency-key": "k1" }
    const first = await server.ask("bob", "POST", "/expenses", { purpose: "a pen", cents: 300 }, key)
    const again = await server.ask("bob", "POST", "/expenses", { purpose: "a pen", cents: 300 }, key)
    expect([first.status, again]).toEqual([201, first])
    const other = await server.ask("bob", "POST", "/expenses", { purpose: "two pens", cents: 600 }, key)
    expect(other).toEqual({ status: 409, body: { error: "this key belongs to another expense" } })
    await until("bob", first.body.id, { status: "completed", paid: true })
    expect(payments(300)).toBe(1)
  })

  it("goes on after kill -9 and after SIGTERM: the decision waits, and nothing is paid twice", async () => {
    const id = await handIn("ada", "a chair", 30_000)
    await until("ada", id, { status: "to be decided" })
    expect(await server.end("SIGKILL")).toBe("SIGKILL")
    server = await ServerProcess.start(folder)
    await until("ada", id, { status: "to be decided" })
    expect(await server.end("SIGTERM")).toBe(0)
    server = await ServerProcess.start(folder)
    const decided = await server.ask("grace", "POST", `/expenses/${id}/decision`, { approved: true })
    expect(decided.status).toBe(200)
    await until("ada", id, { status: "completed", paid: true })
    expect(payments(30_000)).toBe(1)
    expect(payments(2500)).toBe(1)
  })
})

it("has one engine, also when its modules are loaded again after a change", async () => {
  vi.stubEnv("STORE", "memory")
  const first = await import("../engine.ts")
  vi.resetModules()
  const second = await import("../engine.ts")
  expect(second).not.toBe(first)
  expect(second.dagflow).toBe(first.dagflow)
  await first.dagflow.close()
})
