/*
 * Goal: whatever happens between an engine and any of our stores, a run ends as it would have, and nothing is recorded twice.
 * Method: faults strike at chosen writes of an engine; another engine takes up what the first one has left. A ledger outside
 * of the store counts what actions really did.
 */
import { Action, Actions, DagFlow } from "@dagflow/core"
import { type FlowSpec, StoreDriver, type StoreDriverShape } from "@dagflow/protocol"
import { FaultyStore, StoreUnderTest } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Latch from "effect/Latch"
import { describe, expect, it } from "vitest"
import { storeAdapters } from "./storeAdapters.ts"

const names = ["a", "b", "c", "d", "e"]

/** Each node waits for the one before, so that each has an append of its own. */
const chain: FlowSpec.FlowSpec = {
  name: "chain",
  nodes: names.map((id, index) => ({
    id,
    action: "count",
    dependencies: names.slice(Math.max(0, index - 1), index)
  }))
}

/** What actions did, by the ids of their nodes. */
type Ledger = Map<string, number>

const engineOn = (store: StoreDriverShape, ledger: Ledger) => {
  const count = Action.fn("count", async (_: object, { nodeId }) => {
    ledger.set(nodeId, (ledger.get(nodeId) ?? 0) + 1)
    return { done: true }
  })
  return DagFlow.layer().pipe(Layer.provide([Layer.succeed(StoreDriver, store), Actions.layer(count)]))
}

const start = Effect.gen(function* () {
  const dagflow = yield* DagFlow
  const run = yield* dagflow.start(chain, { id: "r" })
  return (yield* run.outcome).status
})

const takeUp = Effect.gen(function* () {
  const dagflow = yield* DagFlow
  const run = yield* dagflow.resume("r", { force: true })
  return (yield* run.outcome).status
})

/** Fails unless the log is whole and has one completion of each node, in their order. Gives their numbers in the log. */
const completions = (store: StoreDriverShape) =>
  Effect.map(store.read("r", 0, 1_000), (log) => {
    expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1))
    const ends = log.flatMap(({ event, sequence }) => {
      const { _tag, nodeId } = JSON.parse(event) as { readonly _tag: string; readonly nodeId?: string }
      return _tag === "NodeCompleted" ? [{ nodeId, sequence }] : []
    })
    expect(ends.map(({ nodeId }) => nodeId)).toEqual(names)
    return ends
  })

/** Whatever number of times a node ran, at least once, and at most twice where the process was lost in between. */
const ran = (ledger: Ledger): ReadonlyArray<number | undefined> => names.map((name) => ledger.get(name))

const onWorld = <A>(
  adapter: StoreUnderTest.StoreUnderTest,
  use: (open: StoreDriverShape, again: StoreDriverShape) => Effect.Effect<A, unknown>
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { open } = yield* StoreUnderTest.world(adapter)
        return yield* use(yield* open, yield* open)
      })
    )
  )

describe.each(storeAdapters)("an engine on $name", (adapter) => {
  it("waits while the store is away, and goes on when requests come late or twice", async () => {
    const ledger: Ledger = new Map()
    const status = await onWorld(adapter, (first, second) =>
      Effect.gen(function* () {
        const struck: Array<string> = []
        const faulty = FaultyStore.make(first, ({ number, operation }) => {
          if (operation === "create") return { delay: "5 millis" }
          if (operation !== "append") return undefined
          struck.push(`append ${number}`)
          return number === 2
            ? "failBefore"
            : number === 3
              ? "repeat"
              : number === 4
                ? { delay: "5 millis" }
                : undefined
        })
        const ended = yield* Effect.provide(start, engineOn(faulty, ledger))
        yield* completions(second)
        // One of them was asked for once more, since it had failed.
        expect(struck.length).toBeGreaterThan(names.length)
        return ended
      })
    )
    expect(status).toBe("completed")
    expect(ran(ledger)).toEqual([1, 1, 1, 1, 1])
  })

  it.each(["loseReply", "lie"] as const)(
    "is followed by another one after a write whose answer is wrong (%s), and nothing is done again that is recorded",
    async (fault) => {
      const ledger: Ledger = new Map()
      const status = await onWorld(adapter, (first, second) =>
        Effect.gen(function* () {
          const struck = Latch.makeUnsafe(false)
          const faulty = FaultyStore.make(first, ({ number, operation }) => {
            if (operation !== "append" || number !== 3) return undefined
            struck.openUnsafe()
            return fault
          })
          const engine = yield* Effect.forkChild(Effect.exit(Effect.provide(start, engineOn(faulty, ledger))))
          yield* struck.await
          // What is asked for is written, whether or not anybody hears of it.
          const lost = Effect.map(second.get("r"), (row) => row?.sequence ?? 0)
          let recorded = yield* lost
          while (recorded < 6) recorded = yield* Effect.andThen(Effect.sleep("5 millis"), lost)
          const status = yield* Effect.provide(takeUp, engineOn(second, ledger))
          yield* Fiber.interrupt(engine)
          const ends = yield* completions(second)
          const before = ends.filter(({ sequence }) => sequence <= recorded)
          expect(before.length).toBeGreaterThan(0)
          for (const { nodeId = "" } of before) expect([nodeId, ledger.get(nodeId)]).toEqual([nodeId, 1])
          return status
        })
      )
      expect(status).toBe("completed")
      expect(ran(ledger).every((times) => times === 1 || times === 2)).toBe(true)
    }
  )
})
