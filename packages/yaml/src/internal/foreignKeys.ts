import type { Problem } from "@dagflow/protocol"

/** Keys of other systems and of our own plans: what to write instead, or why there is nothing to write. */

interface Reason {
  readonly message: string
  readonly severity: Problem["severity"]
}

const planned = (what: string): Reason => ({
  severity: "error",
  message: `${what} cannot be written in YAML yet`
})

const useless = (key: string): Reason => ({
  severity: "warning",
  message: `"${key}" has no effect: everything that a run does is stored when it happens`
})

/** Keys that mean something elsewhere which flows do not have. None of them is ever passed over in silence. */
const unsupported: Readonly<Record<string, Readonly<Record<string, Reason>>>> = {
  flow: {
    pools: planned("pools"),
    cache: { severity: "error", message: `"cache" belongs to a node, or to an action in TypeScript` },
    edges: { severity: "error", message: `"edges" is not used: a node names its own dependencies` },
    strategy: { severity: "error", message: `"strategy" belongs into "config"` },
    returns: { severity: "error", message: `"returns" belongs to the node that runs the flow, beside "flow"` }
  },
  config: {
    channels: { severity: "error", message: `"channels" belong to the flow, beside "config"` },
    pools: planned("pools"),
    maxTokens: { severity: "error", message: `"maxTokens" is written as "budget": { tokens: 5000 }` },
    human_wait_minutes: planned("waits for people"),
    review_frequency: {
      severity: "error",
      message: `"review_frequency" cannot be written in YAML: Hook.humanReview({ every: n }) in the configuration asks for a review every n rounds`
    },
    enable_incremental_cache: useless("enable_incremental_cache"),
    cache_snapshot_interval: useless("cache_snapshot_interval"),
    human_timeout_action: {
      severity: "warning",
      message: `"human_timeout_action" has no effect: without "human_wait_minutes" a wait has no end`
    }
  },
  node: {
    subflow: { severity: "error", message: `"subflow" is written as "flow"` },
    channels: {
      severity: "error",
      message: `"channels" belong to the flow; a node reads one by the reference channels.<name>`
    },
    cache_strategy: {
      severity: "error",
      message: `"cache_strategy" is written as "cache": true for ever, false never, { ttl: 1h } for a time`
    },
    pool: planned("pools"),
    pools: planned("pools")
  }
}

/** Our words for keys and types of other formats whose spelling is too far away to be a typing mistake. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  flow: {
    title: "name",
    steps: "nodes",
    tasks: "nodes",
    jobs: "nodes",
    includes: "include",
    params: "inputs"
  },
  config: {
    concurrency: "maxParallel",
    parallelism: "maxParallel",
    failurePolicy: "onFailure",
    timeoutMillis: "timeout",
    nodeTimeoutMillis: "nodeTimeout",
    hookTimeoutMillis: "hookTimeout",
    cancelGraceMillis: "cancelGrace"
  },
  type: {
    int: "integer",
    long: "integer",
    float: "number",
    double: "number",
    decimal: "number",
    str: "string",
    text: "string",
    date: "string",
    bool: "boolean",
    list: "array",
    map: "object",
    dict: "object",
    record: "object",
    json: "any",
    unknown: "any"
  },
  retry: {
    attempts: "tries",
    maxAttempts: "tries",
    initialMillis: "initial",
    maxMillis: "max",
    delay: "initial",
    multiplier: "factor"
  },
  node: {
    for_each: "forEach",
    foreach: "forEach",
    map: "forEach",
    withItems: "forEach",
    needs: "dependencies",
    depends_on: "dependencies",
    dependsOn: "dependencies",
    after: "dependencies",
    uses: "action",
    run: "action",
    task: "action",
    type: "action",
    with: "inputs",
    args: "inputs",
    params: "inputs",
    parameters: "inputs",
    retries: "retry",
    tries: "retry",
    attempts: "retry",
    timeoutMillis: "timeout",
    timeout_seconds: "timeout",
    onError: "failure",
    trigger_rule: "trigger",
    disabled: "enabled"
  }
}

/** Why a key of a map is not supported, when it is one that people bring along. */
export const reasonOf = (kind: string, name: string): Reason | undefined => ownValue(unsupported[kind], name)

/** Our word for a key, or for a type, of another format. */
export const wordFor = (kind: string, name: string): string | undefined => ownValue(words[kind], name)

const ownValue = <A>(record: Readonly<Record<string, A>> | undefined, name: string): A | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
