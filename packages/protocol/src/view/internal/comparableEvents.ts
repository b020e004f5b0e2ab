/** Events without what two runs never have in common although they went the same way. */
import type * as Schema from "effect/Schema"
import type { Envelope } from "../../message/Envelope.ts"
import type { Event } from "../../message/Event.ts"
import type { WaitEnd } from "../../message/Wait.ts"

/** An event as it is compared. */
export interface Comparable {
  readonly sequence: number
  readonly event: string
  readonly json: Schema.JsonObject
}

/**
 * The events of a log that are compared. Owners are left out, and so are ids of runs, of commands and of other runs, times and
 * seeds. Numbers of events count only what is compared.
 */
export const comparableEvents = (log: ReadonlyArray<Envelope>): ReadonlyArray<Comparable> => {
  const numbers = new Map<number, number>()
  const renumber = (sequence: number): number => numbers.get(sequence) ?? 0
  const unnamed = withoutChildIds(log)
  return log.flatMap(({ cause, event, sequence }) => {
    if (event._tag === "RunOwned") return []
    numbers.set(sequence, numbers.size + 1)
    const json = unnamed({ ...event, ...replaced(event, renumber) }) as Record<string, unknown>
    for (const key of ["fork", "seed", "retryAtMillis", "cachedAtMillis"]) delete json[key]
    if (event._tag === "SubFlowStarted") delete json["runId"]
    if (cause?.hook !== undefined) {
      const at = cause.sequence === undefined ? {} : { sequence: renumber(cause.sequence) }
      json["cause"] = { hook: cause.hook, ...at }
    }
    return [{ sequence, event: event._tag, json: json as Schema.JsonObject }]
  })
}

/**
 * Replaces the ids of child runs in errors by the nodes and attempts that those are: an error of a child names its run, and
 * that is named after its parent.
 */
export const withoutChildIds = (log: ReadonlyArray<Envelope>): ((value: object) => object) => {
  const names = new Map<string, string>()
  for (const { event } of log) {
    if (event._tag === "SubFlowStarted") names.set(event.runId, `${event.nodeId}/${event.attempt}`)
  }
  if (names.size === 0) return (value) => value
  const renamed = (text: string): string => {
    const known = names.get(text)
    if (known !== undefined) return known
    if (!text.includes('run "')) return text
    let own = text
    for (const [id, name] of names) {
      own = own.replaceAll(`run "${id}"`, `run "${name}"`).replaceAll(`run "${id}/`, `run "${name}/`)
    }
    return own
  }
  return (value) => {
    const own: Record<string, unknown> = { ...value }
    for (const key of ofErrors) if (own[key] !== undefined) own[key] = mapTexts(own[key], renamed)
    return own
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Where errors are in events and in what is known of nodes. */
const ofErrors = ["error", "handlerError", "failure", "result"]

const mapTexts = (value: unknown, map: (text: string) => string): unknown => {
  if (typeof value === "string") return map(value)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, map))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, map)]))
}

const without = <A extends object, K extends keyof A>(value: A, key: K): Omit<A, K> => {
  const { [key]: _, ...rest } = value
  return rest
}

const renumbered = (end: WaitEnd, renumber: (sequence: number) => number): WaitEnd =>
  end._tag === "Answered" ? { ...end, sequence: renumber(end.sequence) } : end

/** What takes the place of members that name other events, other runs or moments. */
const replaced = (event: Event, renumber: (sequence: number) => number): object => {
  switch (event._tag) {
    case "RunStarted":
      return {
        ...(event.parent !== undefined && { parent: without(event.parent, "runId") }),
        ...(event.continues !== undefined && { continues: without(event.continues, "runId") })
      }
    case "NodeWaiting":
      return event.deadline === undefined ? {} : { deadline: without(event.deadline, "atMillis") }
    case "NodeCompleted":
    case "NodeFailed":
      return event.waitEnd === undefined ? {} : { waitEnd: renumbered(event.waitEnd, renumber) }
    case "HookAnswered":
    case "HookFailed":
      return { sequence: renumber(event.sequence) }
    case "CommandRejected":
      return event.signal === undefined
        ? {}
        : { signal: { ...event.signal, sequence: renumber(event.signal.sequence) } }
    default:
      return {}
  }
}
