/** Runs that go on with the channels of a run that has ended. */
import {
  AnswerCheck,
  ChannelSpec,
  ChannelState,
  type Event,
  RunError,
  type RunReason,
  type RunState,
  RunStatus,
  type StoreError
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { frozenJson } from "../action/frozenJson.ts"
import type { Plan } from "../plan/Plan.ts"
import type { RunStore } from "../store/RunStore.ts"
import { findRow } from "./findRow.ts"
import { loadRun } from "./loadRun.ts"

/** What a run continues, and how values of an older version become such of this one. */
export interface Continuation {
  readonly runId: string
  /** By channel: makes a value of this version of one of the version that was recorded. */
  readonly migrate?: Readonly<Record<string, (value: Schema.Json, version: number) => unknown>>
}

/** The id of the run that is continued. */
export const sourceOf = (given: string | Continuation | undefined): string | undefined =>
  typeof given === "object" ? given.runId : given

/** What a run begins with that continues an ended one. `runId` is the id of the run that begins. */
export const continueRun = (
  store: RunStore,
  runId: string,
  { config, flow }: Plan,
  given: string | Continuation
): Effect.Effect<Event.ContinuedRun, StoreError | RunError> =>
  Effect.gen(function* () {
    const { migrate = {}, runId: sourceId } = typeof given === "string" ? { runId: given } : given
    const refuse = (reason: RunReason) => new RunError({ runId, reason })
    const refuseInput = (message: string) => refuse({ _tag: "InvalidInput", message })
    if (config.strategy !== "superstep") {
      return yield* refuseInput(
        `a run continues the steps of another one, and this one goes by "${config.strategy}", which has none`
      )
    }
    yield* findRow(store, sourceId)
    const { state } = yield* loadRun(store, sourceId)
    if (!RunStatus.isEnded(state.status)) {
      return yield* refuseInput(
        `run "${sourceId}" is ${state.status}: only a run that has ended can be continued`
      )
    }
    const carried = carriedOver(state, flow.channels ?? {})
    const changed = carried.flatMap(({ declared, name, recorded }) =>
      recorded === declared || Object.hasOwn(migrate, name) ? [] : [{ channel: name, recorded, declared }]
    )
    if (changed.length > 0) return yield* refuse({ _tag: "ChannelsChanged", channels: changed })
    const channels: Record<string, Event.ContinuedRun["channels"][string]> = {}
    for (const { channel, declared, name, recorded, spec } of carried) {
      const read =
        recorded === declared ? Result.succeed(channel.value) : migrated(channel, recorded, migrate[name])
      const problem = Result.isFailure(read) ? read.failure : misfit(spec, read.success)
      if (problem !== undefined) {
        return yield* refuseInput(`channel "${name}" of run "${sourceId}" cannot be continued: ${problem}`)
      }
      const value = Result.getOrUndefined(read)
      channels[name] = { ...(value !== undefined && { value }), version: channel.version }
    }
    return { runId: sourceId, step: state.step?.number ?? 0, channels }
  })

// -- internal -------------------------------------------------------------------------------------------------------

interface Carried {
  readonly name: string
  readonly spec: ChannelSpec.ChannelSpec
  readonly channel: ChannelState.ChannelState
  /** Versions of what the values look like: of those there are, and of those that the flow wants. */
  readonly recorded: number
  readonly declared: number
}

/** The channels that both runs have as durable ones, with what they held at the end. */
const carriedOver = (state: RunState.RunState, specs: ChannelSpec.ChannelSpecs): ReadonlyArray<Carried> =>
  Object.entries(specs).flatMap(([name, spec]) => {
    const before = state.flow?.channels?.[name]
    const held = state.channels.get(name)
    if (before === undefined || held === undefined || isOfRun(before) || isOfRun(spec)) return []
    const edit = state.edits.get(name)
    const channel = edit === undefined ? held : ChannelState.withValue(held, edit)
    const [recorded, declared] = [ChannelSpec.versionOf(before), ChannelSpec.versionOf(spec)]
    return [{ name, spec, channel, recorded, declared }]
  })

const isOfRun = ({ scope }: ChannelSpec.ChannelSpec): boolean => scope === "run"

const migrated = (
  { value }: ChannelState.ChannelState,
  recorded: number,
  migrate: NonNullable<Continuation["migrate"]>[string] | undefined
): Result.Result<Schema.Json | undefined, string> => {
  if (value === undefined || migrate === undefined) return Result.succeed(value)
  const made = Result.try({
    try: () => migrate(value, recorded),
    catch: (error) => `its migration throws: ${error instanceof Error ? error.message : String(error)}`
  })
  return Result.flatMap(made, (one) => Result.map(frozenJson(one, "its value"), (frozen) => frozen.value))
}

const misfit = ({ schema }: ChannelSpec.ChannelSpec, value: Schema.Json | undefined): string | undefined =>
  schema === undefined || value === undefined ? undefined : AnswerCheck.answerProblem(schema, value)
