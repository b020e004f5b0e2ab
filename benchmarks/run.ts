/**
 * Measures everything and prints it as Markdown: `pnpm benchmark`.
 *
 * - `--quick`: one round, nothing above 1,000 nodes.
 * - `--only <text>`: only cases whose workload or system contains the text; may be repeated.
 * - `--rounds <n>`: how often each case is measured; default 5.
 * - `--footprint`: only how long packages take to import, and how large they are.
 *
 * A whole measurement also goes into README.md.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import path from "node:path"
import { parseArgs } from "node:util"
import { aimTable } from "./harness/Aims.ts"
import * as Case from "./harness/Case.ts"
import { footprint } from "./harness/Footprint.ts"
import { digits, type Row, table } from "./harness/Report.ts"
import { type Sample, take } from "./harness/Sample.ts"
import { spread } from "./harness/Statistics.ts"

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    footprint: { type: "boolean", default: false }
  }
})

const rounds = values.quick ? 1 : Number(values.rounds ?? 5)

const isChosen = ({ size, system, workload }: Case.Case): boolean =>
  (!values.quick || size <= 1000) &&
  (values.only.length === 0 || values.only.some((text) => workload.includes(text) || system.includes(text)))

/** Measures all cases once a round, one after the other, so that a busy minute of the machine hits all alike. */
const measureAll = async (
  cases: ReadonlyArray<Case.Case>,
  loads: Array<number>
): Promise<ReadonlyArray<Row>> => {
  const samples = new Map(cases.map((one): [Case.Case, Array<Sample | undefined>] => [one, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [index, one] of cases.entries()) {
      const list = samples.get(one) ?? []
      // What took too long once will do so again.
      if (list.includes(undefined)) continue
      const place = `round ${round} of ${rounds}, ${index + 1} of ${cases.length}`
      process.stderr.write(`${place}: ${one.workload}, ${one.size} nodes, ${one.system}\n`)
      loads.push(loadavg()[0] ?? 0)
      list.push(await take(one))
    }
  }
  return [...samples].map(([case_, list]) => ({ case_, samples: list }))
}

const machine = (loads: ReadonlyArray<number>): string => {
  const load = spread(loads)
  const range = `${digits(load.minimum)}..${digits(load.maximum)}, median ${digits(load.median)}`
  return `Node ${process.version}, ${cpus().length} cores, load ${range}; ${rounds} rounds, each in a process of its own.`
}

const writeReadme = (text: string): void => {
  const file = path.join(import.meta.dirname, "README.md")
  const readme = readFileSync(file, "utf8")
  const [before] = readme.split("<!-- results -->")
  const [, after] = readme.split("<!-- /results -->")
  writeFileSync(file, `${before}<!-- results -->\n\n${text}\n\n<!-- /results -->${after}`)
}

const isWhole = !values.quick && !values.footprint && values.only.length === 0

/** Starts the server of a measurement, which waits for its disk; `DAGFLOW_TEST_POSTGRES_URL` names another one. */
const startServer = async (cases: ReadonlyArray<Case.Case>): Promise<() => Promise<void>> => {
  const isNeeded = cases.some(({ system }) => system.endsWith("Postgres"))
  if (!isNeeded || process.env["DAGFLOW_TEST_POSTGRES_URL"] !== undefined) return async () => {}
  const { startEmbedded } = await import("@dagflow/internal-test-postgres")
  const server = await startEmbedded({ isDurable: true })
  process.env["DAGFLOW_TEST_POSTGRES_URL"] = server.url
  return server.stop
}

const measureChosen = async (): Promise<ReadonlyArray<string>> => {
  const loads: Array<number> = []
  const chosen = values.footprint ? [] : Case.all.filter(isChosen)
  const stop = await startServer(chosen)
  const rows = await measureAll(chosen, loads)
  await stop()
  return rows.length === 0 ? [] : [machine(loads), table(rows), ...aimTable(rows)]
}

const parts = [...(await measureChosen()), ...(isWhole || values.footprint ? [await footprint(rounds)] : [])]
const text = parts.join("\n\n")
console.log(text)
if (isWhole) writeReadme(text)
