/*
 * Goal: a run by steps that maps child runs, which have steps, channels and waits of their own, over a list in a channel, and comes
 * back to it in a loop, ends the same wherever its process dies.
 * Method: the process is cut off from its store after each of its appends, whichever run that was of; another one takes the run up.
 */
import { describe, expect, it } from "@effect/vitest"
import { RunStatus } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Action, NodeOutput } from "../../src/index.ts"
import { flow, mapped, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const steps = { strategy: "superstep" } as const

const actions: ReadonlyArray<Action.Any<never>> = [
  Action.fn("fill", () => NodeOutput.update({ list: [1, 2, 3] })),
  Action.fn("count", () => NodeOutput.update({ rounds: 1 })),
  Action.fn("note", ({ value }: { value: number }) => NodeOutput.update({ sum: value })),
  Action.fn("turn", ({ rounds }: { rounds: number }) =>
    NodeOutput.goto({ replace: rounds < 2 ? ["count", "each-one"] : "last" }, { outputs: { rounds } })
  )
]

/** Adds what it is given to ten, and waits for a person in between who never comes. */
const child = flow(
  [
    node("note note", [], { value: "=inputs.value" }),
    node("ask ask", ["note"], { wait: { timeout: 1000, onTimeout: "autopilot", default: { ok: true } } }),
    node("tell ok", ["ask"], { value: "=channels.sum" })
  ],
  steps,
  { name: "child", channels: { sum: { reducer: "sum", default: 10 } }, inputs: { value: {} } }
)

const items = { ref: "channels.list" }
const parent = flow(
  [
    node("fill fill"),
    node("count count", ["fill"]),
    {
      ...mapped("each-one child", items, { value: "=each.item" }, { maxParallel: 2 }),
      dependencies: ["fill"],
      flow: child
    },
    node("turn turn", ["count", "each-one"], { rounds: "=channels.rounds" }),
    node("last ok", ["turn"], { value: "=each-one.tell" })
  ],
  { ...steps, maxIterations: 9 },
  { channels: { list: { reducer: "append", default: [] }, rounds: { reducer: "sum", default: 0 } } }
)

const isOver = (engine: TestEngine.TestEngine): boolean =>
  [...engine.data.runs.values()].every(({ status }) => RunStatus.isEnded(status))

/** Lets time pass until this holds; a minute is more than all waits take. */
const until = (holds: () => boolean) =>
  Effect.gen(function* () {
    for (let second = 0; second < 60 && !holds(); second++) {
      for (let turn = 0; turn < 60 && !holds(); turn++) yield* Effect.yieldNow
      yield* TestClock.adjust("1 second")
    }
  })

/** What came of all runs: ends and outputs of nodes, and channels. */
const outcomeOf = (engine: TestEngine.TestEngine) =>
  Effect.forEach([...engine.data.runs.keys()].toSorted(), (runId) =>
    Effect.map(Effect.orDie(engine.dagflow.report(runId)), ({ channels = [], nodes, status }) => ({
      runId,
      status,
      channels: channels.map(({ name, value, version }) => [name, value, version]),
      nodes: nodes.map(({ nodeId, outputs, status: end }) => [nodeId, end, outputs])
    }))
  )

/** Runs it with a process that dies after so many appends, and tells whether it did before the end. */
const crashed = (appends: number) =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const script = new Script()
    let left = appends
    const first = yield* TestEngine.open({
      data,
      script,
      actions,
      driver: (driver) => ({
        ...driver,
        append: (request) => (left-- > 0 ? driver.append(request) : Effect.never)
      })
    })
    yield* first.start(parent)
    yield* until(() => left < 0 || isOver(first))
    first.kill()
    if (left >= 0) return undefined
    yield* TestClock.adjust("11 seconds")
    const second = yield* TestEngine.open({ data, script, actions })
    yield* Effect.orDie(second.dagflow.resume("run"))
    yield* until(() => isOver(second))
    return yield* outcomeOf(second)
  }).pipe(Effect.scoped)

describe("a loop over a list of child runs with channels and waits", () => {
  it.effect(
    "ends the same after the death of its process at any append",
    () =>
      Effect.gen(function* () {
        const whole = yield* TestEngine.open({ actions })
        const run = yield* whole.start(parent)
        yield* until(() => isOver(whole))
        expect(yield* Effect.orDie(run.outputs)).toMatchObject({
          last: { value: [{ value: 11 }, { value: 12 }, { value: 13 }] }
        })
        const expected = yield* outcomeOf(whole)
        expect(expected.map(({ status }) => status)).toEqual(Array(7).fill("completed"))
        let appends = 1
        for (; ; appends++) {
          const outcome = yield* crashed(appends)
          if (outcome === undefined) break
          expect(outcome, `after append ${appends}`).toEqual(expected)
        }
        // Each of the seven runs has a few.
        expect(appends).toBeGreaterThan(30)
      }),
    60_000
  )
})
