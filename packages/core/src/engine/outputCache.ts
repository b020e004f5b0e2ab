/**
 * Outputs that are used again: the same version of an action, asked for the same inputs, gave them before.
 *
 * A cache that fails costs the work that it would have saved, and never a node: it is told as a warning.
 */
import { ContentHash, type Event, type NodeState, type StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { CompiledAction } from "../action/compiledAction.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { ResolvedInputs } from "./resolveInputs.ts"

/** Under which key outputs are looked for and kept, and for how long. */
export interface CacheUse {
  readonly key: string
  readonly ttlMillis: number | undefined
}

/** Outputs as they are kept: whole, with nothing left outside. */
export interface KeptOutputs {
  readonly outputs: Event.Outputs
  readonly metadata: Readonly<Record<string, Schema.Json>> | undefined
}

/** Outputs that were found. */
export interface FoundOutputs extends KeptOutputs {
  /** Length of them as JSON text. */
  readonly size: number
  readonly atMillis: number
}

/**
 * How a node uses the cache, or `undefined` when it does not. What comes from the environment counts by the text that names
 * it, since no secret may be guessed from a key.
 */
export const cacheUse = (
  { driver }: RunStore,
  { spec }: NodeState.NodeState,
  { action }: CompiledAction,
  inputs: ResolvedInputs
): CacheUse | undefined => {
  const policy = spec.cache ?? action.cache
  if (policy === undefined || policy === false || !driver.abilities.cache) return undefined
  const counts = (name: string): boolean => policy.key === undefined || policy.key.includes(name)
  const asked = {
    action: action.name,
    version: action.version ?? null,
    inputs: Object.fromEntries(Object.entries(inputs.values).filter(([name]) => counts(name))),
    templates: inputs.templates
      .filter(({ place }) => counts(place[0]))
      .map(({ place, text }) => [place, text] as const),
    artifacts: inputs.artifacts
      .filter(({ place }) => counts(place[0]))
      .map(
        ({ binding, path, place, stub }) => [place, stub.$artifact, path, binding.default ?? null] as const
      )
  }
  return { key: ContentHash.ofJson(asked as unknown as Schema.Json), ttlMillis: policy.ttlMillis }
}

/** Looks for outputs that are still good, and that the action might have given. */
export const findOutputs = (
  { driver }: RunStore,
  { key, ttlMillis = Infinity }: CacheUse,
  action: CompiledAction
): Effect.Effect<FoundOutputs | undefined> =>
  Effect.gen(function* () {
    const nowMillis = yield* Clock.currentTimeMillis
    const found = yield* driver.getCached(key, nowMillis)
    // The definition may have been given a shorter time since.
    if (found === undefined || found.atMillis + ttlMillis <= nowMillis) return undefined
    const { atMillis, content } = found
    const kept = read(content, action)
    return kept && { ...kept, size: content.length, atMillis }
  }).pipe(surviving("looked for", undefined))

/** Keeps outputs for whoever asks the same. */
export const keepOutputs = (
  { driver }: RunStore,
  { key, ttlMillis }: CacheUse,
  { metadata, outputs }: KeptOutputs
): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (atMillis) =>
    driver.putCached({
      key,
      content: JSON.stringify(metadata === undefined ? { outputs } : { outputs, metadata }),
      atMillis,
      expiresAtMillis: ttlMillis === undefined ? undefined : atMillis + ttlMillis
    })
  ).pipe(surviving("kept", undefined))

// -- internal -------------------------------------------------------------------------------------------------------

const surviving =
  <B>(what: string, standIn: B) =>
  <A>(effect: Effect.Effect<A, StoreError>): Effect.Effect<A | B> =>
    Effect.catchTag(effect, "StoreError", (error) =>
      Effect.as(Effect.logWarning(`cached outputs could not be ${what}: ${error.message}`), standIn)
    )

const isRecord = (value: unknown): value is Readonly<Record<string, Schema.Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Outputs that the action's own schema does not take were made by other code, and are not used. */
const read = (content: string, { conform }: CompiledAction): KeptOutputs | undefined => {
  const parsed = Result.try((): unknown => JSON.parse(content))
  if (Result.isFailure(parsed) || !isRecord(parsed.success)) return undefined
  const { metadata, outputs } = parsed.success
  const given = conform === undefined ? Result.succeed<unknown>(outputs) : conform.convert(outputs)
  if (Result.isFailure(given) || !isRecord(given.success)) return undefined
  return { outputs: given.success, metadata: isRecord(metadata) ? metadata : undefined }
}
