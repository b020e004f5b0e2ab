/**
 * The JSON documents that `--json` prints, one schema each. Their names end in a version: inside a version fields are
 * only added.
 */
import {
  Envelope,
  FrontierContext,
  NodeView,
  RunDifference,
  RunGraph,
  RunReason,
  RunReport,
  WaitView
} from "@dagflow/protocol"
import { Problem, SourcePosition } from "@dagflow/protocol"
import * as Schema from "effect/Schema"

/** What is wrong, on standard error. */
export const ErrorDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.error/1"),
  code: Schema.String,
  message: Schema.String,
  exit: Schema.Int,
  at: Schema.optionalKey(SourcePosition),
  node: Schema.optionalKey(Schema.String),
  frontier: Schema.optionalKey(FrontierContext.FrontierContext),
  problems: Schema.optionalKey(Schema.Array(Problem)),
  next: Schema.Array(Schema.String)
})

/** The last line of `run`, `resume` and `events --follow`: how it ended. */
export const ResultLine = Schema.Struct({
  type: Schema.Literal("cli.result"),
  runId: Schema.String,
  state: Schema.Literals(["completed", "failed", "cancelled", "paused", "waiting", "parked", "running"]),
  sequence: Schema.Int,
  exit: Schema.Int,
  outputs: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  /** The final payload, of a flow whose nodes have intents. */
  payload: Schema.optionalKey(Schema.Json)
})

const ofAttempt = { nodeId: Schema.String, attempt: Schema.Int }

/** A line of what attempts emit, which `--live` puts between the events. It is in no log. */
export const LiveLine = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("cli.emitted"),
    ...ofAttempt,
    index: Schema.Int,
    value: Schema.Json
  }),
  Schema.Struct({ type: Schema.Literal("cli.emittedAll"), ...ofAttempt, count: Schema.Int }),
  Schema.Struct({
    type: Schema.Literal("cli.gap"),
    missed: Schema.Struct({ Emitted: Schema.Int, EmittedAll: Schema.Int, Logged: Schema.Int })
  })
])

/** One line of a stream of events. */
export const StreamLine = Schema.Union([Envelope.Envelope, ResultLine, LiveLine])

/** What `validate` found. */
export const ValidateDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.validate/1"),
  valid: Schema.Boolean,
  errors: Schema.Int,
  warnings: Schema.Int,
  files: Schema.Array(
    Schema.Struct({
      file: Schema.String,
      flow: Schema.optionalKey(Schema.String),
      nodes: Schema.optionalKey(Schema.Int),
      problems: Schema.Array(Problem)
    })
  )
})

/** What `run --dry-run` would do. */
export const PlanDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.plan/1"),
  flow: Schema.String,
  hash: Schema.String,
  nodes: Schema.Array(Schema.String),
  levels: Schema.Array(Schema.Array(Schema.String)),
  inputs: Schema.Record(Schema.String, Schema.Json)
})

/** A graph, as data or as a picture in some format. */
export const GraphDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.graph/1"),
  format: Schema.Literals(["outline", "mermaid", "dot", "svg", "json"]),
  graph: Schema.optionalKey(RunGraph.RunGraph),
  text: Schema.optionalKey(Schema.String)
})

/** A run in a list. */
export const RunSummary = Schema.Struct({
  runId: Schema.String,
  /** The run that it is a child of. */
  parent: Schema.optionalKey(Schema.String),
  flow: Schema.String,
  status: Schema.Literals(["running", "paused", "completed", "failed", "cancelled"]),
  tags: Schema.Array(Schema.String),
  createdAtMillis: Schema.Finite,
  updatedAtMillis: Schema.Finite,
  sequence: Schema.Int,
  /** Whether some process holds the run at this moment. */
  owned: Schema.Boolean
})
/** A run in a list. */
export type RunSummary = typeof RunSummary.Type

/** The runs of a store, the newest first. */
export const RunsDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.runs/1"),
  store: Schema.String,
  runs: Schema.Array(RunSummary),
  /** There are more runs than `--limit`. */
  more: Schema.Boolean
})

/** Commands that a run refused: how many there were, and the last of them. */
export const RefusalsDocument = Schema.Struct({
  count: Schema.Int,
  last: Schema.Array(
    Schema.Struct({
      sequence: Schema.Int,
      command: Schema.String,
      hook: Schema.optionalKey(Schema.String),
      code: Schema.String,
      message: Schema.String
    })
  )
})

/** A run or one node of it. */
export const ShowDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.show/1"),
  report: Schema.optionalKey(RunReport.RunReport),
  /** With a report, of a run that refused anything. */
  refused: Schema.optionalKey(RefusalsDocument),
  node: Schema.optionalKey(NodeView.NodeView),
  /** With a node: the inputs as the flow states them. */
  inputs: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
})

/** What became of a command to a run. */
export const CommandDocument = Schema.Struct({
  schema: Schema.Literals(["dagflow.cancel/1", "dagflow.pause/1"]),
  runId: Schema.String,
  status: Schema.String,
  sequence: Schema.Int
})

