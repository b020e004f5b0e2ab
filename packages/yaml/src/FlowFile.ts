/**
 * What a file may say, key by key: the shape that editors check and complete.
 *
 * These schemas describe the text, not its meaning: `FlowYaml` turns what fits them into a `FlowSpec`, and says what
 * does not fit with its place. Each description is what an editor shows when the pointer rests on a key.
 */
import {
  CachePolicy,
  FailurePolicy,
  FlowConfig,
  FlowSpec,
  NodeSpec,
  RetryPolicy,
  TriggerRule
} from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import { interruptKeys } from "./internal/interruptKeys.ts"
import { NodeEstimate, RunBudget } from "./internal/budgetFile.ts"
import { condition, ConditionalDependency } from "./internal/conditionKeys.ts"
import * as Duration from "./internal/duration.ts"
import * as FileChannel from "./internal/fileChannel.ts"
import { forEachFile } from "./internal/forEachFile.ts"
import { NodeInput, Output } from "./internal/nodeValuesFile.ts"

/** Keys in the spelling of Dagger: they are read, but editors do not offer them. */
export const daggerKeys: ReadonlySet<string> = new Set([
  "try_count",
  "onfailure",
  "on_failure",
  "timeout_seconds",
  "max_attempts",
  "retry_strategy",
  "max_parallel_nodes",
  "enable_parallel_execution",
  "max_iterations"
])

/** Marks the texts that name an action. */
export const actionMark = "x-dagflow-action"

const duration = (description: string) =>
  Schema.Union([
    Schema.Finite.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))),
    Schema.String.pipe(Schema.check(Schema.isPattern(Duration.pattern)))
  ]).annotate({ description: `${description} A number counts seconds; else 500ms, 30s, 2m, 1h, 1h30m.` })

const text = (description: string) => Schema.String.annotate({ description })

/** A text that names an action; the key of the annotation is how the schema for editors finds its places. */
const actionName = (description: string) => Schema.String.annotate({ description, [actionMark]: true })

const texts = (description: string) => Schema.Array(Schema.String).annotate({ description })

const metadata = Schema.Record(Schema.String, Schema.Json).annotate({
  description: "Anything you want to find again in the record of a run."
})

const instructions = Schema.Union([Schema.String, Schema.Array(Schema.String)]).annotate({
  description:
    "Text for whoever carries the work out, such as a language model. The texts of a list become lines."
})

/** What happens after a failure, in Dagger's words or in ours. */
export const DaggerFailurePolicy = Schema.Literals([
  "Continue",
  "Pause",
  "Stop",
  "Halt",
  ...FailurePolicy.FailurePolicy.literals
]).annotate({
  description: "Dagger's spelling of onFailure: Continue, Pause or Stop (also Halt)."
})

/** Our word for what happens after a failure. */
export const failurePolicyOf = (word: typeof DaggerFailurePolicy.Type): FailurePolicy.FailurePolicy => {
  switch (word) {
    case "Continue":
      return "continue"
    case "Pause":
      return "pause"
    case "Stop":
    case "Halt":
      return "halt"
    default:
      return word
  }
}

const retry = RetryPolicy.RetryPolicy.fields

/** How often, and after which waits, a failed attempt is tried again. */
export const Retry = Schema.Struct({
  tries: Schema.optionalKey(
    retry.tries.schema.annotate({ description: "Attempts in total, 1 to 1,000; 1 means no retry." })
  ),
  backoff: Schema.optionalKey(
    retry.backoff.schema.annotate({ description: "How the wait grows; default exponential." })
  ),
  initial: Schema.optionalKey(duration("The first wait, up to a day; default 1s.")),
  factor: Schema.optionalKey(
    retry.factor.schema.annotate({ description: "Growth of an exponential wait, 1 to 100; default 2." })
  ),
  max: Schema.optionalKey(duration("No wait is longer, up to a day; default 60s.")),
  jitter: Schema.optionalKey(
    retry.jitter.schema.annotate({
      description: "0 to 1; a wait w becomes a random one from w × (1 − jitter) to w; default 0.2."
    })
  ),
  retryIf: Schema.optionalKey(
    texts("Only failures with one of these tags or causes are tried again; default: every retryable one.")
  )
}).annotate({
  identifier: "Retry",
  description: "How often, and after which waits, a failed attempt is tried again."
})

