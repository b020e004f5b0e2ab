/**
 * What is to happen at some time: retries, time-outs, the end of a grace period. There is one sleeping fiber for all
 * alarms of a run, and none when there are no alarms.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { Heap } from "../decide/heap.ts"

interface Alarm<M> {
  readonly atMillis: number
  readonly order: number
  readonly message: M
}

const isBefore = <M>(a: Alarm<M>, b: Alarm<M>): boolean =>
  a.atMillis === b.atMillis ? a.order < b.order : a.atMillis < b.atMillis

/** Alarms that are not wanted any more are thrown away once they outnumber the others by this many. */
const pruneAt = 1024

/** The alarms of one run. */
export class Alarms<M> {
  readonly #ring: (messages: ReadonlyArray<M>) => void
  readonly #isWanted: (message: M) => boolean
  readonly #fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly #alarms = new Heap<Alarm<M>>(isBefore)
  #set = 0
  #pruneAt = pruneAt
  #sleeper: Fiber.Fiber<void> | undefined
  #sleepsUntil = Number.POSITIVE_INFINITY

  constructor(options: {
    /** Called when alarms are due, in the order of their times. */
    readonly ring: (messages: ReadonlyArray<M>) => void
    /** Whether a message still means anything. */
    readonly isWanted: (message: M) => boolean
    readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  }) {
    this.#ring = options.ring
    this.#isWanted = options.isWanted
    this.#fork = options.fork
  }

  /** Sets an alarm. Of two for one time, the one that was set first rings first. */
  set(atMillis: number, message: M): void {
    const alarm: Alarm<M> = { atMillis, order: this.#set++, message }
    if (this.#alarms.size >= this.#pruneAt) this.#prune()
    this.#alarms.add(alarm)
    if (atMillis < this.#sleepsUntil) this.#sleep(atMillis)
  }

  /** Forgets all alarms. */
  clear(): void {
    this.#alarms.keep(() => false)
    this.#sleeper?.interruptUnsafe()
    this.#sleeper = undefined
    this.#sleepsUntil = Number.POSITIVE_INFINITY
  }

  #prune(): void {
    this.#alarms.keep((alarm) => this.#isWanted(alarm.message))
    this.#pruneAt = Math.max(pruneAt, this.#alarms.size * 2)
  }

  #sleep(untilMillis: number): void {
    this.#sleeper?.interruptUnsafe()
    this.#sleepsUntil = untilMillis
    this.#sleeper = this.#fork(
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.andThen(
          // Rounded up: a clock that shows fractions could otherwise wake us just before the time, and again.
          Effect.sleep(Math.ceil(Math.max(0, untilMillis - now))),
          Effect.flatMap(Clock.currentTimeMillis, (then) => Effect.sync(() => this.#wake(then)))
        )
      )
    )
  }

  #wake(nowMillis: number): void {
    this.#sleeper = undefined
    this.#sleepsUntil = Number.POSITIVE_INFINITY
    const due: Array<M> = []
    let next = this.#alarms.first
    while (next !== undefined && next.atMillis <= nowMillis) {
      this.#alarms.take()
      if (this.#isWanted(next.message)) due.push(next.message)
      next = this.#alarms.first
    }
    if (next !== undefined) this.#sleep(next.atMillis)
    if (due.length > 0) this.#ring(due)
  }
}