/** What became of a command that `send` sent. */
export const SendDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.send/1"),
  runId: Schema.String,
  command: Schema.String,
  /** The id of the command: the same one again changes nothing. */
  id: Schema.String,
  /** `kept`: nobody owns the run, and whoever takes it up carries it out. */
  status: Schema.Literals(["done", "kept"]),
  /** The event that records it; when it is kept, the last event of the run. */
  sequence: Schema.Int,
  /** The nodes that it added. */
  nodeIds: Schema.Array(Schema.String)
})

/** What the runs of a store ask people, and the commands that answer. */
export const ApproveDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.approve/1"),
  store: Schema.String,
  waits: Schema.Array(
    Schema.Struct({
      runId: Schema.String,
      /** The run that it is a child of. */
      parent: Schema.optionalKey(Schema.String),
      flow: Schema.String,
      wait: WaitView.OpenWait,
      /** Somebody has left an answer, which counts once a process takes the run up. */
      answered: Schema.optionalKey(
        Schema.Struct({ by: Schema.optionalKey(Schema.String), atMillis: Schema.Finite })
      ),
      commands: Schema.Array(Schema.String)
    })
  )
})

/** What `fork --dry-run` would do. */
export const ForkDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.fork/1"),
  /** The run that would be forked. */
  runId: Schema.String,
  /** Number of its last event that counts. */
  at: Schema.Int,
  /** How many events the fork begins with. */
  eventCount: Schema.Int,
  kept: Schema.Array(Schema.String),
  runs: Schema.Array(Schema.String),
  /** Those of `runs` that come if hooks answer as they did. */
  grows: Schema.Array(Schema.String),
  skips: Schema.Array(Schema.String),
  /** Why it would be refused. */
  refused: Schema.optional(RunReason)
})

/** Where two runs part, and what nodes went differently. */
export const DiffDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.diff/1"),
  left: Schema.String,
  right: Schema.String,
  ...RunDifference.RunDifference.fields
})

/** The file that `export --out` wrote. */
export const ExportDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.export/1"),
  runId: Schema.String,
  file: Schema.String,
  eventCount: Schema.Int,
  artifactCount: Schema.Int
})

/** The run that `import` put into a store. */
export const ImportDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.import/1"),
  runId: Schema.String,
  store: Schema.String,
  status: Schema.Literals(["running", "paused", "completed", "failed", "cancelled"]),
  eventCount: Schema.Int
})

/** What `prune` deleted, or would delete. */
export const PruneDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.prune/1"),
  store: Schema.String,
  deleted: Schema.Boolean,
  runIds: Schema.Array(Schema.String),
  eventCount: Schema.Int,
  artifactCount: Schema.Int,
  cachedCount: Schema.Int
})

/** What `migrate` did to the tables of a database, or would do. */
export const MigrateDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.migrate/1"),
  store: Schema.String,
  from: Schema.Int,
  to: Schema.Int,
  migrated: Schema.Boolean,
  statements: Schema.Array(Schema.String)
})

/** What `doctor` found. */
export const DoctorDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.doctor/1"),
  healthy: Schema.Boolean,
  checks: Schema.Array(
    Schema.Struct({
      /** What was looked at. */
      name: Schema.Literals(["node", "packages", "configuration", "editor", "store", "runs"]),
      result: Schema.Literals(["ok", "warning", "error"]),
      message: Schema.String,
      /** What to do, where something is to be done. */
      fix: Schema.optionalKey(Schema.String)
    })
  )
})

/** What `store check` found. */
export const StoreCheckDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.check/1"),
  /** Whether every case passed, and there was one. */
  passed: Schema.Boolean,
  /** Name of the store. */
  store: Schema.String,
  /** What it declares, by the names of the abilities. */
  abilities: Schema.Record(Schema.String, Schema.Boolean),
  results: Schema.Array(
    Schema.Struct({
      group: Schema.String,
      name: Schema.String,
      goal: Schema.String,
      passed: Schema.Boolean,
      message: Schema.optionalKey(Schema.String)
    })
  )
})

/** The files that `init` wrote. */
export const InitDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.init/1"),
  files: Schema.Array(Schema.String)
})

/** The schema that editors check flows by, or the file that it was written to. */
export const SchemaDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.schema/1"),
  file: Schema.optionalKey(Schema.String),
  text: Schema.optionalKey(Schema.String)
})

/** The completion script of a shell. */
export const CompletionDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.completion/1"),
  shell: Schema.String,
  script: Schema.String
})

/** A page of `help`: what exit codes mean, which errors have a page, or such a page. */
export const HelpDocument = Schema.Struct({
  schema: Schema.Literal("dagflow.help/1"),
  topic: Schema.String,
  exitCodes: Schema.optionalKey(Schema.Array(Schema.Struct({ code: Schema.Int, meaning: Schema.String }))),
  errors: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Markdown. */
  page: Schema.optionalKey(Schema.String)
})
