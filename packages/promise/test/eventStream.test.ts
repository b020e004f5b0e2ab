import { StoreDriver } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Action, EventStream, Flow, NodeOutput } from "@dagflow/promise"
import { authorize, type Message, readUntil, serve } from "./eventClient.ts"
import { engine } from "./engines.ts"

const step = Action.fn("step", async ({ number }: { number: number }) => ({ number }))
const ask = Action.fn("ask", async () => NodeOutput.wait<{ approved: boolean }>())

/** A run of many events, which stands still at its end until somebody answers. */
const long = Flow.make("long", (f) => {
  const steps = Array.from({ length: 100 }, (_, number) => f.node(`step-${number}`, step, { number }))
  return { ask: f.node("ask", ask, {}, { dependsOn: steps }) }
})

/** A store that counts who listens to its changes. */
const counting = () => {
  let listeners = 0
  const layer = Layer.effect(
    StoreDriver,
    Effect.map(StoreDriver, (driver) => ({
      ...driver,
      changes: Stream.unwrap(
        Effect.acquireRelease(
          Effect.sync(() => void listeners++),
          () => Effect.sync(() => void listeners--)
        ).pipe(Effect.as(driver.changes))
      )
    }))
  ).pipe(Layer.provide(MemoryStore.layer))
  return { layer, listeners: () => listeners }
}

