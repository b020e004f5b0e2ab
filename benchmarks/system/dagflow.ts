/**
 * DAG Flow as a user has it: every event recorded, an action whose inputs and outputs are checked by schemas, the
 * outputs of the last nodes read, and one hook: an observer of all events, or a gate that every completion waits for.
 */
import { Action, DagFlow, Flow, Hook, Hooks, type NodeRef } from "@dagflow/core"
import type { NodeSpec, StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import * as Graph from "../graph/Graph.ts"
import { concurrency, measure, nodesPerRun, type Measured, type System, type Task } from "./System.ts"

/** Where a system keeps its runs, and how large that is afterwards. */
export interface Place {
  readonly layer: (folder: string) => Layer.Layer<StoreDriver, unknown>
  readonly bytes?: (folder: string) => number | Promise<number>
}

const NodeResult = Schema.Struct({ node: Schema.Int, ok: Schema.Boolean, note: Schema.String })

const visitAction = ({ visit }: Task) =>
  Action.make("visit", {
    input: Schema.Struct({ node: Schema.Int }),
    output: NodeResult,
    run: ({ node }) => visit(node)
  })

const config = { maxParallel: concurrency }

/** The graph as a flow in TypeScript, which returns the nodes that no other one depends on. */
const flowOf = (task: Task) =>
  Flow.make("benchmark", { config }, (f) => {
    const visit = visitAction(task)
    const nodes: Array<NodeRef.NodeRef<"benchmark">> = []
    for (const [node, list] of task.graph.dependencies.entries()) {
      const dependsOn = list.flatMap((one) => nodes[one] ?? [])
      nodes.push(f.node(`n${node}`, visit, { node }, { dependsOn }))
    }
    return Object.fromEntries(Graph.sinks(task.graph).flatMap((one) => [[`n${one}`, nodes[one]!]]))
  })

/** The first node of a chain that grows. */
const seedOf = (task: Task): ReturnType<typeof flowOf> =>
  Flow.make("benchmark", { config }, (f) => ({ n0: f.node("n0", visitAction(task), { node: 0 }) }))

/** A flow of a few nodes, of which each run is told which ones they are. */
const partOf = (task: Task) => {
  const visit = Action.make("visit-part", {
    input: Schema.Struct({ first: Schema.Int, offset: Schema.Int }),
    output: NodeResult,
    run: ({ first, offset }) => task.visit(first + offset)
  })
  return Flow.make("part", { inputs: { first: Schema.Int } }, (f) =>
    Object.fromEntries(
      Array.from({ length: nodesPerRun }, (_, offset) => [
        `n${offset}`,
        f.node(`n${offset}`, visit, { first: f.inputs.first, offset })
      ])
    )
  )
}

/** Sees every event; the sum keeps what it sees from being optimised away. */
const observer = () => {
  let sum = 0
  return Hook.make({ name: "observer", mode: "observe", handle: ({ sequence }) => void (sum += sequence) })
}

const gate = () => Hook.make({ name: "gate", on: ["NodeCompleted"], handle: () => [] })

const grown = (node: number): NodeSpec.NodeDraft => ({
  id: `n${node}`,
  action: "visit",
  dependencies: [`n${node - 1}`],
  inputs: { node: { value: node } }
})

/** Adds the next node of a chain when one has completed. */
const grower = ({ graph }: Task) =>
  Hook.make({
    name: "grower",
    on: ["NodeCompleted"],
    handle: ({ event }) => {
      if (event._tag !== "NodeCompleted") return []
      const next = Number(event.nodeId.slice(1)) + 1
      return next < graph.dependencies.length ? [{ _tag: "AddNode" as const, node: grown(next) }] : []
    }
  })

/** Makes an engine, which many runs share, before the clock runs; then measures what is done with it. */
const execute = async <A extends Flow.Any>(
  task: Task,
  place: Place,
  hook: Hook.Hook,
  build: () => A,
  run: (dagflow: DagFlow["Service"], built: A) => Effect.Effect<unknown, unknown>
): Promise<Measured> => {
  const runtime = ManagedRuntime.make(
    DagFlow.layer().pipe(Layer.provide([place.layer(task.folder), Hooks.layer(hook)]))
  )
  const dagflow = await runtime.runPromise(DagFlow)
  const plan = async () => {
    const flow = build()
    await runtime.runPromise(dagflow.plan(flow))
    return flow
  }
  const measured = await measure(plan, (flow) => runtime.runPromise(run(dagflow, flow)))
  await runtime.dispose()
  return place.bytes === undefined ? measured : { ...measured, storedBytes: await place.bytes(task.folder) }
}

export const dagflow = (place: Place, listens: "observer" | "gate"): System => {
  const hook = listens === "observer" ? observer() : gate()
  return {
    run: (task) =>
      execute(
        task,
        place,
        hook,
        () => flowOf(task),
        (engine, flow) => engine.run(flow)
      ),
    grow: (task) =>
      execute(
        task,
        place,
        grower(task),
        () => seedOf(task),
        (engine, flow) => engine.run(flow)
      ),
    runMany: (task) =>
      execute(
        task,
        place,
        hook,
        () => partOf(task),
        (engine, flow) => {
          const runs = Array.from({ length: task.graph.dependencies.length / nodesPerRun }, (_, run) => run)
          const start = (run: number) => engine.run(flow, { input: { first: run * nodesPerRun } })
          return Effect.forEach(runs, start, { concurrency: "unbounded", discard: true })
        }
      )
  }
}
