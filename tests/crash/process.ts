/**
 * A process that is killed at some moment: it waits for assignments, one JSON document a line, and works them off. It has
 * loaded everything before the first one comes, so that a kill does not cost the time of loading.
 */
import { Actions, DagFlow, Hooks } from "@dagflow/core"
import { RunError, RunStatus, StoreDriver } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import { writeSync } from "node:fs"
import { createInterface } from "node:readline"
import type { Assignment, Message } from "./Assignment.ts"
import { CrashWork, crashFlow } from "./crashFlow.ts"
import { crashStore } from "./CrashStore.ts"
import { KillPlan } from "./KillPlan.ts"
import { killingStore } from "./killingStore.ts"

const standardOutput = 1
const standardError = 2

/** Standard output is for the messages of this process. */
const toStandardError = Logger.make<unknown, void>(({ logLevel, message }) => {
  writeSync(standardError, `${logLevel} ${String(message)}\n`)
})

/** Says something; it has been said when this returns. */
const say = (message: Message): void => {
  writeSync(standardOutput, `${JSON.stringify(message)}\n`)
}

const isTaken = (error: unknown): boolean => error instanceof RunError && error.reason._tag === "RunNotOwned"

const isRefused = (error: unknown): boolean =>
  error instanceof RunError && (error.reason._tag === "CommandRejected" || isTaken(error))

const isEnded = (runId: string) =>
  Effect.map(
    Effect.flatMap(StoreDriver, (driver) => driver.get(runId)),
    (row) => row !== undefined && RunStatus.isEnded(row.status)
  )

/** Waits for the end of a run, which some engine of the store brings about. */
const awaitEnd = (runId: string) =>
  Effect.repeat(isEnded(runId), { until: (hasEnded) => hasEnded, schedule: Schedule.spaced("20 millis") })

/** Brings a run to its end, whoever does it, and tells it something on the way. */
const bringToEnd = (runId: string, work: CrashWork, machine: Assignment["machine"]) =>
  Effect.gen(function* () {
    if (machine?.starts === false) return yield* awaitEnd(runId)
    const dagflow = yield* DagFlow
    const own = Effect.gen(function* () {
      const run = yield* dagflow.start(crashFlow, { id: runId, seed: 1 })
      const id = `greeting of ${runId}`
      const greeting = Effect.map(
        dagflow.send(runId, { _tag: "EmitEvent", id, name: "greeted" }),
        (outcome) => {
          if (outcome !== undefined) work.note("sent", runId, id, outcome.sequence)
        }
      )
      yield* Effect.catchIf(greeting, isRefused, () => Effect.void)
      return yield* Effect.tapError(run.outcome, (error) =>
        Effect.sync(() => {
          if (isTaken(error)) work.note("lost", runId, "the run", 0)
        })
      )
    })
    // The end of a claim tells nobody anything whose clock is wrong: engines watch whether it is prolonged.
    if (machine !== undefined)
      return yield* Effect.catchIf(Effect.asVoid(own), isTaken, () => awaitEnd(runId))
    // Another process may have the run, or may have taken it from a process that is late.
    yield* Effect.retry(own, { while: isTaken, schedule: Schedule.spaced("20 millis") })
  })

/** The clock of a machine that is not set right. */
const clockAhead = (aheadMillis: number) =>
  Effect.updateService(Clock.Clock, (clock): Clock.Clock => {
    const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() + aheadMillis
    return Object.assign(Object.create(clock) as Clock.Clock, {
      currentTimeMillisUnsafe,
      currentTimeMillis: Effect.sync(currentTimeMillisUnsafe)
    })
  })

const perform = (assignment: Assignment): Effect.Effect<void, unknown> => {
  const { address, folder, machine, owner, points, runs } = assignment
  const plan = new KillPlan(folder, points)
  const work = new CrashWork(assignment, plan)
  const store = crashStore(assignment.store)
  const driver = killingStore(store.layer(address), { plan, owner, now: () => say({ _tag: "Now" }) })
  const lease = assignment.leaseMillis ?? store.leaseMillis
  const recovery = machine === undefined ? "on_request" : "continuous"
  const engine = DagFlow.layer({ owner, lease, recovery }).pipe(
    Layer.provide([Actions.layer(...work.actions), Hooks.layer(...work.hooks)]),
    Layer.provideMerge(driver)
  )
  const program = Effect.andThen(
    Effect.sync(() => say({ _tag: "Begun" })),
    Effect.forEach(runs, (runId) => bringToEnd(runId, work, machine), { concurrency: "unbounded" })
  )
  return program.pipe(
    Effect.asVoid,
    // What child runs have to say comes by the loggers of the engine.
    Effect.provide(Layer.provideMerge(engine, Logger.layer([toStandardError]))),
    clockAhead(machine?.aheadMillis ?? 0)
  )
}

// Whoever started this process is gone, and nobody would end it.
const input = createInterface(process.stdin).on("close", () => process.exit())

say({ _tag: "Ready" })
for await (const line of input) {
  const assignment = JSON.parse(line) as Assignment
  const exit = await Effect.runPromiseExit(perform(assignment))
  say(exit._tag === "Success" ? { _tag: "Ended" } : { _tag: "Broke", message: String(exit.cause) })
}