describe("the events of a run over HTTP", () => {
  it("are its log, message by message, and end with it", async () => {
    const dagflow = engine()
    const { get } = await serve(dagflow)
    const run = await dagflow.start(long, { id: "r1" })
    const response = await get("r1")
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
    const seen: Array<Message> = []
    const reading = readUntil(response, (message) => seen.push(message) < 0)
    await run.approve("ask")
    expect(await reading).toBe(false)
    const { sequence } = await dagflow.get("r1")
    expect(seen.map(({ id }) => id)).toEqual(Array.from({ length: sequence }, (_, index) => index + 1))
    expect(seen.every(({ data, id }) => data.sequence === id)).toBe(true)
    expect([seen[0]?.type, seen.at(-1)?.type]).toEqual(["RunStarted", "RunCompleted"])
  })

  it("are neither missed nor repeated by a client that is cut off again and again", async () => {
    const dagflow = engine()
    const { get } = await serve(dagflow)
    const run = await dagflow.start(long, { id: "r1" })
    await run.approve("ask")
    const seen: Array<number> = []
    let isOver = false
    for (let cuts = 0; !isOver; cuts++) {
      const last = seen.at(-1)
      const headers = last === undefined ? {} : { "last-event-id": String(last) }
      const response = await get("r1", { headers })
      if (response.status === 204) break
      // Cut after a number of messages that differs each time, in the middle of what the server has sent.
      let left = 1 + ((cuts * 7) % 23)
      isOver = !(await readUntil(response, ({ id }) => {
        seen.push(id)
        return --left === 0
      }))
    }
    const { sequence } = await dagflow.get("r1")
    expect(seen).toEqual(Array.from({ length: sequence }, (_, index) => index + 1))
    const again = await get("r1", { headers: { "last-event-id": String(sequence) } })
    expect([again.status, await again.text()]).toEqual([204, ""])
    const later = await get(`r1?after=${sequence - 1}`)
    expect(await later.text()).toContain(`id: ${sequence}\nevent: RunCompleted\n`)
  })

  it("wait in the store for fifty clients that do not read, who slow nothing", async () => {
    const { layer, listeners } = counting()
    const dagflow = engine({ store: layer })
    const { get } = await serve(dagflow)
    const run = await dagflow.start(long, { id: "r1" })
    await run.outcome()
    const controller = new AbortController()
    const stalled = await Promise.all(
      Array.from({ length: 50 }, () => get("r1", { signal: controller.signal }))
    )
    await vi.waitFor(() => expect(listeners()).toBeGreaterThanOrEqual(50), { timeout: 20_000 })
    const before = listeners() - 50
    await run.approve("ask")
    await run.result()
    const seen: Array<number> = []
    await readUntil(stalled[0]!, ({ id }) => seen.push(id) < 0)
    expect(seen).toHaveLength((await dagflow.get("r1")).sequence)
    await vi.waitFor(() => expect(listeners()).toBeLessThan(before + 50), { timeout: 20_000 })
    controller.abort()
  })

  it("are read for a client that does not read as far as it is asked for, however large they are", async () => {
    const large = Action.fn("large", async ({ number }: { number: number }) => ({
      number,
      text: "x".repeat(20_000)
    }))
    const flow = Flow.make("large", (f) => {
      for (let number = 0; number < 300; number++) f.node(`large-${number}`, large, { number })
    })
    let readLength = 0
    const layer = Layer.effect(
      StoreDriver,
      Effect.map(StoreDriver, (driver) => ({
        ...driver,
        read: (runId, after, limit) =>
          Effect.tap(driver.read(runId, after, limit), (page) =>
            Effect.sync(() => page.forEach(({ event }) => (readLength += event.length)))
          )
      }))
    ).pipe(Layer.provide(MemoryStore.layer))
    const dagflow = engine({ store: layer })
    await dagflow.run(flow, { id: "r1" })
    readLength = 0
    const { promise: isFull, resolve } = Promise.withResolvers<void>()
    const { promise: gone, resolve: hangUp } = Promise.withResolvers<void>()
    let written = 0
    const listener = EventStream.nodeListener(EventStream.handler(dagflow, { authorize }))
    const listening = listener(
      { url: "/runs/r1", headers: {} },
      {
        once: (event, heard) => event === "close" && void gone.then(heard),
        writeHead: () => {},
        write: (chunk) => {
          written += chunk.length
          if (written > 200_000) resolve()
          return written <= 200_000
        },
        end: () => {},
        destroy: () => {}
      },
      "r1"
    )
    await isFull
    // All of it is six megabytes.
    expect(readLength).toBeGreaterThan(200_000)
    expect(readLength).toBeLessThan(2_000_000)
    hangUp()
    await listening
  })

  it("leave nothing behind when clients hang up while nothing happens", async () => {
    const { layer, listeners } = counting()
    const dagflow = engine({ store: layer })
    const { get } = await serve(dagflow)
    const run = await dagflow.start(long, { id: "r1" })
    await run.outcome()
    const before = listeners()
    const controller = new AbortController()
    await Promise.all(Array.from({ length: 50 }, () => get("r1", { signal: controller.signal })))
    await vi.waitFor(() => expect(listeners()).toBe(before + 50), { timeout: 20_000 })
    controller.abort()
    await vi.waitFor(() => expect(listeners()).toBe(before), { timeout: 20_000 })
    expect((await run.report()).status).toBe("running")
  })

  it("are shown to nobody whom the function that is asked does not let see them", async () => {
    const dagflow = engine()
    const run = await dagflow.start(long, { id: "r1" })
    await run.approve("ask")
    const asked: Array<string> = []
    const { get } = await serve(dagflow, {
      authorize: async (request, runId) => {
        asked.push(runId)
        const user = request.headers.get("x-user")
        if (user === null) return new Response("who are you?", { status: 401 })
        return user === "ada"
      }
    })
    const nobody = await get("r1")
    expect([nobody.status, await nobody.text()]).toEqual([401, "who are you?"])
    expect((await get("r1", { headers: { "x-user": "bob" } })).status).toBe(403)
    // Whoever may see nothing does not learn which runs there are.
    expect((await get("r2", { headers: { "x-user": "bob" } })).status).toBe(403)
    const ada = await get("r1", { headers: { "x-user": "ada" } })
    expect(await ada.text()).toContain("event: RunCompleted")
    expect(asked).toEqual(["r1", "r1", "r2", "r1"])
  })

  it("cannot be served without saying who may see them", () => {
    const forgetful = {} as EventStream.EventStreamOptions
    expect(() => EventStream.handler(engine(), forgetful)).toThrow("needs `authorize`")
  })

  it("of what is no run, no number and no GET are refused by status", async () => {
    const dagflow = engine()
    const run = await dagflow.start(long, { id: "r1" })
    await run.approve("ask")
    const { get } = await serve(dagflow)
    expect((await get("r2")).status).toBe(404)
    expect((await get("r1?after=soon")).status).toBe(400)
    expect((await get("r1", { method: "POST" })).status).toBe(405)
    await dagflow.close()
    expect((await get("r1")).status).toBe(503)
  })

  it("leave out what `select` leaves out, and may hide what is in them", async () => {
    const dagflow = engine()
    const run = await dagflow.start(long, { id: "r1" })
    await run.approve("ask")
    const { get } = await serve(dagflow, {
      authorize,
      select: ({ event }) => (event._tag === "NodeCompleted" ? { node: event.nodeId } : undefined)
    })
    const blocks = (await (await get("r1")).text()).split("\n\n").filter((block) => block.startsWith("id"))
    expect(blocks).toHaveLength(101)
    expect(blocks.at(-1)).toMatch(/^id: \d+\nevent: NodeCompleted\ndata: \{"node":"ask"\}$/)
  })

  it("are kept alive by comments while nothing happens", async () => {
    const dagflow = engine()
    const run = await dagflow.start(long, { id: "r1" })
    await run.outcome()
    const { sequence } = await dagflow.get("r1")
    const handle = EventStream.handler(dagflow, { authorize, heartbeatMillis: 1 })
    const controller = new AbortController()
    const request = new Request(`http://localhost/?after=${sequence}`, { signal: controller.signal })
    const reader = (await handle(request, "r1")).body!.getReader()
    const text = async () => new TextDecoder().decode((await reader.read()).value)
    expect([await text(), await text(), await text()]).toEqual([
      "retry: 1000\n\n",
      ": still here\n\n",
      ": still here\n\n"
    ])
    controller.abort(new Error("gone"))
    await expect(reader.read()).rejects.toThrow("gone")
  })

  it("of a client that keeps up badly wait for it, one by one, and add up to no listeners", async () => {
    const add = vi.spyOn(EventTarget.prototype, "addEventListener")
    const remove = vi.spyOn(EventTarget.prototype, "removeEventListener")
    onTestFinished(() => {
      add.mockRestore()
      remove.mockRestore()
    })
    const chunks = 200
    const listener = EventStream.nodeListener(async () => {
      const part = new TextEncoder().encode("data: {}\n\n")
      return new Response(
        new ReadableStream({
          start: (controller) => {
            for (let count = 0; count < chunks; count++) controller.enqueue(part)
            controller.close()
          }
        })
      )
    })
    let written = 0
    let isFull = false
    let overfull = 0
    const response = {
      once: (event: string, heard: () => void) => {
        if (event !== "drain") return
        // Long enough for whoever does not wait to have written all of it.
        setImmediate(() => {
          isFull = false
          heard()
        })
      },
      writeHead: () => {},
      write: () => {
        if (isFull) overfull++
        isFull = true
        return ++written < 0
      },
      end: () => {},
      destroy: () => {}
    }
    await listener({ url: "/runs/r1", headers: {} }, response, "r1")
    const left = (spy: typeof add | typeof remove) =>
      spy.mock.calls.filter(([type]) => type === "abort").length
    expect([written, overfull]).toEqual([chunks, 0])
    expect(left(add)).toBeGreaterThanOrEqual(chunks)
    expect(left(add) - left(remove)).toBeLessThan(5)
  })
})
