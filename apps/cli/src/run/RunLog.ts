/** The log of a run as this process sees it: folded event by event, so that views of it can be made at any moment. */
import { type Envelope, Evolve, type RunState } from "@dagflow/protocol"
import type { Redactor } from "../output/Redactor.ts"
import type { Progress } from "../progress/Progress.ts"

/** The log of a run as this process sees it. */
export class RunLog {
  readonly state: RunState.RunState
  readonly #historyUntil: number
  readonly #redactor: Redactor
  #progress: Progress | undefined

  /** Events up to `historyUntil` were there before this process had the run: they are folded and not shown. */
  constructor(runId: string, historyUntil: number, redactor: Redactor) {
    this.state = Evolve.fold(runId, [])
    this.#historyUntil = historyUntil
    this.#redactor = redactor
  }

  /** What shows the events from now on. */
  showOn(progress: Progress): void {
    this.#progress = progress
  }

  /** Takes in the next event. */
  add(envelope: Envelope.Envelope): void {
    this.#redactor.learnFrom(envelope.event)
    Evolve.evolve(this.state, envelope)
    if (envelope.sequence <= this.#historyUntil) this.#progress?.recall(envelope, this.state)
    else this.#progress?.event(envelope, this.state)
  }
}
