import * as Effect from "effect/Effect"

/** Those who wait until a run goes on in this process. */
export class Launches {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Waits until the run goes on here. Whoever asks has looked whether it does already. */
  next(runId: string): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const waiting = this.#waiting.get(runId) ?? new Set()
      const wake = () => resume(Effect.void)
      this.#waiting.set(runId, waiting.add(wake))
      return Effect.sync(() => {
        waiting.delete(wake)
        if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId)
      })
    })
  }

  /** The run goes on here from now on. */
  tell(runId: string): void {
    const waiting = this.#waiting.get(runId)
    if (waiting === undefined) return
    this.#waiting.delete(runId)
    for (const wake of waiting) wake()
  }
}
