/**
 * What an engine asks its store for and must see the end of. A write that was sent happens, whoever still waits for the answer:
 * a run that was claimed for somebody who has gone meanwhile is begun all the same, or given back.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** Errands of an engine. They go on when those leave who wait for them. */
export class Errands {
  readonly #underWay = new Set<Fiber.Fiber<unknown, unknown>>()

  /**
   * Runs an effect and waits for it. Who is interrupted meanwhile leaves at once; the effect is interrupted then too, as far as
   * it lets itself be.
   */
  run<A, E, R>(errand: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    const noted = Effect.withFiber<A, E, R>((fiber) => {
      this.#underWay.add(fiber)
      fiber.addObserver(() => this.#underWay.delete(fiber))
      return errand
    })
    return Effect.uninterruptible(
      Effect.flatMap(Effect.forkDetach(noted, { startImmediately: true }), (fiber) => {
        const left = Effect.sync(() => fiber.interruptUnsafe())
        // In memory everything has happened by now.
        return fiber.pollUnsafe() ?? Effect.onInterrupt(Effect.interruptible(Fiber.join(fiber)), () => left)
      })
    )
  }

  /** Interrupts what lets itself be interrupted, and waits for the rest, at most as long as is given. */
  close(millis: number): Effect.Effect<void> {
    const over = Effect.suspend(() => Fiber.interruptAll(this.#underWay))
    const all = Effect.repeat(over, { while: () => this.#underWay.size > 0 })
    return Effect.asVoid(Effect.timeoutOption(all, millis))
  }
}
