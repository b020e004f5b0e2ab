/*
 * Counts what ten thousand runs that only wait cost a process while they are parked: fibers, timers and handles that keep it
 * alive. Run by a test in a process of its own, which has to end by itself once its engine is closed.
 *
 * Usage: node parkedCount.ts <runs>; prints one line of JSON.
 */
import { queryObjects } from "node:v8"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import { StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Action from "../../src/action/Action.ts"
import * as Actions from "../../src/action/Actions.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import { DagFlow } from "../../src/engine/DagFlow.ts"
import { flow, node } from "../world/FlowNotation.ts"

const ask = Action.fn("ask", () => NodeOutput.wait({ timeout: "30 days", onTimeout: "fail" }))

const spec = flow([node("a ask")])

/** What lives at this moment. Only what can be reached counts: it looks after a collection of garbage. */
const census = () => {
  const Fiber = Effect.runFork(Effect.void).constructor
  const resources = process.getActiveResourcesInfo()
  return {
    fibers: queryObjects(Fiber as new () => unknown, { format: "count" }),
    timers: resources.filter((name) => name === "Timeout").length
  }
}

const count = Number(process.argv[2])
const data = new MemoryStoreData()
const runtime = ManagedRuntime.make(
  DagFlow.layer({ parkAfter: 0 }).pipe(
    Layer.provide([Layer.succeed(StoreDriver, MemoryStore.make(data)), Actions.layer(ask)])
  )
)
const start = (at: number) => Effect.flatMap(DagFlow, (dagflow) => dagflow.start(spec, { id: `run${at}` }))
await runtime.runPromise(start(count))
const waiting = () => [...data.runs.values()].filter(({ owner }) => owner === undefined).length
const parked = (all: number) =>
  Effect.gen(function* () {
    // One look at a time: what waits here is not to be counted.
    while (waiting() < all) yield* Effect.sleep(10)
  })
await runtime.runPromise(parked(1))
const before = census()
// What a program keeps of its runs is its own business; handles hold nothing of a parked one.
const handles = await runtime.runPromise(
  Effect.forEach(
    Array.from({ length: count }, (_, at) => at),
    start
  )
)
await runtime.runPromise(parked(count + 1))
const after = census()
await runtime.dispose()
console.log(JSON.stringify({ parked: waiting(), handles: handles.length, before, after }))
