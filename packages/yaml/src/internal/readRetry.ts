import { RetryPolicy } from "@dagflow/protocol"
import { isScalar } from "yaml"
import * as FlowFile from "../FlowFile.ts"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import type { Writable } from "./writable.ts"

type Retry = Writable<RetryPolicy.RetryPolicy>

const fields = RetryPolicy.RetryPolicy.fields
const keys = MapReader.keys("retry", Object.keys(FlowFile.Retry.fields))
const backoff = Leaf.of(fields.backoff.schema)
const initial = Leaf.duration(fields.initialMillis.schema, "0s")
const factor = Leaf.of(fields.factor.schema)
const max = Leaf.duration(fields.maxMillis.schema, "0s")
const jitter = Leaf.of(fields.jitter.schema)

/** Reads a number of attempts in total, under any of its names. */
export const tries = Leaf.of(fields.tries.schema)

/** Reads the value of `retry`. */
export const read = (at: Cursor.Cursor): RetryPolicy.RetryPolicy | undefined => {
  if (Cursor.isNull(at)) return undefined
  const policy: Retry = {}
  const given = MapReader.read(at, keys, (name, value) => {
    switch (name) {
      case "tries":
        return Leaf.set(policy, "tries", tries(value, name))
      case "backoff":
        return Leaf.set(policy, "backoff", backoff(value, name))
      case "initial":
        return Leaf.set(policy, "initialMillis", initial(value, name))
      case "factor":
        return Leaf.set(policy, "factor", factor(value, name))
      case "max":
        return Leaf.set(policy, "maxMillis", max(value, name))
      case "jitter":
        return Leaf.set(policy, "jitter", jitter(value, name))
      case "retryIf":
        return Leaf.set(policy, "retryIf", Leaf.texts(value, name))
    }
  })
  return given === undefined ? undefined : policy
}

const exponentialKeys = MapReader.keys("strategy", ["initial_delay_secs", "max_delay_secs", "multiplier"])
const linearKeys = MapReader.keys("strategy", ["delay_secs"])

/**
 * Reads the value of Dagger's `retry_strategy`. Its linear strategy waits the same time each time, and none of its
 * strategies has jitter.
 */
export const readStrategy = (at: Cursor.Cursor): RetryPolicy.RetryPolicy | undefined => {
  if (Cursor.isNull(at)) return undefined
  if (isScalar(at.node) && at.node.value === "Immediate") return { backoff: "immediate", jitter: 0 }
  const variant = variantOf(at)
  if (variant === undefined) {
    Leaf.refuse(at, "retry_strategy", "expected Immediate, Exponential: { … } or Linear: { … }")
    return undefined
  }
  const policy: Retry = { backoff: variant.name === "Linear" ? "fixed" : "exponential", jitter: 0 }
  MapReader.read(variant.at, variant.name === "Linear" ? linearKeys : exponentialKeys, (name, value) => {
    switch (name) {
      case "initial_delay_secs":
      case "delay_secs":
        return Leaf.set(policy, "initialMillis", initial(value, name))
      case "max_delay_secs":
        return Leaf.set(policy, "maxMillis", max(value, name))
      case "multiplier":
        return Leaf.set(policy, "factor", factor(value, name))
    }
  })
  // A fixed wait is never cut short, so that it has to be below the longest one.
  return policy.backoff === "fixed" && policy.initialMillis !== undefined
    ? { ...policy, maxMillis: policy.initialMillis }
    : policy
}

/** The name and the fields of a strategy: written with a tag, as Dagger's own library does, or as a map of one key. */
const variantOf = (at: Cursor.Cursor): { readonly name: string; readonly at: Cursor.Cursor } | undefined => {
  const tag = at.node.tag
  if (tag === "!Exponential" || tag === "!Linear") return { name: tag.slice(1), at }
  const entries = Cursor.entries(at) ?? []
  const [entry] = entries
  if (entry === undefined || entries.length > 1 || entry.value === undefined) return undefined
  return entry.name === "Exponential" || entry.name === "Linear"
    ? { name: entry.name, at: entry.value }
    : undefined
}
