/** Lets those who do something about the same key take turns. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

interface Lock {
  readonly semaphore: Semaphore.Semaphore
  users: number
}

/** Locks by key; a key that nobody uses takes no memory. */
export class KeyedLock {
  readonly #locks = new Map<string, Lock>()

  /** Runs an effect while nobody else runs one under the same key. */
  withKey<A, E, R>(key: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const lock = this.#locks.get(key) ?? { semaphore: Semaphore.makeUnsafe(1), users: 0 }
      this.#locks.set(key, lock)
      lock.users++
      const leave = Effect.sync(() => {
        lock.users--
        if (lock.users === 0) this.#locks.delete(key)
      })
      return Effect.ensuring(lock.semaphore.withPermits(1)(effect), leave)
    })
  }
}
