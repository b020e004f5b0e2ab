/**
 * Measures how long it takes to fold the log of a run that died half-way: `node benchmarks/recovery.ts`.
 *
 * - `--nodes <n>`: only this size; default 1,000 and 10,000.
 * - `--rounds <n>`: how often each is measured; default 9.
 *
 * A run of layers is recorded up to the completion of half of its nodes, as a process leaves it that was killed there. Then
 * its log is read from the store and folded, which is all that a take-up does before it goes on. Beside it stand its two
 * parts: reading alone, and folding alone. No process is started and nothing is compiled before the first round, which is
 * listed by itself; later rounds are those of a server.
 */
import { RunStore } from "@dagflow/core"
import { type Envelope, Evolve, FlowConfig, type FlowSpec, type StoreDriverShape } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { cpus, loadavg, tmpdir } from "node:os"
import path from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import * as Graph from "./graph/Graph.ts"
import { digits } from "./harness/Report.ts"
import { spread } from "./harness/Statistics.ts"

const { values } = parseArgs({ options: { nodes: { type: "string" }, rounds: { type: "string" } } })

const sizes = values.nodes === undefined ? [1000, 10_000] : [Number(values.nodes)]
const rounds = Number(values.rounds ?? 9)

/** Most events of one append. */
const appendMax = 500

const flowOf = (graph: Graph.Graph): FlowSpec.FlowSpec => ({
  name: "recovery",
  nodes: graph.dependencies.map((list, node) => ({
    id: `n${node}`,
    action: "visit",
    ...(list.length > 0 && { dependencies: list.map((one) => `n${one}`) }),
    inputs: { node: { value: node } }
  }))
})

/** The log of a run of layers of a hundred nodes, up to the completion of half of them. */
const halfLog = (size: number): ReadonlyArray<Envelope.Envelope> => {
  const flow = flowOf(Graph.layered(size / 100, 100, 3))
  const started: Envelope.Envelope["event"] = {
    _tag: "RunStarted",
    flow,
    hash: "0".repeat(64),
    inputs: {},
    config: FlowConfig.resolve(),
    seed: 1
  }
  const owned: Envelope.Envelope["event"] = { _tag: "RunOwned", owner: "engine_1", hooks: [] }
  const half = flow.nodes.slice(0, size / 2).flatMap(({ id }, node): Array<Envelope.Envelope["event"]> => [
    { _tag: "NodeStarted", nodeId: id, attempt: 1 },
    { _tag: "NodeCompleted", nodeId: id, attempt: 1, outputs: { node, ok: true, note: `node ${node}` } }
  ])
  return [started, owned, ...half].map((event, index) => ({
    version: 1,
    runId: "run",
    sequence: index + 1,
    at: 1_800_000_000_000 + index,
    epoch: 1,
    event
  }))
}

/** Writes a log as an engine does, append by append. */
const record = (store: RunStore, log: ReadonlyArray<Envelope.Envelope>) =>
  Effect.gen(function* () {
    const base = { runId: "run", owner: "engine_1", nowMillis: 1_800_000_000_000, leaseMillis: 10_000 }
    yield* store.create({ ...base, flow: "recovery", tags: [], status: "running", events: log.slice(0, 2) })
    for (let after = 2; after < log.length; after += appendMax) {
      const at = { status: "running", afterSequence: after, nowMillis: base.nowMillis } as const
      yield* store.append("run", 1, at, log.slice(after, after + appendMax), [])
    }
  })

/** Milliseconds that pass, and those that the main thread computes: a busy machine changes only the first. */
interface Timed {
  readonly wall: number
  readonly cpu: number
}

const cpuMillis = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

const timed = async (work: () => unknown): Promise<Timed> => {
  const [cpu, wall] = [cpuMillis(), performance.now()]
  await work()
  return { wall: performance.now() - wall, cpu: cpuMillis() - cpu }
}

/** What a take-up does: it reads the log page by page and folds each event. */
const recover = (store: RunStore): Effect.Effect<unknown, unknown> => {
  const state = Evolve.fold("run", [])
  return Effect.map(
    store.readAll("run", 0, (envelope) => void Evolve.evolve(state, envelope)),
    () => {
      if (state.violations.length > 0) throw new Error(state.violations[0])
    }
  )
}

interface Place {
  readonly name: string
  readonly open: (folder: string) => Effect.Effect<StoreDriverShape, unknown, Scope.Scope>
}

const places: ReadonlyArray<Place> = [
  { name: "memory", open: () => Effect.sync(() => MemoryStore.make()) },
  {
    name: "SQLite",
    open: (folder) => SqliteStore.make({ filename: path.join(folder, "runs.db"), durability: "normal" })
  }
]

const measure = async ({ name, open }: Place, size: number): Promise<string> => {
  const folder = mkdtempSync(path.join(tmpdir(), "dagflow-recovery-"))
  const log = halfLog(size)
  const whole: Array<Timed> = []
  const reading: Array<Timed> = []
  const folding: Array<Timed> = []
  const program = Effect.gen(function* () {
    const driver = yield* open(folder)
    const store = new RunStore(driver)
    yield* record(store, log)
    for (let round = 0; round < rounds; round++) {
      whole.push(yield* Effect.promise(() => timed(() => Effect.runPromise(recover(store)))))
      reading.push(
        yield* Effect.promise(() =>
          timed(() => Effect.runPromise(driver.read("run", 0, Number.MAX_SAFE_INTEGER)))
        )
      )
      folding.push(yield* Effect.promise(() => timed(() => Evolve.fold("run", log))))
    }
  })
  await Effect.runPromise(Effect.scoped(program))
  const file = path.join(folder, "runs.db")
  const bytes = name === "SQLite" ? statSync(file).size : undefined
  rmSync(folder, { recursive: true })
  const [first, ...later] = whole
  const cpu = spread((later.length === 0 ? whole : later).map((one) => one.cpu))
  const median = (list: ReadonlyArray<Timed>): number => spread(list.map((one) => one.cpu)).median
  const cells = [
    size.toLocaleString("en"),
    log.length.toLocaleString("en"),
    name,
    digits(first?.cpu ?? 0),
    digits(cpu.median),
    `${digits(cpu.minimum)}..${digits(cpu.maximum)}`,
    digits(spread(whole.map((one) => one.wall)).median),
    digits(median(reading)),
    digits(median(folding)),
    digits(log.length / cpu.median),
    bytes === undefined ? "" : digits(bytes / size)
  ]
  return `| ${cells.join(" | ")} |`
}

const lines: Array<string> = []
for (const size of sizes) for (const place of places) lines.push(await measure(place, size))
console.log(`Node ${process.version}, ${cpus().length} cores, load ${digits(loadavg()[0] ?? 0)}; ${rounds} rounds in one process. Milliseconds that the main thread computed, but for the wall.

| nodes | events | store | first | median | range | wall | reading | folding | events/ms | bytes a node |
| ----: | -----: | ----- | ----: | -----: | ----: | ---: | ------: | ------: | --------: | -----------: |
${lines.join("\n")}`)
