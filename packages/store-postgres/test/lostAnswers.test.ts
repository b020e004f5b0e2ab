/*
 * Goal: what became of a write whose answer was lost is known, never guessed.
 * Method: a proxy cuts the connection at a chosen moment of the protocol; what the store then says is compared with what the
 * database holds.
 */
import { describe, expect, it } from "@effect/vitest"
import type { RunRow, StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Moment, startProxy } from "./PostgresProxy.ts"
import { append, claim, events, run } from "./requests.ts"
import { testSchema } from "./TestSchema.ts"

/** Two stores on one schema: one whose connections are cut, and one that looks. */
const setUp = Effect.gen(function* () {
  const { open, sql, url } = yield* testSchema
  const proxy = yield* startProxy(url)
  const store = yield* open({ url: proxy.url, statementTimeout: "2 seconds" })
  return { store, witness: yield* open(), proxy, sql }
})

/** Runs a write whose connection is cut at a moment, and answers what the store says of it. */
const cutting = <A>(
  proxy: { readonly cut: (statement: string, moment: Moment) => Promise<void> },
  statement: string,
  moment: Moment,
  write: Effect.Effect<A, StoreError>
) =>
  Effect.gen(function* () {
    const cut = proxy.cut(statement, moment)
    const result = yield* Effect.result(write)
    yield* Effect.promise(() => cut)
    return Result.mapError(result, (error) => {
      expect(error.isRetryable).toBe(error.reason._tag !== "RunNotFound")
      return error.reason._tag
    })
  })

const absent = Result.fail("Unavailable" as const)

/** Who has a run, and until when. */
const standing = (row: RunRow | undefined) => ({
  owner: row?.owner,
  leaseUntilMillis: row?.leaseUntilMillis
})

const logOf = (store: StoreDriverShape, runId: string) => store.read(runId, 0, Infinity)

describe("an append whose connection is lost", () => {
  it.live("counts as appended when the server had committed it", () =>
    Effect.gen(function* () {
      const { proxy, store, witness } = yield* setUp
      yield* store.create(run("r"))
      const request = append("r", 0, { events: events(0, 3) })
      expect(yield* cutting(proxy, "append", "after-commit", store.append(request))).toEqual(Result.void)
      expect(yield* logOf(witness, "r")).toEqual(events(0, 3))
      yield* store.append(append("r", 3))
      expect(proxy.sent("append")).toBe(2)
    })
  )

  it.live(
    "counts as not appended when the server had not committed it, and is appended when asked again",
    () =>
      Effect.gen(function* () {
        const { proxy, store, witness } = yield* setUp
        yield* store.create(run("r"))
        const request = append("r", 0, { events: events(0, 3) })
        expect(yield* cutting(proxy, "append", "before-commit", store.append(request))).toEqual(absent)
        expect(yield* logOf(witness, "r")).toEqual([])
        yield* store.append(request)
        expect(yield* logOf(witness, "r")).toEqual(events(0, 3))
      })
  )

  it.live("stays not appended when the server is told to commit it after that was answered", () =>
    Effect.gen(function* () {
      const { proxy, store, witness } = yield* setUp
      yield* store.create(run("r"))
      expect(yield* cutting(proxy, "append", "held", store.append(append("r", 0)))).toEqual(absent)
      proxy.deliver()
      yield* store.append(append("r", 0, { events: events(0, 2) }))
      expect(yield* logOf(witness, "r")).toEqual(events(0, 2))
    })
  )

  it.live("counts as not appended when other events of the same place are there", () =>
    Effect.gen(function* () {
      const { proxy, store, witness } = yield* setUp
      yield* store.create(run("r"))
      const others = events(0, 1).map((event) => ({ ...event, event: '{"_tag":"other"}' }))
      const lost = cutting(proxy, "append", "after-commit", store.append(append("r", 0, { epoch: 7 })))
      yield* witness.append(append("r", 0, { events: others }))
      expect(yield* lost).toEqual(absent)
      const error = yield* Effect.flip(store.append(append("r", 0)))
      expect(error.reason).toEqual({ _tag: "SequenceConflict", expected: 0, actual: 1 })
    })
  )

  it.live("is settled run by run when it was one of many in its statement", () =>
    Effect.gen(function* () {
      const { proxy, store, witness } = yield* setUp
      const ids = Array.from({ length: 20 }, (_, index) => `r${index}`)
      yield* Effect.forEach(ids, (id) => store.create(run(id)), { concurrency: "unbounded" })
      const cut = proxy.cut("append-many", "after-commit")
      const results = yield* Effect.forEach(
        ids,
        (id, index) => Effect.result(store.append(append(id, index % 4 === 0 ? 9 : 0))),
        { concurrency: "unbounded" }
      )
      yield* Effect.promise(() => cut)
      for (const [index, id] of ids.entries()) {
        const written = (yield* logOf(witness, id)).length
        expect(written).toBe(index % 4 === 0 ? 0 : 1)
        const result = results[index]
        expect(result !== undefined && Result.isSuccess(result)).toBe(written === 1)
      }
    })
  )

  it.live("without events is known by the row of its run, and its mail goes with it", () =>
    Effect.gen(function* () {
      const { proxy, store, witness } = yield* setUp
      yield* store.create(run("r"))
      yield* witness.putMail("r", { id: "m", atMillis: 0, command: "{}" })
      const request = append("r", 0, { events: [], consumed: ["m"], status: "paused", nowMillis: 5_000 })
      expect(yield* cutting(proxy, "append-consume", "before-commit", store.append(request))).toEqual(absent)
      expect((yield* witness.readMail("r", 9)).length).toBe(1)
      const settled = yield* cutting(proxy, "append-consume", "after-commit", store.append(request))
      expect(settled).toEqual(Result.void)
      expect(yield* witness.readMail("r", 9)).toEqual([])
      expect((yield* witness.get("r"))?.status).toBe("paused")
    })
  )
})

