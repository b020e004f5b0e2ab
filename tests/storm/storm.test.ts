/*
 * Goal: answers that are sent at the very instant at which a run is parked have one winner each, every loser is told so by a typed
 * result, and no run is left asleep. Method: an engine parks each run the moment that it only waits; around each parking three
 * of four senders, processes of their own where the store allows that, answer all at once. `pnpm storm` does it with 300 runs on
 * each store; DAGFLOW_STORM_RUNS sets another number.
 */
import { Action, Actions, DagFlow, NodeOutput } from "@dagflow/core"
import { type Event, type Parking, RunError, StoreDriver, type StoreDriverShape } from "@dagflow/protocol"
import { StoreCheck, type StoreCase, StoreUnderTest } from "@dagflow/store-testkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { storeAdapters } from "../stores/storeAdapters.ts"

const runs = Number(process.env["DAGFLOW_STORM_RUNS"] ?? 40)

const all = { concurrency: "unbounded" } as const

const ask = Action.fn("ask", () => NodeOutput.wait({ prompt: "Who is first?" }))

const spec = { name: "storm", nodes: [{ id: "asked", action: "ask" }] }

const engineOn = (driver: StoreDriverShape, options: Parameters<typeof DagFlow.layer>[0]) =>
  Effect.map(
    Layer.build(
      DagFlow.layer(options).pipe(Layer.provide([Layer.succeed(StoreDriver, driver), Actions.layer(ask)]))
    ),
    (context) => Context.get(context, DagFlow)
  )

/** What a sender got. */
interface Sent {
  readonly by: string
  readonly exit: Exit.Exit<unknown, unknown>
}

/** What a run came to. */
interface Outcome {
  readonly status: string
  readonly outputs: Event.Outputs | undefined
  readonly sent: ReadonlyArray<Sent>
}

const storm = ({ elsewhere, open }: StoreCase.StoreWorld, isShared: boolean) =>
  Effect.gen(function* () {
    const handle = isShared ? Effect.map(elsewhere, ({ store }) => store) : open
    const senders = yield* Effect.forEach(
      [0, 1, 2, 3],
      () => Effect.flatMap(handle, (one) => engineOn(one, {})),
      all
    )
    const sending = new Map<string, Fiber.Fiber<ReadonlyArray<Sent>>>()
    const scope = yield* Effect.scope
    /** Three of the four senders answer, some sooner and some later than the parking that goes on. */
    const answer = (runId: string, number: number) =>
      Effect.forEach(
        [0, 1, 2],
        (place) => {
          const sender = (number + place) % 4
          const by = `sender ${sender}`
          const command = { _tag: "SendSignal", nodeId: "asked", payload: { by }, by } as const
          const send: Effect.Effect<unknown, RunError> =
            senders[sender]?.send(runId, command, { awaitsOwner: true }) ?? Effect.void
          const later = place === number % 3 ? Effect.void : Effect.sleep((number * 7 + place * 3) % 5)
          return Effect.map(Effect.exit(Effect.andThen(later, send)), (exit): Sent => ({ by, exit }))
        },
        all
      )
    const real = yield* open
    const driver: StoreDriverShape = {
      ...real,
      park: (parking: Parking) =>
        Effect.gen(function* () {
          const { runId } = parking
          if (!sending.has(runId)) {
            const number = Number(runId.slice(3))
            sending.set(runId, yield* Effect.forkIn(answer(runId, number), scope, { startImmediately: true }))
            // Some are faster than the parking, and some are not.
            if (number % 2 === 0) yield* Effect.sleep(number % 7)
          }
          return yield* real.park(parking)
        })
    }
    const owner = yield* engineOn(driver, { recovery: "continuous", parkAfter: 0 })
    const ids = Array.from({ length: runs }, (_, number) => `run${number}`)
    return yield* Effect.forEach(
      ids,
      (id) =>
        Effect.gen(function* () {
          const run = yield* owner.start(spec, { id })
          let report = yield* run.outcome
          // Whoever asks once more after the first answer gets the end.
          while (report.status === "running") {
            yield* Effect.sleep(20)
            report = yield* owner.report(id)
          }
          const fiber = sending.get(id)
          const sent = fiber === undefined ? [] : yield* Fiber.join(fiber)
          return { status: report.status, outputs: report.nodes[0]?.outputs, sent } satisfies Outcome
        }),
      { concurrency: 16 }
    )
  })

const isTyped = (exit: Exit.Exit<unknown, unknown>): boolean => {
  if (!Exit.isFailure(exit)) return false
  const error = exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error
  return (
    error instanceof RunError &&
    error.reason._tag === "CommandRejected" &&
    (error.reason.rejection._tag === "AlreadyAnswered" || error.reason.rejection._tag === "RunEnded")
  )
}

describe.each(storeAdapters)("answers at the instant of parking on $name", (adapter) => {
  it(
    "have one winner for each run, a typed result for each loser, and leave no run asleep",
    { timeout: 600_000 },
    async () => {
      const { sharedProcesses } = await Effect.runPromise(StoreCheck.abilitiesOf(adapter))
      const outcomes = await Effect.runPromise(
        Effect.scoped(Effect.flatMap(StoreUnderTest.world(adapter), (world) => storm(world, sharedProcesses)))
      )
      expect(outcomes).toHaveLength(runs)
      for (const { outputs, sent, status } of outcomes) {
        expect(status).toBe("completed")
        const winners = sent.filter(({ exit }) => Exit.isSuccess(exit))
        expect(sent).toHaveLength(3)
        expect(winners.map(({ by }) => ({ by }))).toEqual([outputs])
        const losers = sent.filter(({ exit }) => Exit.isFailure(exit))
        expect(losers.filter(({ exit }) => !isTyped(exit))).toEqual([])
      }
    }
  )
})
