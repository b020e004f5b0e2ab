/**
 * Tries the app in a real Next, over HTTP: it is built and started, shows an article while it is written, is killed, goes on by
 * itself, and has one engine, also after its sources have changed. Takes a minute; `pnpm try` runs it.
 */
import assert from "node:assert/strict"
import { appendFileSync, readFileSync } from "node:fs"
import path from "node:path"
import { setTimeout } from "node:timers/promises"
import { createDagFlow, type DagFlow } from "@dagflow/promise"
import { Newsroom } from "./test/Newsroom.ts"
import { AppCopy, NextServer } from "./test/NextServer.ts"

const deadlineMillis = 60_000

/** Waits until something holds. */
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const end = Date.now() + deadlineMillis
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMillis / 1000} s`)
    await setTimeout(100)
  }
  console.log(`✓ ${what}`)
}

const waits = async (onlooker: DagFlow, id: string): Promise<boolean> =>
  (await onlooker.report(id)).nodes.some(({ nodeId, status }) => nodeId === "review" && status === "waiting")

const ask = async (room: Newsroom, topic: string): Promise<string> => {
  const { body, status } = await room.ask("ada", "POST", "/api/articles", { topic })
  assert.equal(status, 201, JSON.stringify(body))
  return String(body.id)
}

/** An article in a built app whose process is killed while it writes. */
const production = async (app: AppCopy, onlooker: DagFlow): Promise<void> => {
  app.build()
  console.log("✓ builds")
  let server = await NextServer.start(app, "start")
  try {
    const room = new Newsroom(fetch, server.url)
    const page = await fetch(server.url)
    assert.equal(page.status, 200)
    assert.match(await page.text(), /<h1>Newsroom<\/h1>/)
    const id = await ask(room, "foxes")
    let words = 0
    await room.follow("ada", id, ({ type }) => type === "Emitted" && ++words === 5)
    assert.equal(words, 5)
    console.log("✓ shows words while they come")
    assert.equal((await room.ask("bob", "GET", `/api/articles/${id}`)).status, 404)
    await server.kill()
    assert.equal(await waits(onlooker, id), false)
    server = await NextServer.start(app, "start")
    await until("goes on by itself after kill -9, without a request", () => waits(onlooker, id))
    const again = new Newsroom(fetch, server.url)
    const decided = await again.ask("grace", "POST", `/api/articles/${id}/decision`, { approved: true })
    assert.equal(decided.status, 200)
    await again.follow("ada", id, ({ type }) => type === "RunCompleted")
    assert.equal(
      readFileSync(app.env["PAPER"] ?? "", "utf8")
        .trim()
        .split("\n").length,
      1
    )
    console.log("✓ publishes once what an editor approves")
  } finally {
    await server.kill()
  }
}

/** Two articles, and a change of the sources between them. */
const development = async (app: AppCopy, onlooker: DagFlow): Promise<void> => {
  const server = await NextServer.start(app, "dev")
  try {
    const room = new Newsroom(fetch, server.url)
    // It begins anew once, with the settings that it has added for the compiler.
    await until("answers in development", () =>
      room.ask("nobody", "GET", "/api/articles/none").then(
        ({ status }) => status === 401,
        () => false
      )
    )
    const ownerOf = async (topic: string) => (await onlooker.get(await ask(room, topic))).owner
    const before = await ownerOf("cats")
    const loaded = path.join(app.folder, "loaded.txt")
    for (const file of ["engine.ts", "access.ts"]) {
      appendFileSync(
        path.join(app.folder, "server", file),
        `\nconst { appendFileSync } = await import("node:fs")\nappendFileSync(${JSON.stringify(loaded)}, "${file} ")\n`
      )
    }
    const isLoaded = async () => {
      await room.ask("ada", "GET", "/api/articles/none")
      return ["engine.ts", "access.ts"].every((file) => readIfThere(loaded).includes(file))
    }
    await until("loads its modules again after a change", isLoaded)
    const after = await ownerOf("dogs")
    assert.ok(before !== undefined)
    assert.equal(after, before)
    console.log("✓ has no second engine then")
  } catch (error) {
    console.log(server.said())
    throw error
  } finally {
    await server.kill()
  }
}

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    // Nothing has been loaded again yet.
    return ""
  }
}

const app = new AppCopy()
const onlooker = createDagFlow({ store: app.env["STORE"] ?? "" })
const parts = process.argv.slice(2)
try {
  if (!parts.includes("--development")) await production(app, onlooker)
  await development(app, onlooker)
} finally {
  await onlooker.close()
  app.remove()
}
