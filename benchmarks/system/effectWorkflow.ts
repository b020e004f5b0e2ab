/** `effect/workflow` with its engine in memory: a workflow whose nodes are activities, started as dependencies end. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import { Activity, Workflow, WorkflowEngine } from "effect/workflow"
import { concurrency, measure, type System, type Task } from "./System.ts"

const NodeResult = Schema.Struct({ node: Schema.Int, ok: Schema.Boolean, note: Schema.String })

const activity = (task: Task, node: number) =>
  Activity.make({
    name: `n${node}`,
    success: NodeResult,
    execute: Effect.promise(() => task.visit(node))
  })

const workflow = Workflow.make("benchmark", {
  payload: { id: Schema.String },
  idempotencyKey: ({ id }) => id
})

const runAll = (task: Task) =>
  Effect.gen(function* () {
    const { dependencies, dependents } = task.graph
    const waitsFor = dependencies.map((list) => list.length)
    const ready = waitsFor.flatMap((count, node) => (count === 0 ? [node] : []))
    const ended = yield* Queue.unbounded<number>()
    let next = 0
    let running = 0
    while (true) {
      while (running < concurrency && next < ready.length) {
        const node = ready[next++] ?? 0
        running++
        yield* Effect.forkChild(
          Effect.andThen(
            activity(task, node),
            Effect.sync(() => Queue.offerUnsafe(ended, node))
          )
        )
      }
      if (running === 0) return
      for (const node of yield* Queue.takeAll(ended)) {
        running--
        for (const one of dependents[node] ?? []) {
          const left = (waitsFor[one] ?? 0) - 1
          waitsFor[one] = left
          if (left === 0) ready.push(one)
        }
      }
    }
  })

const growAll = (task: Task) =>
  Effect.gen(function* () {
    for (let node = 0; node < task.graph.dependencies.length; node++) yield* activity(task, node)
  })

const execute = (body: (task: Task) => ReturnType<typeof runAll>) => (task: Task) =>
  measure(
    () => workflow.toLayer(() => body(task)).pipe(Layer.provideMerge(WorkflowEngine.layerMemory)),
    (layer) => Effect.runPromise(workflow.execute({ id: "1" }).pipe(Effect.provide(layer)))
  )

export const effectWorkflow: System = { run: execute(runAll), grow: execute(growAll) }
