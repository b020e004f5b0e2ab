/**
 * One turn of a run: events are decided one after the other, each against the state that the one before left.
 *
 * The state runs ahead of the log while a turn is being decided. Nobody outside the turn sees it before the turn's events
 * have been appended; if they cannot be, the state is thrown away with the turn.
 */
import { Envelope, type Event, Evolve, type RunState } from "@dagflow/protocol"

/** One turn of a run. */
export class Turn {
  readonly state: RunState.RunState
  /** Time of the turn's events, in milliseconds since 1970. */
  nowMillis = 0
  /** Fencing token of the owner. */
  epoch = 0
  /** What has been decided and not been appended yet. */
  events: Array<Envelope.Envelope> = []
  /** What was taken out last. */
  taken: ReadonlyArray<Envelope.Envelope> = []

  constructor(state: RunState.RunState) {
    this.state = state
    this.epoch = state.epoch
  }

  /** Decides an event: it takes effect on the state at once, and it will be in the turn's append. */
  record(event: Event.Event, cause?: Envelope.EventCause): void {
    const { state } = this
    const at = this.nowMillis
    const { epoch } = this
    const envelope: Envelope.Envelope =
      cause === undefined
        ? { version: Envelope.version, runId: state.runId, sequence: state.sequence + 1, at, epoch, event }
        : {
            version: Envelope.version,
            runId: state.runId,
            sequence: state.sequence + 1,
            at,
            epoch,
            cause,
            event
          }
    Evolve.evolve(state, envelope)
    // A run is never taken up with a log that breaks the rules, so what is broken here is the engine: better to stop.
    if (state.violations.length > 0) throw new Error(`run "${state.runId}": ${state.violations.join("; ")}`)
    this.events.push(envelope)
  }

  /** Takes the decided events out, to be appended. */
  take(): ReadonlyArray<Envelope.Envelope> {
    const { events } = this
    this.events = []
    this.taken = events
    return events
  }
}
