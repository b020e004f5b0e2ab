/**
 * A program that maps a node over a long list, in a database that a later process may go on with: `node listProgram.ts
 * <folder> <count> <bound>`. Each execution notes its place in the list, and how many go on at once, in a ledger.
 */
import { Action, DagFlow, Flow } from "@dagflow/core"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Schema from "effect/Schema"
import { openSync, writeSync } from "node:fs"
import path from "node:path"
import { setImmediate as turn } from "node:timers/promises"

const [, , folder = ".", count = "0", bound = "1"] = process.argv
const ledger = openSync(path.join(folder, "ledger.txt"), "a")
let running = 0

const measure = Action.make("measure", {
  input: Schema.Struct({ word: Schema.String, place: Schema.Int }),
  output: Schema.Struct({ length: Schema.Int }),
  run: async ({ place, word }) => {
    running++
    writeSync(ledger, `${place} ${running}\n`)
    await turn()
    running--
    return { length: word.length }
  }
})

const sum = Action.make("sum", {
  input: Schema.Struct({ lengths: Schema.Array(Schema.Int) }),
  output: Schema.Struct({ total: Schema.Int, count: Schema.Int }),
  run: ({ lengths }) => ({ total: lengths.reduce((total, one) => total + one, 0), count: lengths.length })
})

const words = Array.from({ length: Number(count) }, (_, index) => "x".repeat(1 + (index % 7)))

const flow = Flow.make("long-list", { config: { maxParallel: 64 } }, (f) => {
  const measured = f.forEach("measure", words, measure, (word, place) => ({ word, place }), {
    maxParallel: Number(bound)
  })
  return { sum: f.node("sum", sum, { lengths: measured.out.length }) }
})

const store = SqliteStore.layer(path.join(folder, "list.db"))
const { sum: result } = await DagFlow.runPromise(flow, { id: "list", store })
process.stdout.write(JSON.stringify(result))
