/*
 * Goal: a listening connection that is ended costs news at most one poll. Method: the time to the next poll passes when the test says
 * so; after each end of the connection one poll is let come and no more, so that polls are counted and nothing is timed.
 */
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import { startProxy } from "./PostgresProxy.ts"
import { run } from "./requests.ts"
import { endProcesses, testSchema } from "./TestSchema.ts"

/** A poll interval by which the clock knows a poll. */
const pollMillis = 7_654_321

/** A clock whose polls come when the test lets them. */
const steered = Effect.map(Clock.Clock, (live) => {
  const due = Latch.makeUnsafe(false)
  const state = { polls: 0 }
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => live.currentTimeMillisUnsafe(),
    currentTimeMillis: live.currentTimeMillis,
    currentTimeNanosUnsafe: () => live.currentTimeNanosUnsafe(),
    currentTimeNanos: live.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => live.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: live.monotonicTimeNanos,
    sleep: (duration) => {
      const millis = Duration.toMillis(duration)
      if (millis === pollMillis) {
        return Effect.andThen(
          due.await,
          Effect.sync(() => {
            due.closeUnsafe()
            state.polls++
          })
        )
      }
      return live.sleep(duration)
    }
  }
  return { clock, state, poll: () => due.openUnsafe() }
})

it.live("mail after the end of the listening connection comes with the next poll at the latest", () =>
  Effect.gen(function* () {
    const { open, url } = yield* testSchema
    const { clock, poll, state } = yield* steered
    const owner = yield* Effect.provideService(open({ pollInterval: pollMillis }), Clock.Clock, clock)
    const person = yield* open()
    yield* owner.create(run("r"))
    const next = Effect.forkChild(Stream.runHead(owner.arrivals), { startImmediately: true })
    const first = yield* next
    yield* person.putMail("r", { id: "0", atMillis: 0, command: "{}" })
    yield* Fiber.join(first)
    expect(state.polls).toBe(0)
    for (let round = 1; round <= 10; round++) {
      const told = yield* next
      while ((yield* endProcesses(url, "LISTEN%")) === 0);
      yield* person.putMail("r", { id: `${round}`, atMillis: 0, command: "{}" })
      poll()
      yield* Fiber.join(told)
      expect(state.polls).toBeLessThanOrEqual(round)
    }
  })
)

it.live(
  "a listening connection that is dead without a word is noticed and replaced, also when nothing is polled",
  () =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const proxy = yield* startProxy(url)
      const options = { url: proxy.url, pollInterval: "Infinity", connectTimeout: "300 millis" } as const
      const owner = yield* open(options)
      const person = yield* open()
      yield* person.create(run("r"))
      const told = yield* Effect.forkChild(Stream.runHead(owner.arrivals), { startImmediately: true })
      // From its next sign of life on, the connection stays, and nothing comes through it any more.
      yield* Effect.promise(() => proxy.cut("listen-again", "silent"))
      yield* person.putMail("r", { id: "m", atMillis: 0, command: "{}" })
      yield* Fiber.join(told)
    })
)
