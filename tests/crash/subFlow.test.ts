/**
 * Goal: a run with child runs, and runs below those, survives `kill -9` wherever it comes: no child is created twice, what was
 * recorded does not run again, and the outer run ends with what all of them gave. Method: real processes on each store, killed one
 * after the other as executions are noted in a ledger outside of it; the last one finishes.
 */
import { DagFlow } from "@dagflow/core"
import { Evolve, Invariants, type RunState } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterEach, beforeEach, expect, it } from "vitest"
import { type CrashStore, crashStores } from "./CrashStore.ts"

const program = path.join(import.meta.dirname, "subFlowProgram.ts")
const deadlineMillis = 60_000

/** How many child runs there are below, and after which shares of their executions two processes die one after the other. */
const trials: Readonly<Record<string, { readonly count: number; readonly shares: ReadonlyArray<number> }>> = {
  sqlite: { count: 60, shares: [0.05, 0.3, 0.55, 0.8] },
  // Whoever dies holds its runs for the time of their lease there, so there are fewer.
  postgres: { count: 20, shares: [0.1, 0.6] }
}

let folder = ""
let address = ""

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-sub-flow-"))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Executions as they were noted: the run and the node. */
const ledger = (): ReadonlyArray<string> => {
  const file = path.join(folder, "ledger.txt")
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []
}

const begin = ({ name }: CrashStore, count: number) => {
  const words = [program, folder, String(count), name, address]
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  let complaint = ""
  child.stdout.on("data", (data) => (output += String(data)))
  child.stderr.on("data", (data) => (complaint += String(data)))
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(output)))
  return { child, ended, complaint: () => complaint }
}

type Begun = ReturnType<typeof begin>

/** Every run of the store, folded. */
const runs = ({ layer }: CrashStore): Promise<ReadonlyMap<string, RunState.RunState>> => {
  const read = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const found = new Map<string, RunState.RunState>()
    const { runs: rows } = yield* dagflow.list({ limit: 1000 })
    for (const { runId } of rows) {
      found.set(runId, Evolve.fold(runId, yield* Stream.runCollect(dagflow.events(runId))))
    }
    return found
  })
  const engine = DagFlow.layer().pipe(Layer.provide(layer(address)))
  return Effect.runPromise(Effect.provide(read, engine))
}

/** What has been recorded, as the ledger notes it. */
const recordedIn = (states: ReadonlyMap<string, RunState.RunState>): ReadonlySet<string> =>
  new Set(
    [...states.values()].flatMap(({ nodes, runId }) =>
      nodes.flatMap(({ spec, status }) => (status === "completed" ? [`${runId} ${spec.id}`] : []))
    )
  )

/** Every run in a line: how far it is, and who has it. */
const overview = async (store: CrashStore): Promise<string> =>
  [...(await runs(store)).values()]
    .map(({ runId, status, epoch, owner, sequence }) =>
      [runId, status, `epoch ${epoch} of ${owner}`, sequence].join(" ")
    )
    .join("\n")

/** Waits until the ledger has so many lines. A process that ended before is told with what it said of it. */
const until = async (enough: number, store: CrashStore, { child, complaint }: Begun) => {
  const deadline = Date.now() + deadlineMillis
  while (ledger().length < enough) {
    if (Date.now() > deadline || child.exitCode !== null) {
      const process =
        child.exitCode === null ? "a process that goes on" : `a process that ended with ${child.exitCode}`
      const lines = `the ledger has ${ledger().length} lines, and not ${enough}`
      child.kill("SIGKILL")
      throw new Error(`${lines}, by ${process}: ${complaint()}\n${await overview(store)}`)
    }
    await pause(2)
  }
}

/** Kills the first process once the ledger has so many lines, and the one after it once it has gone on. */
const killTwice = async (store: CrashStore, count: number, lines: number): Promise<ReadonlyArray<string>> => {
  const first = begin(store, count)
  await until(lines, store, first)
  first.child.kill("SIGKILL")
  await first.ended
  const recorded = recordedIn(await runs(store))
  const before = ledger().length
  const next = begin(store, count)
  await until(before + 3, store, next)
  next.child.kill("SIGKILL")
  await next.ended
  return ledger()
    .slice(before)
    .filter((line) => recorded.has(line))
}

it.each(crashStores.map((store) => [store.name, store] as const))(
  "a run with child runs that is killed again and again ends, and nothing that was recorded runs again: %s",
  async (name, store) => {
    const { count, shares } = trials[name] ?? { count: 10, shares: [0.5] }
    address = await store.prepare(folder)
    try {
      const again: Array<string> = []
      for (const share of shares) again.push(...(await killTwice(store, count, share * 2 * count)))
      expect(again).toEqual([])
      const output = await begin(store, count).ended
      expect(JSON.parse(output)).toEqual({ value: (count * (count - 1)) / 2 + 101 * count })
      const states = await runs(store)
      const children = Array.from({ length: count }, (_, index) => `outer/middle/1/small[${index}]/1`)
      expect(new Set(states.keys())).toEqual(new Set(["outer", "outer/middle/1", ...children]))
      for (const state of states.values()) {
        // A child that was killed after it had told how it ends may have nobody yet who records that.
        expect(state.result).toMatchObject({ _tag: "Completed" })
        expect(Invariants.check(state)).toEqual([])
      }
    } finally {
      await store.discard(address)
    }
  },
  120_000
)