describe("an append whose outcome cannot be read back", () => {
  it.live.each([
    ["after-commit", Result.void, 1],
    ["before-commit", absent, 0]
  ] as const)(
    "is unknown for as long as that is so, and then settled by what the database holds (%s)",
    ([moment, settled, length]) =>
      Effect.gen(function* () {
        const { proxy, store, witness } = yield* setUp
        yield* store.create(run("r"))
        proxy.close(true)
        const writing = yield* Effect.forkChild(
          cutting(proxy, "append", moment, store.append(append("r", 0))),
          { startImmediately: true }
        )
        while (proxy.refused() < 3) yield* Effect.sleep("5 millis")
        expect(writing.pollUnsafe()).toBeUndefined()
        proxy.close(false)
        expect(yield* Fiber.join(writing)).toEqual(settled)
        expect(yield* logOf(witness, "r")).toHaveLength(length)
      })
  )

  it.live("stays unknown when the store is closed meanwhile, which the error says", () =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const proxy = yield* startProxy(url)
      const scope = yield* Scope.make()
      const opened = open({ url: proxy.url, connectTimeout: "100 millis" })
      const store = yield* Effect.provideService(opened, Scope.Scope, scope)
      yield* store.create(run("r"))
      proxy.close(true)
      const cut = proxy.cut("append", "after-commit")
      const writing = yield* Effect.forkChild(Effect.flip(store.append(append("r", 0))), {
        startImmediately: true
      })
      yield* Effect.promise(() => cut)
      yield* Scope.close(scope, Exit.void)
      const error = yield* Fiber.join(writing)
      expect(error.reason._tag).toBe("Unavailable")
      expect(error.message).toContain("closed before the server said whether this was written")
    })
  )

  it.live(
    "because the server says nothing any more is settled on another connection",
    () =>
      Effect.gen(function* () {
        const { proxy, store, witness } = yield* setUp
        yield* store.create(run("r"))
        const settled = yield* cutting(proxy, "append", "silent", store.append(append("r", 0)))
        expect(settled).toEqual(Result.void)
        expect(yield* logOf(witness, "r")).toEqual(events(0, 1))
      }),
    60_000
  )
})

