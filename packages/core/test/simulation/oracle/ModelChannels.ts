/**
 * What the channels of a run hold, worked out from what nodes wrote. It knows the five channels of simulated flows and nothing
 * of the reducers that the engine uses.
 */
import type { Event } from "@dagflow/protocol"

type Json = Exclude<Event.EventOf<"ChannelSet">["value"], undefined>

/** The greatest sum that the channel `cost` takes. */
export const costMax = 9

/** What a step's end has to tell of channels. */
export interface StepOutcome {
  readonly updated: ReadonlyArray<string>
  readonly versions: Readonly<Record<string, number>>
  readonly values: Readonly<Record<string, Json>>
  readonly conflicts: ReadonlyArray<object>
  readonly unmerged: boolean
}

interface Written {
  readonly nodeId: string
  readonly update: Json
}

const listed = (value: Json): ReadonlyArray<Json> => (Array.isArray(value) ? value : [value])

const lengthOf = (value: Json | undefined): number => (typeof value === "string" ? value.length : 0)

const reduce = (channel: string, value: Json | undefined, update: Json): Json => {
  switch (channel) {
    case "log":
      return [...listed(value ?? []), ...listed(update)]
    case "cost":
      return Number(value) + Number(update)
    case "facts": {
      const entries = Object.entries({ ...(value as object), ...(update as object) })
      return Object.fromEntries(entries.filter(([, member]) => member !== null)) as Json
    }
    case "word":
      return lengthOf(update) > lengthOf(value) ? update : (value ?? update)
    default:
      return update
  }
}

/** A text that is the same for the same content, whatever the order of its keys. */
const contentOf = (value: Json | undefined): string => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value) ?? ""
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const conflictsIn = (channel: string, written: ReadonlyArray<Written>): ReadonlyArray<object> => {
  if (written.length < 2) return []
  if (channel !== "facts") return [{ channel, nodeIds: written.map(({ nodeId }) => nodeId) }]
  const keys = [...new Set(written.flatMap(({ update }) => Object.keys(update as object)))]
  return keys.flatMap((key) => {
    const nodeIds = written.flatMap(({ nodeId, update }) => (key in (update as object) ? [nodeId] : []))
    return nodeIds.length < 2 ? [] : [{ channel, key, nodeIds }]
  })
}

/**
 * Whether a condition of a simulated node holds that reads channels: `undefined` when one has no value, `"none"` when it reads
 * something else.
 */
export const holdsOfChannels = (
  held: ReadonlyMap<string, unknown>,
  condition: string
): boolean | undefined | "none" => {
  const [, test, channel = "", modulus, rest, text] =
    /^(has\(|size\()?channels\.(\w+)\)?(?: % (\d) == (\d))?(?: == "(\w+)")?$/.exec(condition) ?? []
  if (channel === "") return "none"
  const value = held.get(channel)
  if (test === "has(") return value !== undefined
  if (value === undefined) return undefined
  if (text !== undefined) return value === text
  const count = test === "size(" ? (value as ReadonlyArray<unknown>).length : Number(value)
  return count % Number(modulus) === Number(rest)
}

/** What the channels of a run hold. */
export class ModelChannels {
  readonly held = new Map<string, { value: Json | undefined; version: number }>()
  readonly #updates = new Map<string, Readonly<Record<string, Json>>>()
  readonly #edits = new Map<string, Json>()

  /** What they hold now, by name. */
  get values(): ReadonlyMap<string, unknown> {
    return new Map([...this.held].map(([name, { value }]) => [name, value]))
  }

  start(names: ReadonlyArray<string>, continued: Event.ContinuedRun["channels"] = {}): void {
    const initial: Readonly<Record<string, Json>> = { log: [], cost: 0, facts: {}, word: "" }
    for (const name of names) {
      const { value, version = 0 } = continued[name] ?? { value: initial[name] }
      this.held.set(name, { value, version })
    }
  }

  /** What a channel leaves to a run that continues this one: what was set last counts, though no step came to see it. */
  atEnd(name: string): Event.ContinuedRun["channels"][string] {
    const { value, version = 0 } = this.held.get(name) ?? { value: undefined }
    const edit = this.#edits.get(name)
    if (edit !== undefined && contentOf(edit) !== contentOf(value))
      return { value: edit, version: version + 1 }
    return { ...(value !== undefined && { value }), version }
  }

  write(nodeId: string, updates: Readonly<Record<string, Json>> | undefined): void {
    if (updates !== undefined) this.#updates.set(nodeId, updates)
  }

  edit(channel: string, value: Json): void {
    this.#edits.set(channel, value)
  }

  /** What the end of a step comes to whose nodes ran in this order. */
  outcome(ran: ReadonlyArray<string>): StepOutcome {
    const updated: Array<string> = []
    const versions: Record<string, number> = {}
    const values: Record<string, Json> = {}
    const conflicts: Array<object> = []
    for (const [channel, { value, version }] of this.held) {
      const written = ran.flatMap((nodeId): ReadonlyArray<Written> => {
        const update = this.#updates.get(nodeId)?.[channel]
        return update === undefined ? [] : [{ nodeId, update }]
      })
      conflicts.push(...conflictsIn(channel, written))
      const reduced = written.reduce<Json | undefined>(
        (now, { update }) => reduce(channel, now, update),
        value
      )
      const next = this.#edits.get(channel) ?? reduced
      if (next === undefined || contentOf(next) === contentOf(value)) continue
      if (channel === "cost" && Number(next) > costMax) {
        return { updated: [], versions: {}, values: {}, conflicts: [], unmerged: true }
      }
      updated.push(channel)
      versions[channel] = version + 1
      values[channel] = next
    }
    return { updated, versions, values, conflicts, unmerged: false }
  }

  /** A step has ended. */
  complete(ran: ReadonlyArray<string>): void {
    const { values, versions } = this.outcome(ran)
    for (const [channel, value] of Object.entries(values)) {
      this.held.set(channel, { value, version: versions[channel] ?? 0 })
    }
    this.#updates.clear()
    this.#edits.clear()
  }

  /** A step begins: what was set before it counts. */
  begin(): void {
    for (const [channel, value] of this.#edits) {
      const held = this.held.get(channel)
      if (held === undefined || contentOf(held.value) === contentOf(value)) continue
      this.held.set(channel, { value, version: held.version + 1 })
    }
    this.#edits.clear()
  }
}
