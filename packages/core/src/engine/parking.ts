/**
 * When the coordinator of a run has nothing to do but to wait, it ends: the run is parked in the store until its first
 * deadline or until mail comes. A run that goes on costs one look at a number for it. See ADR-0040.
 */
import type { RunState } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { parkedUntil, rests } from "../decide/parkedUntil.ts"
import type { Frontier } from "../decide/Frontier.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { Alarms } from "./Alarms.ts"
import type { Alarm } from "./Message.ts"

/** How long to wait after a parking that the store did not carry out: mail is on its way, or the store is away. */
const againMillis = 1000

/** What parking needs of its run. */
export interface ParkingOptions {
  readonly state: RunState.RunState
  readonly frontier: Frontier
  readonly store: RunStore
  readonly epoch: number
  readonly alarms: Alarms<Alarm>
  readonly nowMillis: () => number
  /** Whether the engine is being closed. */
  readonly isClosing: () => boolean
  /** Whether nothing that the run has below it needs the run to be here. */
  readonly isFree: () => boolean
  /** How long a run only waits before it is parked; `Infinity`: it never is. */
  readonly afterMillis: number
}

/** The parking of one run. */
export class Parking {
  readonly #options: ParkingOptions
  /** The event since which the run rests, as far as an alarm is set for it. */
  #since = -1
  #isDue = false
  #isParked = false
  /** Whether somebody has looked here what of the run is ready; before that, it only seems to wait. */
  isKnown = false
  /** What those do who hold something of the run, once it is parked. */
  readonly holders: Array<() => void> = []

  constructor(options: ParkingOptions) {
    this.#options = options
  }

  /** Whether the run was parked, and may go on in any process. */
  get isParked(): boolean {
    return this.#isParked
  }

  /** Whether the run has rested for long enough. */
  get isDue(): boolean {
    return this.#isDue
  }

  /** The run has nothing to do at this moment. */
  rest(nowMillis: number): void {
    const { afterMillis, frontier, state } = this.#options
    if (afterMillis === Infinity || state.inFlight > 0 || this.#since === state.sequence) return
    if (!rests(state, frontier) || this.#isNeeded) return
    this.#set(nowMillis + afterMillis)
  }

  /** It is time to park the run, unless something has happened since. */
  ring(sequence: number): void {
    this.#isDue = sequence === this.#options.state.sequence
  }

  /**
   * Parks the run if all that remains of it waits for longer. Answers whether it did. When mail has come, or the store
   * cannot be written, it is tried again later.
   */
  get park(): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const nowMillis = this.#options.nowMillis()
      this.#isDue = false
      const { epoch, frontier, state, store } = this.#options
      if (!rests(state, frontier) || this.#isNeeded) return Effect.succeed(false)
      const wakeAtMillis = parkedUntil(state)
      if (wakeAtMillis <= nowMillis) return Effect.succeed(false)
      const { runId } = state
      const settle = (isParked: boolean) => {
        this.#isParked = isParked
        if (!isParked) this.#set(nowMillis + againMillis)
        return Effect.succeed(isParked)
      }
      return Effect.matchEffect(store.driver.park({ runId, epoch, wakeAtMillis }), {
        onSuccess: settle,
        onFailure: (error) =>
          Effect.andThen(Effect.logDebug(`run "${runId}" could not be parked: ${error.message}`), () =>
            settle(false)
          )
      })
    })
  }

  /** Parks the run with its engine when that is closed, if it is to be parked at all and all that was decided is durable. */
  leave(isGivenUp: boolean, durableSequence: number): Effect.Effect<unknown> {
    const { afterMillis, isClosing, state } = this.#options
    const isWhole = isGivenUp && durableSequence === state.sequence
    return isClosing() && afterMillis < Infinity && isWhole && this.isKnown ? this.park : Effect.void
  }

  get #isNeeded(): boolean {
    return !this.#options.isFree() && !this.#options.isClosing()
  }

  #set(atMillis: number): void {
    const { alarms, state } = this.#options
    this.#since = state.sequence
    alarms.set(atMillis, { _tag: "Park", state, sequence: state.sequence })
  }
}
