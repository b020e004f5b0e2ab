/**
 * The plain scheduler plus rows in PostgreSQL, written by hand: what the storage alone costs. Dependents start once the
 * completion that they need is committed.
 *
 * - `tx`: a row and a commit for each node, over ten connections.
 * - `group2`: rows for the start and the completion of each node, on one connection. While one statement is on its way, what
 *   ends collects, and is the next statement, together with the starts that it enables.
 */
import { postgresUrl } from "@dagflow/internal-test-postgres"
import pg from "pg"
import { concurrency, measure, type Measured, type System, type Task } from "./System.ts"

export type Rows = "tx" | "group2"

type Write = (rows: ReadonlyArray<string>) => Promise<unknown>

const connections = { tx: 10, group2: 1 }

interface Order {
  readonly roots: ReadonlyArray<number>
  readonly next: (node: number) => ReadonlyArray<number>
}

const row = (tag: string, node: number, outputs?: unknown): string =>
  JSON.stringify({ _tag: tag, nodeId: `n${node}`, attempt: 1, outputs })

/** A commit for each completion, after which what it enables starts. */
const runEach = (write: Write, { visit }: Task, order: Order): Promise<void> =>
  new Promise((resolve, reject) => {
    const ready = [...order.roots]
    let running = 0
    const settle = (node: number): void => {
      running--
      ready.push(...order.next(node))
      start()
    }
    const start = (): void => {
      while (running < concurrency) {
        const node = ready.shift()
        if (node === undefined) break
        running++
        const written = visit(node).then((outputs) => write([row("NodeCompleted", node, outputs)]))
        written.then(() => settle(node), reject)
      }
      if (running === 0) resolve()
    }
    start()
  })

/** One statement after the other; each carries what ended meanwhile, and the starts that it enables. */
const runGroups = async (write: Write, { visit }: Task, { next, roots }: Order): Promise<void> => {
  const ready = [...roots]
  let running = 0
  let ended: Array<{ readonly node: number; readonly outputs: unknown }> = []
  let wake: () => void = () => {}
  while (true) {
    const batch = ended
    ended = []
    running -= batch.length
    for (const { node } of batch) ready.push(...next(node))
    const starting = ready.splice(0, concurrency - running)
    running += starting.length
    if (batch.length + starting.length > 0) {
      await write([
        ...batch.map(({ node, outputs }) => row("NodeCompleted", node, outputs)),
        ...starting.map((node) => row("NodeStarted", node))
      ])
    }
    for (const node of starting) {
      void visit(node).then((outputs) => {
        ended.push({ node, outputs })
        wake()
      })
    }
    if (running === 0) return
    if (ended.length === 0) await new Promise<void>((resolve) => (wake = resolve))
  }
}

const staticOrder = ({ graph }: Task): Order => {
  const waitsFor = graph.dependencies.map((list) => list.length)
  return {
    roots: waitsFor.flatMap((count, node) => (count === 0 ? [node] : [])),
    next: (node) => (graph.dependents[node] ?? []).filter((one) => --waitsFor[one]! === 0)
  }
}

const growingOrder = ({ graph }: Task): Order => ({
  roots: [0],
  next: (node) => (node + 1 < graph.dependencies.length ? [node + 1] : [])
})

const stored = async (rows: Rows, task: Task, order: Order): Promise<Measured> => {
  const pool = new pg.Pool({ connectionString: await postgresUrl(), max: connections[rows] })
  await pool.query("DROP TABLE IF EXISTS raw_event")
  await pool.query(
    "CREATE TABLE raw_event (run integer, sequence integer, at double precision, event text, PRIMARY KEY (run, sequence))"
  )
  let sequence = 0
  const write: Write = (texts) => {
    const first = sequence
    sequence += texts.length
    return pool.query({
      name: "write",
      text: "INSERT INTO raw_event SELECT 1, $1::integer + e.n, $2, e.event FROM unnest($3::text[]) WITH ORDINALITY AS e (event, n)",
      values: [first, Date.now(), texts]
    })
  }
  const measured = await measure(
    () => {},
    () => (rows === "tx" ? runEach(write, task, order) : runGroups(write, task, order))
  )
  const size = await pool.query<{ bytes: number }>(
    "SELECT pg_total_relation_size('raw_event')::float AS bytes"
  )
  await pool.end()
  return { ...measured, storedBytes: size.rows[0]?.bytes ?? 0 }
}

export const rawPostgres = (rows: Rows): System => ({
  run: (task) => stored(rows, task, staticOrder(task)),
  grow: (task) => stored(rows, task, growingOrder(task))
})
