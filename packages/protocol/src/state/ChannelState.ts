/** Where a channel of a run stands, and what becomes of the channels when a step ends. */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as ChannelSpec from "../definition/ChannelSpec.ts"
import { isEqualJson } from "../definition/isEqualJson.ts"
import * as Reducer from "../definition/Reducer.ts"
import type { StepConflict } from "../message/Step.ts"

/** The value of a channel, `undefined` for none yet, and its version, which has risen by one whenever the value changed. */
export interface ChannelState {
  readonly value: Schema.Json | undefined
  readonly version: number
}

/** The greatest version: a value that changes once more keeps it. */
export const versionMax = Number.MAX_SAFE_INTEGER

/** The channels of a run that begins, by name. */
export const initial = (specs: ChannelSpec.ChannelSpecs | undefined): Map<string, ChannelState> =>
  new Map(
    Object.entries(specs ?? {}).map(([name, spec]) => [
      name,
      { value: ChannelSpec.initialOf(spec), version: 0 }
    ])
  )

/** A channel with a value; the version rises if, and only if, the value is another one. */
export const withValue = (channel: ChannelState, value: Schema.Json): ChannelState =>
  isEqualJson(channel.value, value) ? channel : { value, version: Math.min(channel.version + 1, versionMax) }

/** What a node of a step writes, by channel. */
export interface Update {
  readonly nodeId: string
  readonly channels: Readonly<Record<string, Schema.Json>>
}

/** What became of the channels in a step. */
export interface Merged {
  /** The channels whose content changed, by name. */
  readonly changed: ReadonlyMap<string, ChannelState>
  readonly conflicts: ReadonlyArray<StepConflict>
}

/** An update that could not be merged. */
export interface MergeFailure {
  readonly channel: string
  readonly nodeId: string
  readonly message: string
}

/**
 * Merges the updates of a step in the order in which they are given, which is that of the frontier and not that in which
 * the nodes completed, and then lets the values that somebody has set take their places. `own` gives the reducer of a channel
 * whose reducer is not built in.
 *
 * Only what changes is made anew: a step costs what its updates cost, and a comparison of the values that they change.
 */
export const mergeStep = (
  specs: ChannelSpec.ChannelSpecs,
  channels: ReadonlyMap<string, ChannelState>,
  updates: ReadonlyArray<Update>,
  set: ReadonlyMap<string, Schema.Json>,
  own: (channel: string) => Reducer.Reduce
): Result.Result<Merged, MergeFailure> => {
  const writers = writersOf(updates)
  const changed = new Map<string, ChannelState>()
  const conflicts: Array<StepConflict> = []
  for (const [name, channel] of channels) {
    const written = writers.get(name) ?? []
    const reducer = ChannelSpec.reducerOf(specs[name] ?? {})
    const reduce = Reducer.find(reducer)?.reduce ?? own(name)
    if (written.length > 1) conflicts.push(...conflictsOf(name, reducer === "merge", written))
    let { value } = channel
    for (const { nodeId, update } of written) {
      const reduced = reduce(value, update)
      if (Result.isFailure(reduced)) return Result.fail({ channel: name, nodeId, message: reduced.failure })
      value = reduced.success
    }
    value = set.has(name) ? set.get(name) : value
    if (value === undefined) continue
    const after = withValue(channel, value)
    if (after !== channel) changed.set(name, after)
  }
  return Result.succeed({ changed, conflicts })
}

// -- internal -------------------------------------------------------------------------------------------------------

interface Written {
  readonly nodeId: string
  readonly update: Schema.Json
}

/**
 * What several nodes wrote: the channel, or of one that is merged member by member, each member that several of them wrote.
 */
const conflictsOf = (
  channel: string,
  isMerged: boolean,
  written: ReadonlyArray<Written>
): ReadonlyArray<StepConflict> => {
  const whole = { channel, nodeIds: written.map(({ nodeId }) => nodeId) }
  if (!isMerged) return [whole]
  const writers = new Map<string, Array<string>>()
  for (const { nodeId, update } of written) {
    if (typeof update !== "object" || update === null || Array.isArray(update)) return [whole]
    for (const key of Object.keys(update)) {
      const known = writers.get(key)
      if (known === undefined) writers.set(key, [nodeId])
      else known.push(nodeId)
    }
  }
  return [...writers].flatMap(([key, nodeIds]) => (nodeIds.length > 1 ? [{ channel, key, nodeIds }] : []))
}

const writersOf = (updates: ReadonlyArray<Update>): ReadonlyMap<string, ReadonlyArray<Written>> => {
  const writers = new Map<string, Array<Written>>()
  for (const { channels, nodeId } of updates) {
    for (const [channel, update] of Object.entries(channels)) {
      const known = writers.get(channel)
      if (known === undefined) writers.set(channel, [{ nodeId, update }])
      else known.push({ nodeId, update })
    }
  }
  return writers
}
