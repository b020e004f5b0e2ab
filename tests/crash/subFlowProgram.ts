/**
 * A program that runs a flow for each value of a list, inside of a flow that is a node itself, in a database that a later
 * process may go on with: `node subFlowProgram.ts <folder> <count> <store> <address>`. Each execution is noted in a ledger.
 */
import { Action, DagFlow, Flow } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { openSync, writeSync } from "node:fs"
import path from "node:path"
import { setImmediate as turn } from "node:timers/promises"
import { crashStore } from "./CrashStore.ts"

const [, , folder = ".", count = "0", name = "", address = ""] = process.argv
const ledger = openSync(path.join(folder, "ledger.txt"), "a")

const Value = Schema.Struct({ value: Schema.Int })

const step = (name: string, by: number) =>
  Action.make(name, {
    input: Value,
    output: Value,
    run: async ({ value }, { nodeId, runId }) => {
      writeSync(ledger, `${runId} ${nodeId}\n`)
      await turn()
      return { value: value + by }
    }
  })

const one = step("one", 1)
const hundred = step("hundred", 100)

const sum = Action.make("sum", {
  input: Schema.Struct({ values: Schema.Array(Value) }),
  output: Value,
  run: ({ values }) => ({ value: values.reduce((total, { value }) => total + value, 0) })
})

const small = Flow.make("small", { inputs: { value: Schema.Int } }, (f) => {
  const first = f.node("first", one, { value: f.inputs.value })
  return { last: f.node("last", hundred, { value: first.out.value }) }
})

const middle = Flow.make("middle", { inputs: { values: Schema.Array(Schema.Int) } }, (f) => ({
  each_one: f.forEach("small", f.inputs.values, small, (value) => ({ value }), { maxParallel: 4 })
}))

const outer = Flow.make("outer", (f) => {
  const values = Array.from({ length: Number(count) }, (_, index) => index)
  const all = f.subFlow("middle", middle, { values })
  return { sum: f.node("sum", sum, { values: all.out.each_one.at("last") }) }
})

const { layer, leaseMillis: lease } = crashStore(name)
const { sum: result } = await DagFlow.runPromise(outer, { id: "outer", store: layer(address), lease })
process.stdout.write(JSON.stringify(result))
