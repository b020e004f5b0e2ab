/*
 * Counts what is done while a run runs, the libraries included: how often each block of code is entered, which the engine
 * of the language counts itself, and how many elements are looked at by methods of lists that loop outside of any code.
 * Run by a test in a process of its own, since the count belongs to the whole process.
 *
 * Usage: node stepCount.ts chain|fan <nodes>; prints one number. Code that is warm already is not counted in full, so that
 * each size needs a process.
 */
import { Session } from "node:inspector"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Action from "../../src/action/Action.ts"
import * as Actions from "../../src/action/Actions.ts"
import { DagFlow } from "../../src/engine/DagFlow.ts"
import { chain, flow, many, node } from "../world/FlowNotation.ts"

const graphs = {
  chain: (count: number) => chain(count),
  fan: (count: number) => [node("top ok"), ...many(count - 1, "n* ok", () => ["top"])]
}

/** Methods that walk over a list without entering a block of code for each of its elements. */
const loops = [
  "concat",
  "includes",
  "indexOf",
  "join",
  "lastIndexOf",
  "shift",
  "slice",
  "splice",
  "unshift"
] as const

let looked = 0

const watchLists = (): void => {
  const methods = Array.prototype as unknown as Record<string, (...values: Array<unknown>) => unknown>
  for (const name of loops) {
    const original = methods[name]
    if (original === undefined) throw new Error(`lists have no method ${name}`)
    methods[name] = function (this: ReadonlyArray<unknown>, ...values) {
      looked += this.length
      return original.apply(this, values)
    }
  }
}

interface Coverage {
  readonly result: ReadonlyArray<{
    readonly functions: ReadonlyArray<{ readonly ranges: ReadonlyArray<{ readonly count: number }> }>
  }>
}

const count = async (run: () => Promise<unknown>): Promise<number> => {
  const session = new Session()
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  watchLists()
  await run()
  let entered = 0
  const lookedAt = looked
  session.post("Profiler.takePreciseCoverage", (_, coverage: Coverage) => {
    for (const { functions } of coverage.result)
      for (const { ranges } of functions) for (const range of ranges) entered += range.count
  })
  session.disconnect()
  return entered + lookedAt
}

if (import.meta.main) {
  const [, , shape = "", nodes] = process.argv
  const graph = graphs[shape as keyof typeof graphs](Number(nodes))
  const program = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const run = yield* dagflow.start(flow(graph))
    const { totals } = yield* run.outcome
    if (totals.byStatus.completed !== graph.length) throw new Error("the run has not completed")
  })
  const ok = Action.fn("ok", () => ({ value: 1 }))
  const layer = DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, Actions.layer(ok)]))
  console.log(await count(() => Effect.runPromise(Effect.provide(program, layer))))
}
