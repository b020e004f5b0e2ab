/*
 * Goal: the example does what its README says, for the right people, also when its process is killed. Method: the handlers of its
 * routes answer requests, as they do in Next; `pnpm try` does the same over HTTP with a real Next.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { createDagFlow } from "@dagflow/promise"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { register } from "../instrumentation.ts"
import { answer } from "./handlers.ts"
import { Newsroom } from "./Newsroom.ts"

let folder: string
const room = new Newsroom(answer)

const env = () => ({
  STORE: `sqlite:${path.join(folder, "newsroom.db")}`,
  PAPER: path.join(folder, "paper.jsonl"),
  WORD_MILLIS: "5"
})

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-newsroom-"))
  for (const [name, value] of Object.entries(env())) vi.stubEnv(name, value)
})

afterAll(async () => {
  const { dagflow } = await import("../server/engine.ts")
  await dagflow.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The titles that were published. */
const published = (): ReadonlyArray<string> =>
  existsSync(env().PAPER)
    ? readFileSync(env().PAPER, "utf8")
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { readonly title: string }).title)
    : []

const ask = async (user: string, topic: string): Promise<string> => {
  const { body, status } = await room.ask(user, "POST", "/api/articles", { topic })
  expect(status).toBe(201)
  return body.id as string
}

const until = (user: string, id: string, state: object) =>
  vi.waitFor(
    async () =>
      expect((await room.ask(user, "GET", `/api/articles/${id}`)).body).toMatchObject({ id, ...state }),
    { timeout: 25_000 }
  )

describe("the newsroom", () => {
  it("shows an article word by word, lets an editor decide, and publishes it once", async () => {
    const id = await ask("ada", "foxes")
    const seen = await room.follow("ada", id, ({ type }) => type === "NodeWaiting")
    const words = seen.flatMap(({ data, type }) => (type === "Emitted" ? [String(data.value)] : []))
    const written = seen.find(
      ({ data }) => data.event?.nodeId === "write" && data.event.outputs !== undefined
    )
    expect(words.length).toBeGreaterThan(10)
    expect(written?.data.event?.outputs?.text?.endsWith(words.join(""))).toBe(true)
    // What is not recorded has no number, so a browser that comes back names an event.
    expect(seen.filter(({ type }) => type === "Emitted").every(({ id: one }) => one === undefined)).toBe(true)
    const decided = await room.ask("grace", "POST", `/api/articles/${id}/decision`, { approved: true })
    expect([decided.status, decided.body]).toEqual([200, { approved: true }])
    const last = seen.findLast((message) => message.id !== undefined)?.id
    const rest = await room.follow("ada", id, () => false, last)
    expect(rest.at(-1)?.type).toBe("RunCompleted")
    const ids = [...seen, ...rest].flatMap((message) => message.id ?? [])
    expect(ids).toEqual(ids.map((_, index) => index + 1))
    await until("ada", id, { status: "completed", published: true })
    expect(published()).toEqual(["All about foxes"])
    const again = await room.ask("grace", "POST", `/api/articles/${id}/decision`, { approved: true })
    expect([again.status, again.body]).toEqual([200, { approved: true }])
    const late = await room.ask("grace", "POST", `/api/articles/${id}/decision`, { approved: false })
    expect([late.status, late.body]).toEqual([409, { error: "AlreadyAnswered" }])
  })

  it("shows an article to its author and to editors, and to nobody else that there is one", async () => {
    const id = await ask("ada", "badgers")
    await until("grace", id, { status: "to be decided" })
    const statuses = async (user: string) => [
      (await room.ask(user, "GET", `/api/articles/${id}`)).status,
      (await room.ask(user, "GET", `/api/articles/${id}/events`)).status,
      (await room.ask(user, "POST", `/api/articles/${id}/decision`, { approved: true })).status
    ]
    expect(await statuses("nobody")).toEqual([401, 401, 401])
    expect(await statuses("bob")).toEqual([404, 403, 404])
    expect((await room.ask("ada", "POST", `/api/articles/${id}/decision`, { approved: true })).status).toBe(
      403
    )
    const unclear = await room.ask("grace", "POST", `/api/articles/${id}/decision`, { approved: "yes" })
    expect(unclear.status).toBe(400)
    await room.ask("grace", "POST", `/api/articles/${id}/decision`, { approved: false })
    await until("ada", id, { status: "completed", published: false })
    expect(published()).not.toContain("All about badgers")
  })

  it("signs in whoever has a token, by a cookie that no script and no other site can use", async () => {
    const { headers, status } = await room.ask("nobody", "POST", "/api/session", { token: "token-of-ada" })
    expect([status, headers.get("set-cookie")]).toEqual([
      200,
      "session=token-of-ada; Path=/; HttpOnly; SameSite=Strict"
    ])
    expect((await room.ask("ada", "POST", "/api/session", { token: "constructor" })).status).toBe(401)
  })

  it("gives the same article for the same key, and refuses another one under it and what is no topic", async () => {
    const key = { "idempotency-key": "k1" }
    const first = await room.ask("bob", "POST", "/api/articles", { topic: "ants" }, key)
    const again = await room.ask("bob", "POST", "/api/articles", { topic: "ants" }, key)
    expect([first.status, again.body]).toEqual([201, first.body])
    const other = await room.ask("bob", "POST", "/api/articles", { topic: "bees" }, key)
    expect([other.status, other.body]).toEqual([409, { error: "this key belongs to another article" }])
    expect((await room.ask("bob", "POST", "/api/articles", { topic: " " })).status).toBe(400)
  })

  it("goes on by itself with what a killed process was writing, without a request", async () => {
    const killed = spawnSync(process.execPath, [path.join(import.meta.dirname, "killed.ts"), "3"], {
      env: { ...process.env, ...env(), WORD_MILLIS: "50" },
      encoding: "utf8"
    })
    expect([killed.signal, killed.stderr]).toEqual(["SIGKILL", ""])
    const id = "article-ada-k"
    // Only looks at the store; whoever goes on with the run is the server.
    const onlooker = createDagFlow({ store: env().STORE })
    expect((await onlooker.report(id)).nodes.find(({ nodeId }) => nodeId === "write")?.status).toBe("running")
    vi.stubEnv("NEXT_RUNTIME", "nodejs")
    await register()
    const status = async () =>
      (await onlooker.report(id)).nodes.find(({ nodeId }) => nodeId === "review")?.status
    await vi.waitFor(async () => expect(await status()).toBe("waiting"), { timeout: 25_000 })
    const { nodes } = await onlooker.report(id)
    await onlooker.close()
    // The facts were found once; the text was begun twice.
    expect(nodes.find(({ nodeId }) => nodeId === "facts")?.attempts).toHaveLength(1)
    expect(nodes.find(({ nodeId }) => nodeId === "write")?.attempts).toHaveLength(2)
  })

  it("does without Effect in what it depends on", () => {
    const text = readFileSync(path.join(import.meta.dirname, "../package.json"), "utf8")
    const { dependencies, devDependencies } = JSON.parse(text) as Readonly<Record<string, object>>
    expect(Object.keys({ ...dependencies, ...devDependencies })).not.toContain("effect")
  })

  it("has one engine, also when Next loads its bundles again after a change", async () => {
    const first = await import("../server/engine.ts")
    vi.resetModules()
    const second = await import("../server/engine.ts")
    expect(second).not.toBe(first)
    expect(second.dagflow).toBe(first.dagflow)
  })
})
