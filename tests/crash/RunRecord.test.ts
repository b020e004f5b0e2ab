/**
 * Goal: what is looked at after a kill would find what it is there to find. Method: the record of a sound run is falsified in
 * one place at a time.
 */
import { Actions, DagFlow, Hooks } from "@dagflow/core"
import { type Envelope, type Event, StoreDriver } from "@dagflow/protocol"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ledgerOf } from "./Assignment.ts"
import { Aim } from "./Aim.ts"
import { CrashWork, crashFlow } from "./crashFlow.ts"
import { Histogram } from "./Histogram.ts"
import { KillPlan } from "./KillPlan.ts"
import { afterTheEnd, type KillRow, killRows } from "./KillRow.ts"
import * as Ledger from "./Ledger.ts"
import { complaintsAbout, type RunRecord, whoEnded } from "./RunRecord.ts"

const folder = mkdtempSync(path.join(tmpdir(), "dagflow-record-"))

let sound: RunRecord

/** What the child run of the sound run has recorded. */
let childLog: Log

beforeAll(async () => {
  const assignment = { store: "memory", address: "", folder, owner: "p1", runs: ["r"], points: [] }
  const work = new CrashWork(assignment, new KillPlan(folder, []))
  const store = MemoryStore.layerOf(new MemoryStoreData())
  const engine = DagFlow.layer({ owner: "p1" }).pipe(
    Layer.provide([Actions.layer(...work.actions), Hooks.layer(...work.hooks)]),
    Layer.provide(store)
  )
  const program = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const run = yield* dagflow.start(crashFlow, { id: "r", seed: 1 })
    const { sequence } = yield* run.send({ _tag: "EmitEvent", id: "greeting", name: "greeted" })
    work.note("sent", "r", "greeting", sequence)
    yield* run.outcome
    const logs = ["r", "r/sub/1"].map((runId) => Stream.runCollect(dagflow.events(runId)))
    return yield* Effect.all(logs)
  })
  const [log = [], child = []] = await Effect.runPromise(Effect.provide(program, engine))
  const get = Effect.flatMap(StoreDriver, (driver) => driver.get("r"))
  const row = await Effect.runPromise(Effect.provide(get, store))
  const ledger = Ledger.read(ledgerOf({ folder })).filter(({ runId }) => runId === "r")
  sound = { runId: "r", log, row, ledger, dead: new Set() }
  childLog = child
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Log = ReadonlyArray<Envelope.Envelope>

const numbered = (log: Log): Log => log.map((envelope, place) => ({ ...envelope, sequence: place + 1 }))

const isEvent = (envelope: Envelope.Envelope, tag: Event.EventTag, nodeId?: string): boolean =>
  envelope.event._tag === tag &&
  (nodeId === undefined || ("nodeId" in envelope.event && envelope.event.nodeId === nodeId))

const find = (log: Log, tag: Event.EventTag, nodeId?: string): Envelope.Envelope => {
  const found = log.find((envelope) => isEvent(envelope, tag, nodeId))
  if (found === undefined) throw new Error(`there is no ${tag}`)
  return found
}

const without = (log: Log, tag: Event.EventTag, nodeId?: string): Log => {
  const gone = find(log, tag, nodeId)
  return log.filter((envelope) => envelope !== gone)
}

const again = (log: Log, tag: Event.EventTag, nodeId?: string): Log => {
  const twice = find(log, tag, nodeId)
  return numbered(log.flatMap((envelope) => (envelope === twice ? [envelope, envelope] : [envelope])))
}

const working = (name: string, number: number): Ledger.Entry => ({
  kind: "action",
  runId: "r",
  name,
  number,
  owner: "p1"
})

const falsified: ReadonlyArray<
  readonly [what: string, falsify: (record: RunRecord) => Partial<RunRecord>, complaint: string]
> = [
  ["an event is lost", ({ log }) => ({ log: without(log, "NodeCompleted", "a") }), "has number"],
  [
    "its place is closed",
    ({ log }) => ({ log: numbered(without(log, "NodeCompleted", "a")) }),
    "0 recorded ends"
  ],
  [
    "an outcome is recorded twice",
    ({ log }) => ({ log: again(log, "NodeCompleted", "a") }),
    "2 recorded ends"
  ],
  ["a node completes twice", ({ log }) => ({ log: again(log, "NodeCompleted", "a") }), "a completed 2 times"],
  ["a child run is started twice", ({ log }) => ({ log: again(log, "SubFlowStarted") }), "SubFlowStarted at"],
  [
    "a child run never ends",
    ({ log }) => ({ log: numbered(without(log, "NodeCompleted", "sub")) }),
    "attempt sub 1 has 0 recorded ends"
  ],
  ["the end is lost", ({ log }) => ({ log: log.slice(0, -1) }), "the run is running"],
  [
    "an attempt runs twice",
    ({ ledger }) => ({ ledger: [...ledger, working("a", 1)] }),
    "attempt a 1 ran 2 times"
  ],
  ["a finished node runs again", ({ ledger }) => ({ ledger: [...ledger, working("a", 2)] }), "a ran again"],
  [
    "a start is not recorded",
    ({ ledger }) => ({ ledger: [...ledger, working("z", 2)] }),
    "is recorded as undefined"
  ],
  [
    "nothing was done",
    ({ ledger }) => ({ ledger: ledger.filter(({ name }) => name !== "z") }),
    "z 1 completed and never ran"
  ],
  [
    "growth is applied twice",
    ({ log }) => ({ log: again(log, "NodesAdded") }),
    `command "growth" had 2 effects`
  ],
  ["growth is lost", ({ log }) => ({ log: numbered(without(log, "NodesAdded")) }), "instead of"],
  ["an answer is recorded twice", ({ log }) => ({ log: again(log, "HookAnswered") }), "is recorded twice"],
  [
    "an answer is lost",
    ({ log }) => ({ log: numbered(without(log, "HookAnswered")) }),
    "no answer is recorded"
  ],
  [
    "a command that was accepted is lost",
    ({ ledger }) => ({ ledger: ledger.map((one) => (one.kind === "sent" ? { ...one, number: 1 } : one)) }),
    "was said to be event 1"
  ],
  [
    "the list of runs is late",
    ({ row }) => ({ row: row && { ...row, sequence: 3 } }),
    "the row ends with event 3"
  ],
  [
    "the run is still claimed",
    ({ row }) => ({ row: row && { ...row, owner: "p1" } }),
    "p1 still owns the run"
  ]
]

