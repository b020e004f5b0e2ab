/** Runs with a child run that a test holds in the middle of its work. */
import type { FlowSpec } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { flow, node, subFlow } from "./FlowNotation.ts"
import * as TestEngine from "./TestEngine.ts"

/** A flow whose only node goes on until the test says how it ends. */
export const holding = flow([node("work hold")], {}, { name: "holding" })

/** The handle of a run that is there. */
export const attach = (engine: TestEngine.TestEngine, runId: string) =>
  Effect.orDie(engine.dagflow.attach(runId))

/** Waits until a node of a run that may not be there yet comes to an event. */
export const reached = (engine: TestEngine.TestEngine, runId: string, tag: string, nodeId: string) =>
  Effect.gen(function* () {
    const isThere = () =>
      engine.data.runs.has(runId) &&
      engine
        .log(runId)
        .some(({ event }) => event._tag === tag && "nodeId" in event && event.nodeId === nodeId)
    while (!isThere()) yield* Effect.yieldNow
  })

/** How a run stands in the store. */
export const statusOf = (engine: TestEngine.TestEngine, runId: string) => engine.data.runs.get(runId)?.status

/** A run whose child is in the middle of `work`. */
export const begun = (
  spec: FlowSpec.FlowSpec = flow([subFlow("a", holding)]),
  options: TestEngine.TestEngineOptions = {}
) =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open(options)
    const run = yield* engine.start(spec)
    yield* reached(engine, "run/a/1", "NodeStarted", "work")
    return { engine, run }
  })