describe("another write whose connection is lost", () => {
  it.live("counts as created when the server had committed it, and as not created when not", () =>
    Effect.gen(function* () {
      const { proxy, store, witness } = yield* setUp
      const create = store.create(run("r", { events: events(0, 2) }))
      expect(yield* cutting(proxy, "create", "before-commit", create)).toEqual(absent)
      expect(yield* witness.get("r")).toBeUndefined()
      expect(yield* cutting(proxy, "create", "after-commit", create)).toEqual(Result.void)
      expect(yield* logOf(witness, "r")).toEqual(events(0, 2))
      expect((yield* Effect.flip(create)).reason._tag).toBe("RunExists")
    })
  )

  it.live("counts as claimed only when this very claim was committed", () =>
    Effect.gen(function* () {
      const { proxy, store, witness } = yield* setUp
      yield* witness.create(run("r", { leaseMillis: 0 }))
      expect(yield* cutting(proxy, "claim", "before-commit", store.claim(claim("r")))).toEqual(absent)
      expect((yield* witness.get("r"))?.epoch).toBe(1)
      const claimed = yield* cutting(proxy, "claim", "after-commit", store.claim(claim("r")))
      expect(claimed).toEqual(Result.succeed({ _tag: "Claimed", epoch: 2, sequence: 0 }))
      // Somebody of the same name, with a claim until the same moment, is somebody else.
      const again = yield* cutting(proxy, "claim", "after-commit", store.claim(claim("r")))
      const owned = { _tag: "Owned", ...standing(yield* witness.get("r")) }
      expect(again).toEqual(Result.succeed(owned))
      const nobody = yield* cutting(proxy, "claim", "after-commit", store.claim(claim("nobody")))
      expect(nobody).toEqual(Result.fail("RunNotFound"))
      expect((yield* witness.get("r"))?.epoch).toBe(2)
    })
  )

  it.live.each(["before-commit", "after-commit"] as const)(
    "is done once more when that changes nothing (%s)",
    (moment) =>
      Effect.gen(function* () {
        const { proxy, store, witness } = yield* setUp
        yield* store.create(run("r"))
        const renewal = { runs: [{ runId: "r", epoch: 1 }], nowMillis: 5_000, leaseMillis: 10 }
        expect(yield* cutting(proxy, "renew", moment, store.renew(renewal))).toEqual(Result.succeed([]))
        expect((yield* witness.get("r"))?.leaseUntilMillis).toBe(5_010)
        const mail = { id: "m", atMillis: 1, command: "{}" }
        expect(yield* cutting(proxy, "put-mail", moment, store.putMail("r", mail))).toEqual(Result.void)
        expect(yield* witness.readMail("r", 9)).toEqual([mail])
        expect(yield* cutting(proxy, "put-artifact", moment, store.putArtifact("r", "h", "c"))).toEqual(
          Result.void
        )
        expect(yield* witness.getArtifact("h")).toBe("c")
        expect(yield* cutting(proxy, "release", moment, store.release("r", 1))).toEqual(Result.void)
        expect((yield* witness.get("r"))?.owner).toBeUndefined()
        expect(yield* cutting(proxy, "get", moment, store.get("r"))).toMatchObject({ _tag: "Success" })
      })
  )
})

/** Goal: requirement of throughput: what collects while a statement is on its way is the next statement. */
describe("mail whose connection is lost after it was put", () => {
  const mail = { id: "m", atMillis: 1, command: "{}" }

  it.live("is told to who listens on the same store, and to nobody when it is put again", () =>
    Effect.gen(function* () {
      const { proxy, store } = yield* setUp
      yield* store.create(run("r"))
      const hear = Effect.forkChild(
        Effect.all([Stream.runHead(store.arrivals), Stream.runHead(store.changes)], {
          concurrency: "unbounded"
        }),
        { startImmediately: true }
      )
      const heard = [Option.some("r"), Option.some("r")]
      const first = yield* hear
      expect(yield* cutting(proxy, "put-mail", "after-commit", store.putMail("r", mail))).toEqual(Result.void)
      expect(yield* Fiber.join(first)).toEqual(heard)
      expect(yield* store.readMail("r", 10)).toEqual([mail])
      const next = yield* hear
      yield* store.putMail("r", mail)
      yield* store.create(run("other"))
      yield* store.putMail("other", mail)
      expect(yield* Fiber.join(next)).toEqual([Option.some("other"), Option.some("other")])
    })
  )
})

it.live("appends of many runs that come together are few statements", () =>
  Effect.gen(function* () {
    const { proxy, store } = yield* setUp
    const ids = Array.from({ length: 300 }, (_, index) => `r${index}`)
    yield* Effect.forEach(ids, (id) => store.create(run(id)), { concurrency: "unbounded" })
    yield* Effect.forEach(ids, (id) => store.append(append(id, 0)), { concurrency: "unbounded" })
    expect(proxy.sent("create")).toBeLessThanOrEqual(3)
    expect(proxy.sent("append-many")).toBeGreaterThan(0)
    expect(proxy.sent("append") + proxy.sent("append-many")).toBeLessThanOrEqual(3)
  })
)
