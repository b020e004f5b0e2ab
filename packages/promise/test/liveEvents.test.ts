import { Action, type EventStream, Flow } from "@dagflow/promise"
import { describe, expect, it, vi } from "vitest"
import { engine } from "./engines.ts"
import { authorize, type Message, readUntil, serve } from "./eventClient.ts"

/** A flow of one node that says what a test tells it to, until that is nothing. */
const speaking = () => {
  const words: Array<string | undefined> = []
  let wake = () => {}
  const next = async (): Promise<string | undefined> => {
    while (words.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return words.shift()
  }
  const speak = Action.fn("speak", async (_: {}, { emit, log }) => {
    for (let word = await next(); word !== undefined; word = await next()) emit(word)
    log("over")
    return {}
  })
  const say = (...more: ReadonlyArray<string | undefined>) => {
    words.push(...more)
    wake()
  }
  return { say, flow: Flow.make("speaking", (f) => ({ speak: f.node("speak", speak) })) }
}

describe("the events of a run over HTTP, live", () => {
  it("come with what actions emit between them, without ids, so that a client that was cut off misses no event", async () => {
    const { flow, say } = speaking()
    const dagflow = engine()
    const { get } = await serve(dagflow, { authorize, live: true })
    const run = await dagflow.start(flow, { id: "r1" })
    const seen: Array<Message> = []
    const until = (type: string) =>
      vi.waitFor(() => expect(seen.at(-1)?.type).toBe(type), { timeout: 20_000 })
    const note = (isEnough: (message: Message) => boolean) => (message: Message) => {
      seen.push(message)
      return isEnough(message)
    }
    const first = readUntil(
      await get("r1"),
      note(({ data }) => data.value === "hello")
    )
    await until("NodeStarted")
    say("hello")
    expect(await first).toBe(true)
    // The connection is cut. What is emitted now is heard by nobody; the next event is.
    say("unheard")
    const last = seen.findLast(({ id }) => !Number.isNaN(id))?.id
    const second = readUntil(
      await get("r1", { headers: { "last-event-id": String(last) } }),
      note(() => false)
    )
    await run.send({ _tag: "EmitEvent", name: "hint", payload: {} })
    await until("EventEmitted")
    say("world", undefined)
    expect(await second).toBe(false)
    const { sequence } = await dagflow.get("r1")
    const ids = seen.flatMap(({ id }) => (Number.isNaN(id) ? [] : [id]))
    expect(ids).toEqual(Array.from({ length: sequence }, (_, index) => index + 1))
    const shown = seen.filter(({ id }) => Number.isNaN(id))
    expect(shown.map(({ data, type }) => [type, data.index, data.value])).toEqual([
      ["Emitted", 1, "hello"],
      ["Emitted", 3, "world"],
      ["Logged", undefined, undefined],
      ["EmittedAll", undefined, undefined]
    ])
    const types = seen.map(({ type }) => type)
    expect(types.indexOf("EmittedAll")).toBeLessThan(types.indexOf("NodeCompleted"))
  })

  it("come with no more of what actions emit than `live` lets through, and with nothing of it by default", async () => {
    const texts = [
      undefined,
      true,
      ({ _tag }: EventStream.Shown) => (_tag === "Logged" ? { hidden: 1 } : undefined)
    ].map(async (live) => {
      const { flow, say } = speaking()
      const dagflow = engine()
      const { get } = await serve(dagflow, { authorize, ...(live !== undefined && { live }) })
      await dagflow.start(flow, { id: "r1" })
      const types: Array<string> = []
      const reading = readUntil(await get("r1"), ({ id, type }) => {
        if (Number.isNaN(id)) types.push(type)
        if (type === "NodeStarted") say("secret", undefined)
        return false
      })
      expect(await reading).toBe(false)
      return types
    })
    expect(await Promise.all(texts)).toEqual([[], ["Emitted", "Logged", "EmittedAll"], ["Logged"]])
  })

  it("wait for fifty clients that do not read while an action emits without end, and tell them what they miss", async () => {
    const { flow, say } = speaking()
    const dagflow = engine()
    const { get } = await serve(dagflow, { authorize, live: true })
    const run = await dagflow.start(flow, { id: "r1" })
    const controller = new AbortController()
    const stalled = await Promise.all(
      Array.from({ length: 50 }, () => get("r1", { signal: controller.signal }))
    )
    const long = "x".repeat(1000)
    say(...Array.from({ length: 10_000 }, () => long), undefined)
    await run.result()
    const seen: Array<Message> = []
    await readUntil(stalled[0]!, (message) => seen.push(message) < 0)
    const { sequence } = await dagflow.get("r1")
    expect(seen.filter(({ id }) => !Number.isNaN(id))).toHaveLength(sequence)
    // Every jump of the numbers is one that a gap has told.
    let expected = seen.find(({ type }) => type === "Emitted")?.data.index ?? 0
    const told: Array<readonly [index: number | undefined, expected: number]> = []
    for (const { data, type } of seen.slice(seen.findIndex((one) => one.type === "Emitted"))) {
      if (type === "Gap") expected += data.missed?.Emitted ?? 0
      if (type === "Emitted") told.push([data.index, expected++])
    }
    expect(told.filter(([index, at]) => index !== at)).toEqual([])
    expect(seen.some(({ type }) => type === "Gap")).toBe(true)
    expect(told.at(-1)).toEqual([10_000, 10_000])
    controller.abort()
  })

  it("are read for nobody once the clients that followed live have hung up", async () => {
    let reads = 0
    let tell: (value: { readonly value: number }) => void = () => {}
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const speak = Action.fn("speak", async (_: {}, { emit }) => {
      tell = emit
      await over
      return {}
    })
    const costly = {
      get value() {
        return ++reads
      }
    }
    const dagflow = engine()
    const { get } = await serve(dagflow, { authorize, live: true })
    const flow = Flow.make("speaking", (f) => ({ speak: f.node("speak", speak) }))
    const run = await dagflow.start(flow, { id: "r1" })
    const controller = new AbortController()
    let started = 0
    const readers = Array.from({ length: 20 }, async () => {
      const response = await get("r1", { signal: controller.signal })
      await readUntil(response, ({ type }) => type === "NodeStarted" && ++started < 0).catch(() => false)
    })
    await vi.waitFor(() => expect(started).toBe(20), { timeout: 20_000 })
    tell(costly)
    expect(reads).toBe(1)
    controller.abort()
    await Promise.all(readers)
    const isUnread = () => {
      const before = reads
      tell(costly)
      return reads === before
    }
    await vi.waitFor(() => expect(isUnread()).toBe(true), { timeout: 20_000 })
    resolve()
    await run.result()
  })
})
