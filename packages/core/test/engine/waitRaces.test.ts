/*
 * Goal: of an answer and a deadline exactly one ends a wait, however close they come and whichever way the answer takes, and a
 * clock that is wrong makes no second winner.
 */
import { describe, expect, it } from "@effect/vitest"
import type { Envelope, RunError } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { flow, node } from "../world/FlowNotation.ts"
import * as ProcessClock from "../world/ProcessClock.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const hour = 3_600_000

const deadline = { timeout: hour, onTimeout: "autopilot", default: { by: "nobody" } }

const spec = flow([node("a ask", [], { wait: deadline }), node("b ok", ["a"])])

const winners = (log: ReadonlyArray<Envelope.Envelope>) =>
  log.flatMap(({ event }) => (event._tag === "NodeCompleted" && event.nodeId === "a" ? [event] : []))

describe("an answer against a deadline", () => {
  it.effect(
    "raced by 1,000 seeds has exactly one winner, and who loses is told so",
    () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const script = new Script()
        const engine = { recovery: "continuous" } as const
        // Runs of the one stay awake, those of the other are parked until their deadline.
        const awake = yield* TestEngine.open({ data, script, engine: { ...engine, parkAfter: "Infinity" } })
        const sleepy = yield* TestEngine.open({ data, script, engine: { ...engine, parkAfter: "1 minute" } })
        const person = yield* TestEngine.open({ data, script })
        const seeds = Array.from({ length: 1000 }, (_, seed) => seed)
        const answers = yield* Effect.forEach(seeds, (seed) =>
          Effect.gen(function* () {
            const runId = `run${seed}`
            const home = seed % 2 === 0 ? awake : sleepy
            const run = yield* home.start(spec, { id: runId, seed })
            yield* TestEngine.awaitNode(run, "NodeWaiting", "a")
            const payload = { by: runId }
            const send: Effect.Effect<unknown, RunError> =
              seed % 3 === 0
                ? run.answer("a", payload)
                : person.dagflow.send(
                    runId,
                    { _tag: "SendSignal", nodeId: "a", payload },
                    { awaitsOwner: seed % 3 === 1 }
                  )
            // Two milliseconds before the deadline to two after it.
            const sending = Effect.andThen(Effect.sleep(hour - 2 + (Math.floor(seed / 6) % 5)), send)
            return yield* Effect.forkChild(Effect.exit(sending), { startImmediately: true })
          })
        )
        yield* TestClock.adjust(hour - 3)
        for (let millis = 0; millis < 8; millis++) yield* TestClock.adjust(1)
        yield* TestClock.adjust("1 minute")
        const tally = { answer: 0, deadline: 0 }
        const refusals: Array<string> = []
        for (const seed of seeds) {
          const log = awake.log(`run${seed}`)
          expect(log.at(-1)?.event._tag).toBe("RunCompleted")
          const [winner, ...more] = winners(log)
          expect(more).toEqual([])
          const isAnswered = winner?.waitEnd?._tag === "Answered"
          expect(winner?.outputs).toEqual({ by: isAnswered ? `run${seed}` : "nobody" })
          tally[isAnswered ? "answer" : "deadline"]++
          const sent = answers[seed]
          const exit = sent && (yield* Fiber.join(sent))
          const isFailed = exit !== undefined && Exit.isFailure(exit)
          // Who sent too late, and did not want to wait for more than a place in the mail, was told that the answer is kept.
          const isTaken = exit !== undefined && Exit.isSuccess(exit) && exit.value !== undefined
          expect([isAnswered && isFailed, !isAnswered && isTaken]).toEqual([false, false])
          refusals.push(...(isFailed ? [JSON.stringify(exit.cause)] : []))
        }
        expect(refusals.filter((text) => !/AlreadyAnswered|RunEnded/.test(text))).toEqual([])
        // Two of five were sent before the deadline, and two after it: both sides win often.
        expect(tally.answer).toBeGreaterThan(300)
        expect(tally.deadline).toBeGreaterThan(300)
        expect(script.calls.filter(({ nodeId }) => nodeId === "b")).toHaveLength(1000)
      }),
    60_000
  )
})

describe("a sender whose clock is an hour off", () => {
  const skews = [hour, -hour] as const

  /** A run that waits, and somebody with a clock of their own. */
  const asked = (skewMillis: number) =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const owner = yield* TestEngine.open({ data, script, engine: { owner: "owner" } })
      const run = yield* owner.start(spec)
      yield* run.outcome
      const clock = yield* ProcessClock.make(skewMillis)
      const sender = yield* TestEngine.open({ data, script, clock, engine: { owner: "sender" } })
      const answer = { _tag: "SendSignal", nodeId: "a", payload: { by: "Ada" } } as const
      const send = Effect.provideService(sender.dagflow.send("run", answer), Clock.Clock, clock)
      return { data, script, owner, run, send, sender }
    })

  it.effect.each(skews)("by %i ms answers in time while somebody executes the run", (skewMillis) =>
    Effect.gen(function* () {
      const { run, send } = yield* asked(skewMillis)
      yield* TestClock.adjust(hour - 1)
      yield* send
      yield* run.outcome
      expect((yield* run.node("a"))?.outputs).toEqual({ by: "Ada" })
    })
  )

  it.effect.each(skews)("by %i ms does not answer once the deadline has been carried out", (skewMillis) =>
    Effect.gen(function* () {
      const { run, send } = yield* asked(skewMillis)
      yield* TestClock.adjust(hour)
      const failed = yield* Effect.flip(send)
      expect(failed).toMatchObject({ reason: { rejection: { _tag: "RunEnded" } } })
      expect((yield* run.node("a"))?.outputs).toEqual({ by: "nobody" })
    })
  )

  it.effect.each([
    [-hour, 1.5, "Ada"],
    [-hour, 2.5, "nobody"],
    [hour, 0.5, "nobody"],
    [0, 0.5, "Ada"]
  ] as const)(
    "by %i ms shifts the deadline by as much only while nobody executes the run: sent after %d h, %s wins",
    ([skewMillis, hours, by]) =>
      Effect.gen(function* () {
        const { data, owner, script, send, sender } = yield* asked(skewMillis)
        yield* owner.close
        yield* TestClock.adjust(hours * hour)
        expect(yield* send).toBeUndefined()
        yield* sender.close
        yield* TestClock.adjust(3 * hour)
        const later = yield* TestEngine.open({ data, script, engine: { owner: "later" } })
        const run = yield* later.dagflow.resume("run")
        expect((yield* run.outcome).status).toBe("completed")
        expect(winners(later.log("run"))).toMatchObject([{ outputs: { by } }])
      })
  )
})