const use = CachePolicy.CacheUse.fields

/** Whether outputs are used again. */
export const Cache = Schema.Union([
  Schema.Boolean,
  Schema.Struct({
    ttl: Schema.optionalKey(
      duration("For how long outputs are used again, up to ten years; default for ever.")
    ),
    key: Schema.optionalKey(
      Schema.Union([Schema.String, use.key.schema]).annotate({
        description: "The input, or inputs, that have to be the same; default all of them."
      })
    )
  })
]).annotate({
  description:
    "Whether outputs that the same version of the action gave to the same inputs are used again: true for ever, false never; default what the action says, which is never."
})

/** A strategy as the format of Dagger has it. */
export const RetryStrategy = Schema.Union([
  Schema.Literals(["Immediate"]),
  Schema.Struct({
    Exponential: Schema.Struct({
      initial_delay_secs: Schema.Finite,
      max_delay_secs: Schema.Finite,
      multiplier: Schema.Finite
    })
  }),
  Schema.Struct({ Linear: Schema.Struct({ delay_secs: Schema.Finite }) })
]).annotate({
  description:
    "Dagger's spelling of retry: Immediate, Exponential or Linear (which waits the same time each time)."
})

const config = FlowConfig.ResolvedConfig.fields

/** How a flow runs. Keys left out take the value that the start of the run gives, or the default. */
export const Config = Schema.Struct({
  strategy: Schema.optionalKey(
    config.strategy.annotate({
      description:
        "When nodes that may start do: at once (reactive, the default), one priority after the other (work_queue), one topological level after the other (level), or step by step (superstep)."
    })
  ),
  interrupts: Schema.optionalKey(interruptKeys),
  maxParallel: Schema.optionalKey(
    config.maxParallel.annotate({ description: "Attempts in flight at once, 1 to 10,000; default 16." })
  ),
  onFailure: Schema.optionalKey(
    config.onFailure.annotate({
      description:
        "What a run does once a node has failed for good, unless the node says otherwise; default halt."
    })
  ),
  retry: Schema.optionalKey(Retry),
  onHookFailure: Schema.optionalKey(
    config.onHookFailure.annotate({ description: "What a failing hook does to the run; default continue." })
  ),
  hookTimeout: Schema.optionalKey(duration("Longest time of one answer of a hook, 1ms to 24h; default 30s.")),
  cancelGrace: Schema.optionalKey(
    duration("How long interrupted attempts may take to end, up to 24h; default 5s.")
  ),
  timeout: Schema.optionalKey(duration("Longest time of the whole run, 1ms to 24h; default none.")),
  nodeTimeout: Schema.optionalKey(
    duration("Longest time of one attempt of nodes that set none, 1ms to 24h; default none.")
  ),
  budget: Schema.optionalKey(RunBudget),
  nodesMax: Schema.optionalKey(
    config.nodesMax.annotate({ description: "Nodes a run may have, grown ones included; default 1,000,000." })
  ),
  maxIterations: Schema.optionalKey(
    config.maxIterations.annotate({
      description: "Answers and commands that may add nodes to a run; default 1,000,000."
    })
  ),
  payloadBytesMax: Schema.optionalKey(
    config.payloadBytesMax.annotate({
      description: "Largest output of one attempt as JSON, in bytes; default 64 MiB."
    })
  ),
  artifactBytesMin: Schema.optionalKey(
    config.artifactBytesMin.annotate({
      description: "An output of at least this many bytes is stored once, outside of the log; default 64 KiB."
    })
  ),
  maxLostAttempts: Schema.optionalKey(
    config.maxLostAttempts.annotate({
      description: "How often an attempt may be lost to the death of its process; default 3."
    })
  ),
  on_failure: Schema.optionalKey(DaggerFailurePolicy),
  timeout_seconds: Schema.optionalKey(
    Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0.001, maximum: 86_400 }))).annotate({
      description: "Dagger's spelling of timeout, in seconds."
    })
  ),
  max_attempts: Schema.optionalKey(
    Schema.Finite.annotate({
      description: "Dagger's spelling of retry.tries: attempts in total."
    })
  ),
  retry_strategy: Schema.optionalKey(RetryStrategy),
  max_parallel_nodes: Schema.optionalKey(
    config.maxParallel.annotate({ description: "Dagger's spelling of maxParallel." })
  ),
  enable_parallel_execution: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "Dagger's switch: false means maxParallel 1." })
  ),
  max_iterations: Schema.optionalKey(
    config.maxIterations.annotate({ description: "Dagger's spelling of maxIterations." })
  ),
  max_tokens: Schema.optionalKey(
    Schema.Finite.annotate({ description: "Dagger's spelling of budget.tokens." })
  )
}).annotate({ identifier: "Config", description: "How the flow runs." })

