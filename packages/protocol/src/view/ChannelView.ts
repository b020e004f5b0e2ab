/** The channels of a run as people want to see them. */
import * as Schema from "effect/Schema"
import * as ChannelSpec from "../definition/ChannelSpec.ts"
import type { RunState } from "../state/RunState.ts"
import { present } from "./internal/present.ts"

/** What several nodes of one step wrote. */
export const ChannelConflict = Schema.Struct({
  step: Schema.Int,
  /** The member that they wrote, of a channel that is merged member by member. */
  key: Schema.optionalKey(Schema.String),
  /** The writers, in the order in which what they wrote was merged. */
  nodeIds: Schema.Array(Schema.String)
})
/** What several nodes of one step wrote. */
export type ChannelConflict = typeof ChannelConflict.Type

/** A channel of a run. */
export const ChannelView = Schema.Struct({
  name: Schema.String,
  description: Schema.optionalKey(Schema.String),
  reducer: Schema.String,
  scope: Schema.Literals(["durable", "run"]),
  /** What it holds; absent before the first update of one without a default. */
  value: Schema.optionalKey(Schema.Json),
  /** How often its content has changed. */
  version: Schema.Int,
  /** The value that somebody has set and that counts from the next step on. */
  edit: Schema.optionalKey(Schema.Json),
  /** Every time that several nodes of a step wrote to it, in the order of the steps. */
  conflicts: Schema.Array(ChannelConflict)
})
/** A channel of a run. */
export type ChannelView = typeof ChannelView.Type

/** The channels of a run in the order of the flow; `undefined` for a flow without any. */
export const ofRun = (state: RunState): ReadonlyArray<ChannelView> | undefined => {
  const specs = Object.entries(state.flow?.channels ?? {})
  if (specs.length === 0) return undefined
  const conflicts = conflictsOf(state)
  return specs.map(([name, spec]) => {
    const channel = state.channels.get(name)
    return present({
      name,
      description: spec.description,
      reducer: ChannelSpec.reducerOf(spec),
      scope: spec.scope ?? "durable",
      value: channel?.value,
      version: channel?.version ?? 0,
      edit: state.edits.get(name),
      conflicts: conflicts.get(name) ?? []
    })
  })
}

// -- internal -------------------------------------------------------------------------------------------------------

const conflictsOf = ({ step }: RunState): ReadonlyMap<string, ReadonlyArray<ChannelConflict>> => {
  const found = new Map<string, Array<ChannelConflict>>()
  for (const { completed } of step?.records ?? []) {
    for (const { channel, ...conflict } of completed?.conflicts ?? []) {
      const one = { step: completed?.step ?? 0, ...conflict }
      const known = found.get(channel)
      if (known === undefined) found.set(channel, [one])
      else known.push(one)
    }
  }
  return found
}
