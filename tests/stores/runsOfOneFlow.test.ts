/*
 * Goal: runs are kept under their own ids and never under the name of their flow: two runs of one flow are both readable,
 * long after the process that ran them has ended.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { Action, DagFlow, Flow } from "@dagflow/core"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { afterAll, beforeAll, expect, it } from "vitest"

let folder: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-two-runs-")))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const repeat = Action.fn("repeat", (input: { text: string }) => ({ text: input.text.repeat(100) }))

/** Its outputs are large enough for an artifact of their own. */
const nightly = Flow.make("nightly", { inputs: { day: Schema.String } }, (f) => ({
  last: f.node("repeat", repeat, { text: f.inputs.day })
}))

/** Opens the file anew, as another process does, and closes it again. */
const withEngine = <A>(use: Effect.Effect<A, unknown, DagFlow>): Promise<A> =>
  use.pipe(
    Effect.provide(DagFlow.layer().pipe(Layer.provide(SqliteStore.layer(path.join(folder, "flow.db"))))),
    Effect.runPromise
  )

it("two runs of one flow are both readable, from a file that is opened anew", async () => {
  const days = ["monday", "tuesday"]
  for (const day of days) {
    const config = { artifactBytesMin: 256 }
    await withEngine(
      Effect.flatMap(DagFlow, (dagflow) => dagflow.run(nightly, { id: day, input: { day }, config }))
    )
  }
  const read = await withEngine(
    Effect.gen(function* () {
      const dagflow = yield* DagFlow
      const { runs } = yield* dagflow.list({ flow: "nightly" })
      const found = yield* Effect.forEach(days, (id) =>
        Effect.gen(function* () {
          const { status, totals } = yield* dagflow.report(id)
          const log = yield* Stream.runCollect(dagflow.events(id))
          const again = yield* dagflow.run(nightly, { id, input: { day: id } })
          return {
            id,
            status,
            attempts: totals.attempts,
            runs: new Set(log.map((one) => one.runId)),
            text: again.last.text
          }
        })
      )
      return { ids: runs.map((run) => run.runId).sort(), found }
    })
  )
  expect(read.ids).toEqual(days)
  expect(read.found).toEqual(
    days.map((id) => ({ id, status: "completed", attempts: 1, runs: new Set([id]), text: id.repeat(100) }))
  )
})
