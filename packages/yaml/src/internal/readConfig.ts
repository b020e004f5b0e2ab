import { Budget, FlowConfig } from "@dagflow/protocol"
import type * as FlowFile from "../FlowFile.ts"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as ReadBudget from "./readBudget.ts"
import * as Origins from "./origins.ts"
import * as ReadFailurePolicy from "./readFailurePolicy.ts"
import * as ReadInterrupts from "./readInterrupts.ts"
import * as ReadRetry from "./readRetry.ts"
import type { Writable } from "./writable.ts"

type Config = Writable<FlowConfig.FlowConfig>

/** Reads the value of a key into the configuration; `part` takes the places of what is inside of it. */
type Read = (config: Config, at: Cursor.Cursor, name: string, part: Origins.Origins) => void

const fields = FlowConfig.ResolvedConfig.fields
const timeouts = FlowConfig.FlowConfig.fields

const into =
  <Key extends keyof Config>(key: Key, leaf: Leaf.Leaf<NonNullable<Config[Key]>>): Read =>
  (config, at, name) =>
    Leaf.set(config, key, leaf(at, name))

const maxParallel = Leaf.of(fields.maxParallel)
const maxIterations = Leaf.of(fields.maxIterations)
const maxTokens = Leaf.of(Budget.limits.tokens.schema)
const timeout = Leaf.duration(timeouts.timeoutMillis.schema, "1ms")

const readers: Readonly<Record<keyof typeof FlowFile.Config.fields, Read>> = {
  strategy: into("strategy", Leaf.of(fields.strategy)),
  interrupts: (config, at, _, part) => Leaf.set(config, "interrupts", ReadInterrupts.read(at, part)),
  maxParallel: into("maxParallel", maxParallel),
  max_parallel_nodes: into("maxParallel", maxParallel),
  // Decided once all keys are known: off means off, wherever the number of nodes stands.
  enable_parallel_execution: () => undefined,
  onFailure: into("onFailure", Leaf.of(fields.onFailure)),
  on_failure: into("onFailure", ReadFailurePolicy.read),
  retry: (config, at) => mergeRetry(config, ReadRetry.read(at)),
  retry_strategy: (config, at) => mergeRetry(config, ReadRetry.readStrategy(at)),
  max_attempts: (config, at, name) => {
    const tries = ReadRetry.tries(at, name)
    if (tries !== undefined) mergeRetry(config, { tries })
  },
  onHookFailure: into("onHookFailure", Leaf.of(fields.onHookFailure)),
  hookTimeout: into("hookTimeoutMillis", Leaf.duration(fields.hookTimeoutMillis, "1ms")),
  cancelGrace: into("cancelGraceMillis", Leaf.duration(fields.cancelGraceMillis, "0s")),
  timeout: into("timeoutMillis", timeout),
  timeout_seconds: into("timeoutMillis", timeout),
  nodeTimeout: into("nodeTimeoutMillis", Leaf.duration(timeouts.nodeTimeoutMillis.schema, "1ms")),
  budget: (config, at) => mergeBudget(config, ReadBudget.read(at)),
  max_tokens: (config, at, name) => {
    const tokens = maxTokens(at, name)
    if (tokens !== undefined) mergeBudget(config, { tokens })
  },
  nodesMax: into("nodesMax", Leaf.of(fields.nodesMax)),
  maxIterations: into("maxIterations", maxIterations),
  max_iterations: into("maxIterations", maxIterations),
  payloadBytesMax: into("payloadBytesMax", Leaf.of(fields.payloadBytesMax)),
  artifactBytesMin: into("artifactBytesMin", Leaf.of(fields.artifactBytesMin)),
  maxLostAttempts: into("maxLostAttempts", Leaf.of(fields.maxLostAttempts))
}

const mergeRetry = (config: Config, retry: Config["retry"]): void => {
  if (retry !== undefined) config.retry = { ...config.retry, ...retry }
}

const mergeBudget = (config: Config, budget: Config["budget"]): void => {
  if (budget !== undefined) config.budget = { ...config.budget, ...budget }
}

/** Where the parts of a configuration stand, by the key of the file that gives them. */
const origin = {
  hookTimeout: "hookTimeoutMillis",
  cancelGrace: "cancelGraceMillis",
  timeout: "timeoutMillis",
  timeout_seconds: "timeoutMillis",
  nodeTimeout: "nodeTimeoutMillis",
  max_parallel_nodes: "maxParallel",
  on_failure: "onFailure",
  retry_strategy: "retry",
  max_attempts: "retry",
  max_iterations: "maxIterations",
  max_tokens: "budget"
} as Readonly<Record<string, string>>

/** Keys that say one thing in two ways, of which a file may use one. */
const rivals: ReadonlyArray<readonly [string, string]> = [
  ["maxParallel", "max_parallel_nodes"],
  ["onFailure", "on_failure"],
  ["retry", "retry_strategy"],
  ["retry", "max_attempts"],
  ["timeout", "timeout_seconds"],
  ["maxIterations", "max_iterations"],
  ["budget", "max_tokens"]
]

const keys = MapReader.keys("config", Object.keys(readers))

/** Reads the value of `config`. */
export const read = (at: Cursor.Cursor, origins: Origins.Origins): FlowConfig.FlowConfig | undefined => {
  if (Cursor.isNull(at)) return undefined
  const config: Config = {}
  let isParallel = true
  const given = MapReader.read(at, keys, (name, value) => {
    if (name === "enable_parallel_execution") isParallel = Leaf.boolean(value, name) ?? true
    const part = Origins.add(origins, origin[name] ?? name, Cursor.place(value))
    readers[name as keyof typeof readers](config, value, name, part)
  })
  if (given === undefined) return undefined
  MapReader.reportRivals(at, given, rivals)
  return isParallel ? config : { ...config, maxParallel: 1 }
}
