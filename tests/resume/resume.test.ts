/**
 * Goal: `kill -9` loses nothing that was recorded and repeats nothing that was. Method: the real command line runs a flow
 * with growth, a retry and a failure handler, is killed once its actions have noted a number of executions outside of the
 * store, and `dagflow resume` finishes the run.
 */
import { spawn, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import path from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { Envelope, Event, Evolve, Invariants } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import { afterEach, beforeEach, expect, it } from "vitest"

const repository = path.join(import.meta.dirname, "../..")
const cli = path.join(repository, "apps/cli/src/main.ts")
const deadlineMillis = 20_000

/** Executions of an undisturbed run: ten nodes once, one of them twice, one with its handler. */
const executionsMax = 12

let folder = ""

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  LEDGER: path.join(folder, "ledger.txt"),
  DAGFLOW_STORE: "sqlite:flow.db",
  NO_COLOR: "1"
})

const dagflow = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: "utf8", env: environment() })

const ledger = (): ReadonlyArray<string> => {
  const file = path.join(folder, "ledger.txt")
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").filter(Boolean) : []
}

const decode = Schema.decodeUnknownSync(Envelope.Envelope)

const log = (): ReadonlyArray<Envelope.Envelope> => {
  const { status, stderr, stdout } = dagflow("events", "r1", "--json")
  if (status === 6) return []
  expect({ status, stderr }).toMatchObject({ status: 0 })
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => decode(JSON.parse(line)))
}

/** Starts the flow and kills the process as soon as the ledger has so many lines. */
const runAndKill = async (lines: number): Promise<void> => {
  const child = spawn(process.execPath, [cli, "run", "flow.yaml", "--id", "r1", "--progress", "quiet"], {
    cwd: folder,
    env: environment(),
    stdio: "ignore"
  })
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const deadline = Date.now() + deadlineMillis
  while (ledger().length < lines) {
    if (Date.now() > deadline) throw new Error(`the ledger has ${ledger().length} of ${lines} lines`)
    await pause(1)
  }
  child.kill("SIGKILL")
  await exited
}

const completedIn = (envelopes: ReadonlyArray<Envelope.Envelope>): ReadonlyArray<string> =>
  envelopes.flatMap(({ event }) => (event._tag === "NodeCompleted" ? [event.nodeId] : []))

beforeEach(() => {
  folder = mkdtempSync(path.join(import.meta.dirname, ".run-"))
  cpSync(path.join(import.meta.dirname, "flow"), folder, { recursive: true })
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.each(Array.from({ length: executionsMax - 1 }, (_, index) => index + 1))(
  "a run that is killed after %i executions is finished without running a finished node again",
  { timeout: 60_000 },
  async (lines) => {
    await runAndKill(lines)
    const before = log()
    expect(before.length).toBeGreaterThan(0)
    expect(before.some(({ event }) => Event.isTerminal(event))).toBe(false)
    const noted = ledger().length

    const { status, stderr } = dagflow("resume", "r1", "--progress", "quiet")
    expect({ status, stderr }).toMatchObject({ status: 0 })

    const after = log()
    expect(after.slice(0, before.length)).toEqual(before)
    const state = Evolve.fold("r1", after)
    expect(Invariants.check(state)).toEqual([])
    expect(state.status).toBe("completed")
    expect(state.counts.completed).toBe(10)
    expect(new Set(completedIn(after)).size).toBe(completedIn(after).length)
    const again = ledger()
      .slice(noted)
      .map((line) => line.split(" ")[0] ?? "")
    expect(again.filter((nodeId) => completedIn(before).includes(nodeId))).toEqual([])
    expect(after.filter(({ event }) => event._tag === "NodesAdded")).toHaveLength(1)
  }
)
