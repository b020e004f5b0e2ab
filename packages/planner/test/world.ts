/** Runs of planners in tests. */
import { DagFlow, Flow } from "@dagflow/core"
import type { FlowConfig, RunReport } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type { Planner } from "../src/Planner.ts"

type AnyPlanner = Planner<string, never>

/** An engine with a planner and a model. */
export const engineOf = (planner: AnyPlanner, model: Layer.Layer<LanguageModel.LanguageModel>) =>
  DagFlow.layer({ owner: "test" }).pipe(
    Layer.provide([MemoryStore.layer, planner.layer.pipe(Layer.provide(model))])
  )

/** A flow of one turn, with id `agent`. */
export const flowOf = (planner: AnyPlanner, prompt: string) =>
  Flow.make("ask", (f) => ({
    first: f.node("agent", planner.turn, { prompt })
  }))

/** Runs a conversation to its end and gives the report. */
export const converse = (
  planner: AnyPlanner,
  model: Layer.Layer<LanguageModel.LanguageModel>,
  options: { readonly prompt?: string; readonly config?: FlowConfig.FlowConfig } = {}
): Effect.Effect<RunReport.RunReport, unknown> =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const { config, prompt = "go" } = options
    const run = yield* dagflow.start(flowOf(planner, prompt), {
      id: "run",
      ...(config !== undefined && { config })
    })
    return yield* run.outcome
  }).pipe(Effect.provide(engineOf(planner, model)))

export const nodeOf = (report: RunReport.RunReport, id: string) => {
  const node = report.nodes.find(({ nodeId }) => nodeId === id)
  if (node === undefined)
    throw new Error(`no node ${id}, but ${report.nodes.map(({ nodeId }) => nodeId).join()}`)
  return node
}
