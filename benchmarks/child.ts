/** Measures one case once and prints what it gave: `node child.ts '<case as JSON>'`. The harness runs it. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Ledger from "./graph/Ledger.ts"
import { workloads } from "./graph/Workload.ts"
import type { Case } from "./harness/Case.ts"
import type { Sample } from "./harness/Sample.ts"
import { load } from "./system/systems.ts"

const { size, system: name, workload } = JSON.parse(process.argv[2] ?? "{}") as Case
const { graph: makeGraph, method } = workloads[workload]
const graph = makeGraph(size)
const ledger = Ledger.make(graph)
const system = await load(name)
const run = system[method]
if (run === undefined) throw new Error(`${name} cannot run ${workload}`)
const folder = mkdtempSync(path.join(tmpdir(), "dagflow-benchmark-"))
try {
  const measured = await run({ graph, visit: ledger.visit, folder })
  ledger.verify()
  const sample: Sample = { ...measured, peakBytes: process.resourceUsage().maxRSS * 1024 }
  console.log(JSON.stringify(sample))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
