/**
 * Runs the flow of this folder on the shipped data and shows what happens: `npx -y pnpm@12 demo`.
 *
 * Notice the service that is unavailable at first, the nodes that a hook adds once it has seen what is wrong with the data,
 * and the second report. The run stays in a SQLite file, so it can be looked at afterwards.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises"
import path from "node:path"
import { StandardActions } from "@dagflow/actions"
import { Actions, DagFlow, Hooks } from "@dagflow/core"
import { type Envelope, Evolve, RunGraph, Svg } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import config from "./dagflow.config.ts"
import { loadFlow } from "./loadFlow.ts"
import * as PriceServer from "./price-server.ts"
import { progressLine } from "./progressLine.ts"

const folder = path.join(import.meta.dirname, ".dagflow")
const files = {
  store: path.join(folder, "box-office.db"),
  report: path.join(folder, "report.md"),
  picture: path.join(folder, "run.svg")
}

/** A file as one would name it from where the demo was started. */
const shown = (file: string): string => path.relative(process.cwd(), file)

const engine = DagFlow.layer().pipe(
  Layer.provide([
    SqliteStore.layer(files.store),
    // What happens is shown as lines of progress; the log would say it a second time.
    Logger.layer([]),
    Actions.layer(...StandardActions.make(config.standardActions), ...(config.actions ?? [])),
    Hooks.layer(...(config.hooks ?? []))
  ])
)

/** Runs the flow with a service of prices, printing what happens, and gives the log of the run. */
const runFlow = (priceIndex: string) =>
  Effect.gen(function* () {
    const flow = yield* loadFlow
    const dagflow = yield* DagFlow
    const run = yield* dagflow.start(flow, { input: { priceIndex, report: files.report } })
    console.log(`${flow.name}: ${flow.description}\nrun ${run.runId}\n`)
    const log: Array<Envelope.Envelope> = []
    yield* Stream.runForEach(run.events(), (envelope) =>
      Effect.sync(() => {
        log.push(envelope)
        const line = progressLine(envelope)
        if (line !== undefined) console.log(line)
      })
    )
    const { status, totals } = yield* run.outcome
    console.log(
      `\n${status}: ${totals.nodes} nodes, ${totals.grown} of them added on the way, ${totals.retries} retried`
    )
    return { runId: run.runId, status, log }
  })

/** What the report says up to the table of genres, which answers the question. */
const answer = (report: string): string =>
  (report.split("\n## By decade")[0] ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => `  ${line}`)
    .join("\n")

await mkdir(folder, { recursive: true })
const prices = await PriceServer.start(0)
try {
  const { log, runId, status } = await Effect.runPromise(Effect.provide(runFlow(prices.url), engine))
  await writeFile(files.picture, Svg.render(RunGraph.ofRun(Evolve.fold(runId, log))))
  if (status !== "completed") process.exitCode = 1
  else console.log(`\n${answer(await readFile(files.report, "utf8"))}`)
  const dagflow = "npx -y pnpm@12 -s dagflow"
  const store = `--store sqlite:${shown(files.store)}`
  console.log(`
The report   ${shown(files.report)}
The picture  ${shown(files.picture)}

Look at the run again:
  ${dagflow} show ${runId} ${store}
  ${dagflow} events ${runId} ${store}
  ${dagflow} graph ${runId} ${store}`)
} finally {
  prices.close()
}
