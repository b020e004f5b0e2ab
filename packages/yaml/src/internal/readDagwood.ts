import { FlowConfig, NodeSpec, Strategy, Suggestion } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import * as Json from "./json.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import type { ReadFlow } from "./readFlow.ts"
import type { ReadNode } from "./readNode.ts"
import type { Writable } from "./writable.ts"

/**
 * Reads the pipelines of DAGwood (https://github.com/ciroque/the-dagwood): its configuration files have `processors` where
 * ours have `nodes`, and text flows from one to the next as the payload of the run.
 */

type Node = Writable<NodeSpec.NodeSpec>

/** Whether a file is one of DAGwood. */
export const isDagwood = (root: Cursor.Cursor): boolean => {
  const names = new Set(Cursor.entries(root)?.map(({ name }) => name))
  return names.has("processors") && !names.has("nodes")
}

/** Reads a pipeline. Its name is that of the file, since the format has none. */
export const read = (root: Cursor.Cursor): ReadFlow => {
  const origins = Origins.make(Cursor.place(root))
  const config: Writable<FlowConfig.FlowConfig> = {}
  let nodes: ReadonlyArray<ReadNode> = []
  MapReader.read(root, pipelineKeys, (name, at) => {
    const own = Origins.add(origins, name, Cursor.place(at))
    if (name === "strategy") Leaf.set(config, "strategy", strategy(at, name))
    if (name === "failure_strategy") Leaf.set(config, "onFailure", failures[failureWord(at, name) ?? ""])
    if (name === "executor_options") readExecutor(at, config)
    if (name === "processors") {
      nodes = (Leaf.listed(at, name) ?? []).flatMap((one) => readProcessor(one) ?? [])
      origins.parts.set("nodes", own)
    }
  })
  const inputs = {
    payload: { type: "string", description: "The text that goes through the pipeline." }
  } as const
  return { header: { name: nameOf(root), config, inputs }, nodes, origins }
}

// -- internal -------------------------------------------------------------------------------------------------------

const pipelineKeys = MapReader.keys("pipeline", [
  "strategy",
  "failure_strategy",
  "executor_options",
  "processors"
])
const executorKeys = MapReader.keys("executor", ["max_concurrency", "timeout_seconds", "retry_attempts"])
const processorKeys = MapReader.keys("processor", [
  "id",
  "type",
  "backend",
  "processor",
  "impl",
  "depends_on",
  "options",
  "module",
  "endpoint"
])

const strategy = Leaf.of(Strategy.Strategy)

const failures: Readonly<Record<string, FlowConfig.FlowConfig["onFailure"]>> = {
  fail_fast: "halt",
  continue_on_error: "continue",
  best_effort: "best_effort"
}

const failureWord = Leaf.of(Schema.Literals(["fail_fast", "continue_on_error", "best_effort"]))
const concurrency = Leaf.of(FlowConfig.ResolvedConfig.fields.maxParallel)
const seconds = Leaf.duration(NodeSpec.NodeSpec.fields.timeoutMillis.schema, "1ms")
const retries = Leaf.of(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 999 }))))
const intent = Leaf.of(NodeSpec.NodeSpec.fields.intent.schema)

const nameOf = ({ file }: Cursor.Cursor): string => {
  const name = file.source.file.split(/[/\\]/).at(-1) ?? ""
  const stem = name.replace(/\.ya?ml$/, "")
  return stem === "" || stem.startsWith("<") ? "pipeline" : stem
}

const readExecutor = (at: Cursor.Cursor, config: Writable<FlowConfig.FlowConfig>): void => {
  if (Cursor.isNull(at)) return
  MapReader.read(at, executorKeys, (name, value) => {
    if (name === "max_concurrency") Leaf.set(config, "maxParallel", concurrency(value, name))
    if (name === "timeout_seconds") Leaf.set(config, "nodeTimeoutMillis", seconds(value, name))
    if (name === "retry_attempts") {
      const more = retries(value, name)
      if (more !== undefined) config.retry = { tries: more + 1 }
    }
  })
}

/** A processor of DAGwood, as one of the standard actions. */
interface Known {
  readonly action: string
  readonly intent: NonNullable<NodeSpec.NodeSpec["intent"]>
  readonly inputs?: Readonly<Record<string, string>>
  /** Options that become inputs. */
  readonly options?: ReadonlyArray<string>
}

const caseTo = (to: string): Known => ({ action: "text-case", intent: "transform", inputs: { to } })

const known: Readonly<Record<string, Known>> = {
  change_text_case_upper: caseTo("upper"),
  change_text_case_lower: caseTo("lower"),
  change_text_case_proper: caseTo("proper"),
  change_text_case_title: caseTo("proper"),
  reverse_text: { action: "text-reverse", intent: "transform" },
  prefix_suffix_adder: {
    action: "text-affix",
    intent: "transform",
    inputs: { prefix: "[", suffix: "]" },
    options: ["prefix", "suffix"]
  },
  token_counter: { action: "text-count", intent: "analyze" },
  word_frequency_analyzer: { action: "word-frequency", intent: "analyze" }
}