/** An input that a run takes. */
export const Input = Schema.Struct({
  description: Schema.optionalKey(text("What the input is for.")),
  type: Schema.optionalKey(FlowSpec.InputType.annotate({ description: "Kind of the value; default any." })),
  required: Schema.optionalKey(
    Schema.Boolean.annotate({
      description: "Whether a run may start without it; default true, unless there is a default."
    })
  ),
  default: Schema.optionalKey(
    Schema.Json.annotate({ description: "The value when the start of the run gives none." })
  ),
  secret: Schema.optionalKey(
    Schema.Boolean.annotate({
      description:
        "The value must be a text that names variables of the environment, and only that text is stored."
    })
  )
}).annotate({ identifier: "Input", description: "An input that a run takes." })

export { NodeInput, Output }

const node = NodeSpec.NodeSpec.fields

/** A flow as the value of a key of a node, which a flow has again. */
const innerFlow = Schema.suspend((): Schema.Codec<unknown> => InnerFlow)

const nodeFields = {
  action: Schema.optionalKey(actionName("Name of the action that does the work; a node has one, or a flow.")),
  flow: Schema.optionalKey(
    Schema.Union([
      text("Path of a file that has the flow, from the folder of this one."),
      innerFlow
    ]).annotate({
      description:
        "The flow that the node runs in the place of an action: each attempt is a child run with a log of its own. Its inputs are those of the node."
    })
  ),
  returns: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.String).annotate({
      description:
        "The nodes of the flow that give the outputs of this one, by the name of the output, which is all that the node gave. Default: the nodes that no other one depends on, by their ids."
    })
  ),
  dependencies: Schema.optionalKey(
    Schema.Union([
      Schema.String,
      Schema.Array(Schema.Union([Schema.String, ConditionalDependency]))
    ]).annotate({
      description:
        "Ids of the nodes that have to end before this one may start, or { node, when } for one that counts on a condition. Left out: the nodes that its inputs and its condition read."
    })
  ),
  when: Schema.optionalKey(
    condition("Starts the node only when it is true, else the node is skipped: CEL over inputs and outputs.")
  ),
  intent: Schema.optionalKey(
    node.intent.schema.annotate({
      description:
        "How the node takes part in the payload of the run: it gets an input payload; a transform gives the next one, an analyze does not."
    })
  ),
  inputs: Schema.optionalKey(
    Schema.Union([Schema.Record(Schema.String, Schema.Json), Schema.Array(NodeInput)]).annotate({
      description:
        "What the action gets, by name. A text such as inputs.limit or fetch.rows is a reference, one with ${env.NAME} a template, a list with any of those in it is put together item by item, anything else is a value; { value: … }, { ref: …, default: … } and { template: … } say it outright."
    })
  ),
  forEach: Schema.optionalKey(forEachFile),
  outputs: Schema.optionalKey(
    Schema.Array(Output).annotate({
      description: "Outputs that the node promises; a reference to another one is refused."
    })
  ),
  trigger: Schema.optionalKey(
    TriggerRule.TriggerRule.annotate({
      description: "When the node starts, given how its dependencies ended; default all_success."
    })
  ),
  timeout: Schema.optionalKey(
    duration("Longest time of one attempt, 1ms to 24h; default: the flow's nodeTimeout.")
  ),
  retry: Schema.optionalKey(Retry),
  try_count: Schema.optionalKey(
    Schema.Finite.annotate({
      description: "Dagger's spelling of retry.tries: attempts in total."
    })
  ),
  onFailure: Schema.optionalKey(
    FailurePolicy.FailurePolicy.annotate({
      description: "What happens once the node has failed for good; default: the flow's."
    })
  ),
  onfailure: Schema.optionalKey(
    Schema.Boolean.annotate({
      description:
        "Dagger's spelling: true means onFailure best_effort (go on without this node), false the flow's policy."
    })
  ),
  on_failure: Schema.optionalKey(DaggerFailurePolicy),
  failure: Schema.optionalKey(
    actionName(
      "Name of an action that runs once after the last failed attempt; its outputs stand in for the node's."
    )
  ),
  recovery: Schema.optionalKey(
    node.recovery.schema.annotate({
      description:
        "What becomes of an attempt that was lost with its process: rerun (the default), or at_most_once: the node waits until somebody says what became of it."
    })
  ),
  priority: Schema.optionalKey(
    node.priority.schema.annotate({
      description: "Of several nodes that may start, the one with the greater number starts first; default 0."
    })
  ),
  cache: Schema.optionalKey(Cache),
  estimate: Schema.optionalKey(NodeEstimate),
  branch: Schema.optionalKey(
    text("Label of the branch that the node belongs to, besides those of its dependencies.")
  ),
  enabled: Schema.optionalKey(
    Schema.Boolean.annotate({
      description: "false: the node is skipped unless it is enabled in time; default true."
    })
  ),
  description: Schema.optionalKey(text("One sentence for people.")),
  instructions: Schema.optionalKey(instructions),
  metadata: Schema.optionalKey(metadata)
} as const

