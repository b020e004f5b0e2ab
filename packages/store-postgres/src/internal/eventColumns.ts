/** Events as a statement takes them: one array for each column. */
import type { StoredEvent } from "@dagflow/protocol"
import { encodeText } from "./postgresText.ts"

/**
 * Writes the events of a batch, where `owner` names what has a `number` of its member, the `key` of its run and the number
 * that comes `after`. The parameters begin with `$first`. Their numbers are not sent: they follow from their places.
 */
export const insertEvents = (table: string, owner: string, first: number): string => `
  INSERT INTO ${table} (run_key, at, sequence, epoch, cause, event)
  SELECT o.key, e.at, o.after + e.place, e.epoch, e.cause, e.event
  FROM unnest($${first}::integer[], $${first + 1}::integer[], $${first + 2}::double precision[],
    $${first + 3}::integer[], $${first + 4}::text[], $${first + 5}::text[])
    AS e (number, place, at, epoch, cause, event)
  JOIN ${owner} o ON o.number = e.number`

/** The parameters of `insertEvents`: each member's events with the number of the member, from 1 on. */
export const eventColumns = (members: ReadonlyArray<ReadonlyArray<StoredEvent>>): ReadonlyArray<unknown> => {
  const numbers: Array<number> = []
  const places: Array<number> = []
  const times: Array<number> = []
  const epochs: Array<number> = []
  const causes: Array<string | null> = []
  const texts: Array<string> = []
  for (const [index, events] of members.entries()) {
    for (const [place, event] of events.entries()) {
      numbers.push(index + 1)
      places.push(place + 1)
      times.push(event.atMillis)
      epochs.push(event.epoch)
      causes.push(event.cause === undefined ? null : encodeText(event.cause))
      texts.push(encodeText(event.event))
    }
  }
  return [numbers, places, times, epochs, causes, texts]
}

/** About how many bytes events send. */
export const eventBytes = (events: ReadonlyArray<StoredEvent>): number =>
  events.reduce((sum, { cause, event }) => sum + event.length + (cause?.length ?? 0), 0)