/** Kinds of processors that run outside of the process, or in another language. */
const foreignKinds: ReadonlySet<string> = new Set([
  "wasm",
  "loadable",
  "rpc",
  "rpc_grpc",
  "rpc_http",
  "grpc",
  "http"
])

const kinds = Suggestion.vocabulary(["local", ...foreignKinds])

const readProcessor = (at: Cursor.Cursor): ReadNode | undefined => {
  const origins = Origins.make(Cursor.place(at))
  const node: Node = { id: "", action: "", intent: "transform" }
  let options: Cursor.Cursor | undefined
  let kind: string | undefined
  let name: string | undefined
  const given = MapReader.read(at, processorKeys, (key, value) => {
    const own = Origins.add(origins, origin[key] ?? key, Cursor.place(value))
    if (key === "id") Leaf.set(node, "id", Leaf.text(value, key))
    if (key === "type" || key === "backend") kind = readKind(value, key, at)
    if (key === "processor" || key === "impl") name = Leaf.text(value, key)
    if (key === "options" && !Cursor.isNull(value)) options = value
    if (key === "depends_on") readDependencies(value, key, node, own)
  })
  if (given === undefined) return undefined
  if (node.id === "") {
    Cursor.report(at, { code: "MissingKey", message: `a processor needs an "id"` })
    return undefined
  }
  MapReader.reportRivals(at, given, [
    ["type", "backend"],
    ["processor", "impl"]
  ])
  if (name !== undefined) setProcessor(node, name)
  else if (kind === undefined || kind === "local") {
    Findings.report(at.reading.findings, origins.place, {
      code: "MissingKey",
      message: `processor "${node.id}" needs a "processor"`,
      nodeId: node.id
    })
  }
  if (options !== undefined) readOptions(options, node, name)
  return { node, origins }
}

const origin: Readonly<Record<string, string>> = {
  processor: "action",
  impl: "action",
  depends_on: "dependencies",
  options: "inputs"
}

const readDependencies = (at: Cursor.Cursor, key: string, node: Node, origins: Origins.Origins): void => {
  const ids: Array<string> = []
  for (const item of Leaf.listed(at, key) ?? []) {
    const id = Leaf.item(item, key)
    if (id === undefined) continue
    Origins.add(origins, ids.length, Cursor.place(item))
    ids.push(id)
  }
  if (ids.length > 0) node.dependencies = ids
}

const readKind = (at: Cursor.Cursor, key: string, processor: Cursor.Cursor): string | undefined => {
  const kind = Leaf.text(at, key)
  if (kind === undefined || kind === "local") return kind
  const id = Cursor.entries(processor)?.find(({ name }) => name === "id")?.value
  const shown = id === undefined ? "" : String(Cursor.scalar(id))
  const message = foreignKinds.has(kind)
    ? `processor "${shown}" is of kind "${kind}", which is not run here: only "local" is; register an action of your own instead`
    : `processor "${shown}" is of the unknown kind "${kind}"`
  const suggestion = foreignKinds.has(kind) ? undefined : Suggestion.nearest(kind, kinds)
  Cursor.report(at, { code: foreignKinds.has(kind) ? "UnsupportedKey" : "InvalidValue", message, suggestion })
  return kind
}

const setProcessor = (node: Node, name: string): void => {
  const processor = Object.hasOwn(known, name) ? known[name] : undefined
  node.action = processor?.action ?? name
  if (processor === undefined) return
  node.intent = processor.intent
  if (processor.inputs !== undefined) {
    node.inputs = Object.fromEntries(Object.entries(processor.inputs).map(([key, value]) => [key, { value }]))
  }
}

/** Options of an action of the user's become its inputs; those of the known processors are the ones that they have. */
const readOptions = (at: Cursor.Cursor, node: Node, name: string | undefined): void => {
  const processor = name !== undefined && Object.hasOwn(known, name) ? known[name] : undefined
  const entries = Cursor.entries(at)
  if (entries === undefined) return Leaf.refuse(at, "options", "expected a map of keys and values")
  for (const { key, name: option, value } of entries) {
    if (value === undefined) continue
    if (option === "intent") Leaf.set(node, "intent", intent(value, option))
    else if (processor === undefined || processor.options?.includes(option) === true) {
      const json = Json.of(value)
      if (json !== undefined) node.inputs = { ...node.inputs, [option]: { value: json } }
    } else {
      const message = `"${option}" has no effect: "${name}" has no such option`
      Findings.report(at.reading.findings, key, { code: "UnsupportedKey", severity: "warning", message })
    }
  }
}
