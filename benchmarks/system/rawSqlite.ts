/**
 * The plain scheduler plus rows in SQLite, written by hand: what the storage alone costs. Dependents start once the
 * completion that they need is committed.
 *
 * - `tx`: a row and a commit for each node.
 * - `group`: a row for each node; all completions of one turn of the event loop are one commit.
 * - `group2`: the same with a row for the start of each node, which rides with the completion that enabled it.
 */
import { statSync } from "node:fs"
import path from "node:path"
import Database from "better-sqlite3"
import { concurrency, measure, type Measured, type System, type Task } from "./System.ts"

export type Rows = "tx" | "group" | "group2"
export type Synchronous = "NORMAL" | "FULL"

interface Log {
  readonly add: (tag: string, node: number, outputs?: unknown) => void
  readonly commit: () => void
  readonly close: () => void
}

/** Opens a log of events; what is added is written by the next commit, as one transaction. */
const openLog = (file: string, synchronous: Synchronous): Log => {
  const database = new Database(file)
  database.pragma("journal_mode = WAL")
  database.pragma(`synchronous = ${synchronous}`)
  database.exec(
    "CREATE TABLE events (run INTEGER, sequence INTEGER, at INTEGER, event TEXT, PRIMARY KEY (run, sequence)) WITHOUT ROWID"
  )
  const insert = database.prepare("INSERT INTO events VALUES (1, ?, ?, ?)")
  let pending: Array<string> = []
  let sequence = 0
  const write = database.transaction((rows: ReadonlyArray<string>) => {
    for (const row of rows) insert.run(++sequence, Date.now(), row)
  })
  return {
    add: (tag, node, outputs) =>
      void pending.push(JSON.stringify({ _tag: tag, nodeId: `n${node}`, attempt: 1, outputs })),
    commit: () => {
      if (pending.length === 0) return
      const rows = pending
      pending = []
      write(rows)
    },
    close: () => {
      database.pragma("wal_checkpoint(TRUNCATE)")
      database.close()
    }
  }
}

interface Strategy {
  readonly log: Log
  readonly rows: Rows
}

/** Runs all nodes; `firstOf` and `next` say which nodes there are at the start, and which a completion enables. */
const schedule = (
  { log, rows }: Strategy,
  visit: Task["visit"],
  roots: ReadonlyArray<number>,
  next: (node: number) => ReadonlyArray<number>
): Promise<void> =>
  new Promise((resolve, reject) => {
    const ready = [...roots]
    let taken = 0
    let running = 0
    let ended: Array<number> = []
    const settle = (): void => {
      const batch = ended
      ended = []
      running -= batch.length
      if (rows === "tx") log.commit()
      for (const node of batch) ready.push(...next(node))
      startReady()
    }
    const onEnd = (node: number, outputs: unknown): void => {
      log.add("NodeCompleted", node, outputs)
      ended.push(node)
      if (rows === "tx") settle()
      else if (ended.length === 1) setImmediate(settle)
    }
    const startReady = (): void => {
      const starting = ready.slice(taken, taken + concurrency - running)
      taken += starting.length
      running += starting.length
      if (rows === "group2") for (const node of starting) log.add("NodeStarted", node)
      log.commit()
      for (const node of starting) visit(node).then((outputs) => onEnd(node, outputs), reject)
      if (running === 0) resolve()
    }
    startReady()
  })

const staticOrder = ({ graph }: Task) => {
  const waitsFor = graph.dependencies.map((list) => list.length)
  const roots = waitsFor.flatMap((count, node) => (count === 0 ? [node] : []))
  const next = (node: number): ReadonlyArray<number> =>
    (graph.dependents[node] ?? []).filter((one) => {
      const left = (waitsFor[one] ?? 0) - 1
      waitsFor[one] = left
      return left === 0
    })
  return { roots, next }
}

const growingOrder = ({ graph }: Task) => ({
  roots: [0],
  next: (node: number): ReadonlyArray<number> => (node + 1 < graph.dependencies.length ? [node + 1] : [])
})

const stored = async (
  rows: Rows,
  synchronous: Synchronous,
  task: Task,
  { next, roots }: ReturnType<typeof staticOrder>
): Promise<Measured> => {
  const file = path.join(task.folder, "log.db")
  const log = openLog(file, synchronous)
  const measured = await measure(
    () => {},
    () => schedule({ log, rows }, task.visit, roots, next)
  )
  log.close()
  return { ...measured, storedBytes: statSync(file).size }
}

export const rawSqlite = (rows: Rows, synchronous: Synchronous): System => ({
  run: (task) => stored(rows, synchronous, task, staticOrder(task)),
  grow: (task) => stored(rows, synchronous, task, growingOrder(task))
})