/** A node as an entry of a map, whose key is its id. */
export const Node = Schema.Struct(nodeFields).annotate({
  identifier: "Node",
  description: "A piece of work, by the name of the action that does it."
})

/** A node as an entry of a list. */
export const ListedNode = Schema.Struct({
  id: text("Name of the node inside the flow; without . # [ ] in it."),
  ...nodeFields
}).annotate({ identifier: "ListedNode", description: "A piece of work." })

/** A file whose nodes are taken over. */
export const Include = Schema.Union([
  Schema.String,
  Schema.Struct({
    file: text("Path of the file, from the folder of this one."),
    prefix: Schema.optionalKey(
      text("What the ids of its nodes begin with here, such as billing/; default nothing.")
    )
  })
])

const flowFields = {
  description: Schema.optionalKey(text("One sentence for people.")),
  version: Schema.optionalKey(
    Schema.Union([Schema.String, Schema.Finite]).annotate({
      description: "Version of the flow, as you count it."
    })
  ),
  author: Schema.optionalKey(text("Who wrote it.")),
  signature: Schema.optionalKey(text("Anything that vouches for the file; kept, not checked.")),
  tags: Schema.optionalKey(texts("Words by which the flow is found.")),
  instructions: Schema.optionalKey(instructions),
  config: Schema.optionalKey(Config),
  inputs: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([FlowSpec.InputType, Input])).annotate({
      description:
        "Inputs that a run takes, each with its declaration or just its type. Left out: a run takes any. Given: one that is not listed is refused."
    })
  ),
  channels: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([FileChannel.reducer, FileChannel.Channel])).annotate({
      description:
        "What the nodes of a run share besides outputs, each with its declaration or just its reducer; nodes read channels.<name>. It takes strategy: superstep."
    })
  ),
  metadata: Schema.optionalKey(metadata),
  nodes: Schema.optionalKey(
    Schema.Union([
      Schema.Record(
        Schema.String,
        Schema.Union([actionName("Name of the action that does the work."), Node])
      ),
      Schema.Array(ListedNode)
    ]).annotate({
      description: "The nodes, by id or as a list. A node that is just a text is the name of its action."
    })
  )
}

const InnerFlow: Schema.Codec<unknown> = Schema.Struct({
  name: Schema.optionalKey(text("Name of the flow, up to 256 characters; default: the id of its node.")),
  ...flowFields
}).annotate({ identifier: "SubFlow", description: "A flow that a node runs." })

/** A file. */
export const FlowFile = Schema.Struct({
  name: text("Name of the flow, up to 256 characters."),
  ...flowFields,
  include: Schema.optionalKey(
    Schema.Array(Include).annotate({ description: "Files whose nodes are taken over, for large flows." })
  )
}).annotate({ description: "A graph of work." })