describe("a record", () => {
  it("of a sound run gives no complaint", () => {
    expect(complaintsAbout(sound, sound)).toEqual([])
    expect(whoEnded(sound)).toBe("p1")
    expect(whoEnded({ log: sound.log.slice(0, -1) })).toBeUndefined()
  })

  it.each(falsified)("in which %s gives a complaint", (_, falsify, complaint) => {
    const found = complaintsAbout({ ...sound, ...falsify(sound) }, sound)
    expect(found.join("\n")).toContain(complaint)
  })

  it("of a hook that is asked again after its answer gives a complaint", () => {
    const taken: Envelope.Envelope = {
      ...find(sound.log, "RunOwned"),
      epoch: 2,
      event: { _tag: "RunOwned", owner: "p2", hooks: [] }
    }
    const log = numbered([
      ...sound.log.slice(0, -1),
      taken,
      ...sound.log.slice(-1).map((one) => ({ ...one, epoch: 2 }))
    ])
    const asked = sound.ledger.find(({ kind }) => kind === "hook") ?? working("none", 1)
    const found = complaintsAbout(
      { ...sound, log, ledger: [...sound.ledger, { ...asked, owner: "p2" }] },
      sound
    )
    expect(found).toContain(`r: grow was asked again about event ${asked.number}`)
  })
})

describe("the kills of a trial", () => {
  const column = { store: "sqlite", processes: 1 }
  const aimAt = (rows: ReadonlyArray<KillRow>) => {
    const histogram = new Histogram(rows, [column])
    return { histogram, aim: new Aim(rows, histogram) }
  }

  it("are at the kinds of places that nobody was killed at, until every place was hit", () => {
    const rows = killRows(sound.log, childLog).filter(({ name }) => name !== "at a random time")
    const { aim, histogram } = aimAt(rows)
    const most = Math.max(...rows.map(({ points }) => points.length))
    let trials = 0
    // The first kinds are never hit, as what is hard to reach, and keep nobody from the others.
    const unreached = new Set(rows.slice(0, 2).map(({ name }) => name))
    const isOpen = () =>
      rows.some(
        ({ name, points }) =>
          !unreached.has(name) && points.some((point) => histogram.countAt(point, column) === 0)
      )
    while (isOpen() && trials < rows.length * most) {
      for (const { point, row } of aim.next(column, `${trials++}`)) {
        if (!unreached.has(row)) histogram.add(row, column, point)
      }
    }
    expect(isOpen()).toBe(false)
    expect(histogram.empty).toHaveLength(2)
    const counts = rows
      .filter(({ name }) => !unreached.has(name))
      .map(({ name }) => histogram.count(name, column))
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
  })

  it("are the same each time", () => {
    const rows = killRows(sound.log, childLog)
    expect(aimAt(rows).aim.next(column, "7")).toEqual(aimAt(rows).aim.next(column, "7"))
    expect(aimAt(rows).aim.next(column, "7")).not.toEqual(aimAt(rows).aim.next(column, "8"))
  })

  it("have another one before a take-up", () => {
    const rows = killRows(sound.log, childLog)
    const { aim, histogram } = aimAt(rows)
    for (const row of rows.filter(({ isAfterAnother }) => isAfterAnother !== true)) {
      for (const point of row.points) histogram.add(row.name, column, point)
    }
    for (const seed of ["1", "2", "3"]) {
      const kinds = aim
        .next(column, seed)
        .map(({ row }) => rows.find(({ name }) => name === row)?.isAfterAnother)
      expect(kinds.filter((isAfter) => isAfter)).toHaveLength(2)
      expect(kinds.length).toBeGreaterThan(2)
    }
  })
})

describe("a histogram", () => {
  it("names the cells and the places without a kill, and does not count what came after the end", () => {
    const rows = killRows(sound.log, childLog).filter(
      ({ name }) => name === "before the last append" || name === afterTheEnd
    )
    const [sole, three] = [1, 3].map((processes) => ({ store: "sqlite", processes }))
    if (sole === undefined || three === undefined) throw new Error("there are no columns")
    const histogram = new Histogram(rows, [sole, three])
    histogram.add("before the last append", sole, { at: "before", event: "RunCompleted" })
    histogram.add(afterTheEnd, sole, { at: "after", event: "RunCompleted" })
    expect(histogram.total).toBe(1)
    expect(histogram.empty).toEqual(["before the last append, sqlite x3", "after the last append, sqlite x3"])
    expect(histogram.missed).toEqual([])
    expect(histogram.toString()).toContain("before the last append          1          0")
    expect(new Histogram(rows, [sole]).missed).toHaveLength(2)
  })
})
