/** LangGraph.js: a state graph with a node for each node; results are collected in its state. */
import { statSync } from "node:fs"
import path from "node:path"
import { Annotation, type BaseCheckpointSaver, END, START, StateGraph } from "@langchain/langgraph"
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite"
import Database from "better-sqlite3"
import * as Graph from "../graph/Graph.ts"
import type { NodeResult } from "../graph/Ledger.ts"
import { concurrency, measure, type Measured, type System, type Task } from "./System.ts"

const State = Annotation.Root({
  results: Annotation<ReadonlyArray<NodeResult>>({
    reducer: (before, more) => before.concat(more),
    default: () => []
  })
})

const name = (node: number): string => `n${node}`

const build = ({ graph, visit }: Task, checkpointer: BaseCheckpointSaver | undefined) => {
  const builder = new StateGraph(State) as StateGraph<
    typeof State.spec,
    typeof State.State,
    typeof State.Update,
    string
  >
  for (const node of graph.dependencies.keys()) {
    builder.addNode(name(node), async () => ({ results: [await visit(node)] }))
  }
  for (const [node, list] of graph.dependencies.entries()) {
    if (list.length === 0) builder.addEdge(START, name(node))
    else if (list.length === 1) builder.addEdge(name(list[0] ?? 0), name(node))
    else builder.addEdge(list.map(name), name(node))
  }
  for (const node of Graph.sinks(graph)) builder.addEdge(name(node), END)
  return builder.compile(checkpointer === undefined ? {} : { checkpointer })
}

const buildGrowing = ({ graph, visit }: Task, checkpointer: BaseCheckpointSaver | undefined) =>
  new StateGraph(State)
    .addNode("grow", async ({ results }) => ({ results: [await visit(results.length)] }))
    .addEdge(START, "grow")
    .addConditionalEdges("grow", ({ results }) => (results.length < graph.dependencies.length ? "grow" : END))
    .compile(checkpointer === undefined ? {} : { checkpointer })

interface Invokable {
  readonly invoke: (input: { readonly results: [] }, config: object) => Promise<unknown>
}

const invoke = (graph: Invokable, size: number) =>
  graph.invoke(
    { results: [] },
    {
      recursionLimit: size + 10,
      maxConcurrency: concurrency,
      configurable: { thread_id: "1" }
    }
  )

type Build = (task: Task, checkpointer: BaseCheckpointSaver | undefined) => Invokable

const inMemory = (make: Build) => (task: Task) =>
  measure(
    () => make(task, undefined),
    (graph) => invoke(graph, task.graph.dependencies.length)
  )

const onSqlite =
  (make: Build) =>
  async (task: Task): Promise<Measured> => {
    const file = path.join(task.folder, "checkpoints.db")
    const database = new Database(file)
    database.pragma("synchronous = NORMAL")
    const saver = new SqliteSaver(database)
    const measured = await measure(
      () => make(task, saver),
      (graph) => invoke(graph, task.graph.dependencies.length)
    )
    database.pragma("wal_checkpoint(TRUNCATE)")
    database.close()
    return { ...measured, storedBytes: statSync(file).size }
  }

export const langGraph: System = { run: inMemory(build), grow: inMemory(buildGrowing) }

export const langGraphSqlite: System = { run: onSqlite(build), grow: onSqlite(buildGrowing) }
