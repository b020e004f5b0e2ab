import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { CachePolicy, FlowConfig, RetryPolicy } from "@dagflow/protocol"
import type { CacheOptions } from "../../action/Action.ts"
import type { FlowSettings, RetryOptions } from "../FlowSettings.ts"

/** Takes note of a key that has no duration for its value. */
export type Refuse = (key: string, message: string) => void

/** What a definition holds for a duration: its milliseconds by key, or nothing when there is none. */
export const millis = <const Key extends string>(
  key: Key,
  input: Duration.Input | undefined,
  refuse: Refuse
): { readonly [K in Key]?: number } => {
  if (input === undefined) return {}
  const duration = Duration.fromInput(input)
  if (Option.isSome(duration)) return { [key]: Duration.toMillis(duration.value) } as { [K in Key]: number }
  refuse(key, `${JSON.stringify(input)} is not a duration: write one such as "30 seconds"`)
  return {}
}

/** The retry keys of a definition. */
export const retry = ({ initial, max, ...plain }: RetryOptions, refuse: Refuse): RetryPolicy.RetryPolicy => ({
  ...plain,
  ...millis("initialMillis", initial, refuse),
  ...millis("maxMillis", max, refuse)
})

/** The cache of a node in a definition. */
export const cache = (options: CacheOptions, refuse: Refuse): CachePolicy.CachePolicy => {
  if (typeof options === "boolean") return options && {}
  return {
    ...millis("ttlMillis", options.ttl, (_, message) => refuse("ttl", message)),
    ...(options.key !== undefined && { key: options.key })
  }
}

/** The configuration of a definition. */
export const config = (
  { cancelGrace, hookTimeout, nodeTimeout, retry: retries, timeout, ...plain }: FlowSettings,
  refuse: Refuse
): FlowConfig.FlowConfig => ({
  ...plain,
  ...(retries === undefined
    ? {}
    : { retry: retry(retries, (key, message) => refuse(`retry.${key}`, message)) }),
  ...millis("timeoutMillis", timeout, refuse),
  ...millis("nodeTimeoutMillis", nodeTimeout, refuse),
  ...millis("hookTimeoutMillis", hookTimeout, refuse),
  ...millis("cancelGraceMillis", cancelGrace, refuse)
})
