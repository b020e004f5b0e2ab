/** A process of a virtual world: its fibers, its clock and its chance live and die with it. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import type { Dice } from "./Dice.ts"
import type { VirtualWorld } from "./VirtualWorld.ts"

const nanosPerMilli = 1_000_000n

const clockOf = (process: VirtualProcess): Clock.Clock => {
  const { world } = process
  const nanos = (): bigint => BigInt(Math.floor(world.nowMillis)) * nanosPerMilli
  return {
    currentTimeMillisUnsafe: () => world.nowMillis,
    currentTimeMillis: Effect.sync(() => world.nowMillis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const millis = Duration.toMillis(duration)
      if (millis <= 0) return Effect.yieldNow
      if (!Number.isFinite(millis)) return Effect.never
      return Effect.callback((resume) => {
        const cancel = world.sleep(process, world.nowMillis + millis, () => resume(Effect.void))
        return Effect.sync(cancel)
      })
    }
  }
}

/** A process of a virtual world. */
export class VirtualProcess {
  readonly name: string
  readonly world: VirtualWorld
  /** `frozen`: nothing of it runs until it is thawed, and it does not know. `dead`: nothing of it runs ever again. */
  state: "live" | "frozen" | "dead" = "live"
  /** It stands still, or did, or another process takes away what it has: it may not know how things are. */
  isOutOfTouch = false
  /** Tasks that have run. */
  steps = 0
  readonly clock: Clock.Clock
  readonly #context: Context.Context<never>
  readonly #own: Scheduler.SchedulerDispatcher
  readonly #mourners: Array<() => void> = []

  constructor(world: VirtualWorld, name: string, dice: Dice) {
    this.name = name
    this.world = world
    this.clock = clockOf(this)
    this.#own = world.dispatcher(this)
    const scheduler: Scheduler.Scheduler = {
      executionMode: "async",
      shouldYield: (fiber) => fiber.currentOpCount >= 2048,
      makeDispatcher: () => world.dispatcher(this)
    }
    const random: Random.Random = {
      nextIntUnsafe: () => dice.between(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
      nextDoubleUnsafe: () => dice.next()
    }
    this.#context = Context.empty().pipe(
      Context.add(Clock.Clock, this.clock),
      Context.add(Scheduler.Scheduler, scheduler),
      Context.add(Random.Random, random)
    )
  }

  /** Runs something as one of the process's next tasks. */
  soon(task: () => void): void {
    this.#own.scheduleTask(task, 0)
  }

  /** Starts a fiber of this process. */
  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runForkWith(this.#context)(effect)
  }

  kill(): void {
    this.state = "dead"
    for (const hear of this.#mourners) hear()
  }

  /** Tells whoever works for this process that it was killed. */
  whenKilled(hear: () => void): void {
    this.#mourners.push(hear)
  }

  freeze(): void {
    if (this.state === "live") this.state = "frozen"
  }

  thaw(): void {
    if (this.state === "frozen") this.state = "live"
  }
}
