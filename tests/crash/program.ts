/**
 * A program that can be killed at any moment and started again: `node program.ts <folder>`. It works off one run with
 * retries, a failure handler, and a hook that lets the graph grow, and ends when the run has ended.
 *
 * With a file `hold` in the folder, the hook does not answer until there is a file `release`.
 */
import { DagFlow, Hook, Hooks, Action, Actions, type RunHandle } from "@dagflow/core"
import { type FlowSpec, RunError } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { existsSync } from "node:fs"
import path from "node:path"
import { killingStore } from "./killingStore.ts"
import * as KillPoint from "./KillPoint.ts"
import * as Ledger from "./Ledger.ts"

const folder = process.argv[2] ?? "."
const ledger = path.join(folder, "ledger.jsonl")
const { pid } = process

const note = (kind: Ledger.Entry["kind"], name: string, number: number): void =>
  Ledger.write(ledger, { kind, name, number, pid })

const pause = Effect.sleep("5 millis")

const work = Action.fn("work", (_: object, { attempt, nodeId }) =>
  Effect.gen(function* () {
    note("action", nodeId, attempt)
    KillPoint.dieAt("action", nodeId)
    yield* pause
    return { value: `${nodeId} is done` }
  })
)

/** Fails until it has failed once on record; an attempt that was lost does not count. */
const flaky = Action.fn("flaky", (input: { failures: number }, { attempt, nodeId }) =>
  Effect.gen(function* () {
    note("action", nodeId, attempt)
    yield* pause
    if (attempt <= input.failures) return yield* Effect.fail(new Error("not yet"))
    return { value: `${nodeId} is done` }
  })
)

const broken = Action.fn("broken", (_: object, { attempt, nodeId }) =>
  Effect.gen(function* () {
    note("action", nodeId, attempt)
    yield* pause
    return yield* Effect.fail(new Error("it is broken"))
  })
)

const flow: FlowSpec.FlowSpec = {
  name: "killed",
  config: { maxParallel: 3 },
  nodes: [
    { id: "a", action: "work" },
    {
      id: "b",
      action: "flaky",
      inputs: { failures: { value: 1 } },
      retry: { tries: 6, backoff: "fixed", initialMillis: 200, jitter: 0 }
    },
    { id: "c", action: "broken", failure: "work" },
    { id: "free", action: "work" },
    { id: "free-2", action: "work", dependencies: ["free"] },
    { id: "after-a", action: "work", dependencies: ["a"] },
    { id: "z", action: "work", dependencies: ["b", "c", "after-a", "free-2"] }
  ]
}

const released = Effect.repeat(
  Effect.sync(() => !existsSync(path.join(folder, "hold")) || existsSync(path.join(folder, "release"))),
  { until: (isReleased) => isReleased, schedule: Schedule.spaced("5 millis") }
)

const grow = Hook.make({
  name: "grow",
  on: ["NodeCompleted"],
  timeout: "1 minute",
  handle: ({ event, sequence }) => {
    if (event._tag !== "NodeCompleted" || event.nodeId !== "a") return []
    note("hook", "grow", sequence)
    KillPoint.dieAt("hook", "grow")
    return Effect.andThen(
      released,
      Effect.as(pause, [
        {
          _tag: "AddNodes" as const,
          id: "growth",
          nodes: [
            { id: "grown-2", action: "work", dependencies: ["grown-1"] },
            { id: "grown-1", action: "work", dependencies: ["a"] }
          ]
        },
        { _tag: "EmitEvent" as const, name: "grown" }
      ])
    )
  }
})

const isTaken = (error: unknown): boolean => error instanceof RunError && error.reason._tag === "RunNotOwned"

const program = Effect.gen(function* () {
  const dagflow = yield* DagFlow
  // Where the machine cannot tell that the last owner is dead, its claim has to run out first.
  const run: RunHandle.RunHandle = yield* Effect.retry(dagflow.start(flow, { id: "run", seed: 1 }), {
    while: isTaken,
    schedule: Schedule.spaced("100 millis")
  })
  const report = yield* run.outcome
  console.log(report.status)
})

const engine = DagFlow.layer({ lease: "1 second" }).pipe(
  Layer.provide([
    killingStore(SqliteStore.layer({ filename: path.join(folder, "runs.db"), durability: "normal" })),
    Actions.layer(work, flaky, broken),
    Hooks.layer(grow)
  ])
)

await Effect.runPromise(Effect.provide(program, engine))
