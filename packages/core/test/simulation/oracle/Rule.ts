import type { Envelope, Event } from "@dagflow/protocol"
import type { Model } from "./Model.ts"

/** An event that is about to be taken into the model, and what is to be said about it. */
export interface Judged<E extends Event.Event = Event.Event> {
  readonly model: Model
  readonly envelope: Envelope.Envelope
  readonly event: E
  /** What comes before it in the same append. */
  readonly before: ReadonlyArray<Envelope.Envelope>
  readonly complain: (rule: string, message: string) => void
}

/** Judges an event by what the log said before. */
export type Rule = (judged: Judged) => void

/** Judges events of some names only. */
export const on =
  <Tag extends Event.EventTag>(
    tags: ReadonlyArray<Tag>,
    rule: (judged: Judged<Event.EventOf<Tag>>) => void
  ): Rule =>
  (judged) => {
    if ((tags as ReadonlyArray<string>).includes(judged.event._tag)) {
      rule(judged as unknown as Judged<Event.EventOf<Tag>>)
    }
  }
