/** The part of the fold that changes channels: at the end of a step, and before one when somebody has set a value. */
import * as Result from "effect/Result"
import type * as Reducer from "../definition/Reducer.ts"
import type { EventOf } from "../message/Event.ts"
import * as ChannelState from "./ChannelState.ts"
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"
import { updatesOf } from "./VisitState.ts"

/** Gives the run its channels: those of its flow, and of these what the run held that it continues. */
export const openChannels = (state: RunState, event: EventOf<"RunStarted">): void => {
  const channels = ChannelState.initial(event.flow.channels)
  state.channels = channels
  for (const [name, { value, version }] of Object.entries(event.continues?.channels ?? {})) {
    if (channels.has(name)) channels.set(name, { value, version })
    else state.violations.push(`RunStarted continues channel "${name}", which the flow does not have`)
  }
}

/** Keeps a value for the end of the step, or for the next step when none goes on. */
export const setChannel = (state: RunState, { channel, value }: EventOf<"ChannelSet">): void => {
  if (state.channels.has(channel)) state.edits.set(channel, value)
  else state.violations.push(`ChannelSet at ${state.sequence}: there is no channel "${channel}"`)
}

/** Lets the values that were set between two steps count. */
export const applyEdits = (state: RunState): void => {
  // Who has begun goes on with what the channels held then.
  const channels = new Map(state.channels)
  for (const [name, value] of state.edits) {
    const channel = channels.get(name)
    if (channel !== undefined) channels.set(name, ChannelState.withValue(channel, value))
  }
  state.channels = channels
  state.edits.clear()
}

/**
 * Merges what the nodes of a step wrote. Built-in reducers do it once more, so that the log need not hold what they come to;
 * what a reducer of the user's own came to is in the event.
 */
export const mergeChannels = (
  state: RunState,
  { unmerged, values = {}, versions = {} }: EventOf<"StepCompleted">,
  ran: ReadonlyArray<NodeState>
): void => {
  if (unmerged === true) return
  const recorded =
    (channel: string): Reducer.Reduce =>
    (current) => {
      const value = Object.hasOwn(values, channel) ? values[channel] : current
      return value === undefined ? Result.fail("the event holds no value of it") : Result.succeed(value)
    }
  const merged = ChannelState.mergeStep(
    state.flow?.channels ?? {},
    state.channels,
    updatesOf(ran),
    state.edits,
    recorded
  )
  const complain = (message: string) =>
    void state.violations.push(`StepCompleted at ${state.sequence}: ${message}`)
  if (Result.isFailure(merged)) {
    return complain(`channel "${merged.failure.channel}" cannot be merged: ${merged.failure.message}`)
  }
  const { changed } = merged.success
  for (const [name, channel] of state.channels) {
    const { version } = changed.get(name) ?? channel
    const told = versions[name] ?? channel.version
    if (told !== version) complain(`channel "${name}" is of version ${version}, and not of ${told}`)
  }
  if (changed.size > 0) state.channels = new Map([...state.channels, ...changed])
  state.edits.clear()
}
