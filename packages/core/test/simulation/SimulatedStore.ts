/** A store that a process sees: its writes take time or fail, and faults strike before and after them. */
import { type StoredEvent, type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import { MemoryStore, type MemoryStoreData } from "@dagflow/store-memory"
import type { Scenario } from "./scenario/Scenario.ts"
import type { Dice } from "./world/Dice.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"

/** What a simulated store needs. */
export interface SimulatedStoreOptions {
  readonly data: MemoryStoreData
  readonly process: VirtualProcess
  readonly scenario: Scenario
  readonly dice: Dice
  /** Called with what has just become durable. */
  readonly accept: (runId: string, events: ReadonlyArray<StoredEvent>) => void
  /** Called around each write with its number; it may kill or freeze the process. */
  readonly onWrite: (when: "BeforeWrite" | "AfterWrite", write: number) => void
}

/** What others did, told as one of the process's own next tasks: processes meet nowhere else. */
const newsFor = (process: VirtualProcess, listeners: MemoryStoreData["listeners"]): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.sync(() => {
      const changed = new Set<string>()
      const arrived = Latch.makeUnsafe(false)
      listeners.add((runId) => {
        changed.add(runId)
        process.soon(() => arrived.openUnsafe())
      })
      return Stream.fromEffectRepeat(
        Effect.map(arrived.await, () => {
          arrived.closeUnsafe()
          const runIds = [...changed]
          changed.clear()
          return runIds
        })
      ).pipe(Stream.flattenIterable)
    })
  )

/** The store as a process sees it. */
export const simulatedStore = (options: SimulatedStoreOptions): StoreDriverShape => {
  const { accept, data, dice, onWrite, process, scenario } = options
  const real = MemoryStore.make(data)
  const { latencyMillis, unavailable } = scenario.store
  let writes = 0
  const latency = Effect.suspend(() =>
    latencyMillis === 0 ? Effect.void : Effect.sleep(dice.between(0, latencyMillis))
  )
  // A task of its own, which a frozen process runs only once it has been thawed, and a killed one never.
  const whileLive = Effect.suspend(() => {
    if (process.state === "dead") return Effect.never
    return process.state === "live" ? Effect.void : Effect.yieldNow
  })
  const strike = (when: "BeforeWrite" | "AfterWrite", write: number) =>
    Effect.suspend(() => {
      onWrite(when, write)
      return whileLive
    })
  const write = <A>(
    operation: string,
    runId: string,
    perform: () => Effect.Effect<A, StoreError>
  ): Effect.Effect<A, StoreError> => {
    const attempt = Effect.suspend(() => {
      const number = ++writes
      // Whoever starts a run is told at once that the store cannot be reached; only a run that goes on waits for it.
      const down = operation === "append" && unavailable > 0 && dice.chance(unavailable)
      const reason = { _tag: "Unavailable", message: "simulated" } as const
      return strike("BeforeWrite", number).pipe(
        Effect.andThen(latency),
        Effect.andThen(
          Effect.suspend(() => (down ? Effect.fail(new StoreError({ operation, runId, reason })) : perform()))
        ),
        Effect.tap(() => Effect.andThen(strike("AfterWrite", number), latency))
      )
    })
    return Effect.andThen(whileLive, attempt)
  }
  return {
    ...real,
    name: "simulated",
    create: (run) =>
      write("create", run.runId, () =>
        Effect.tap(real.create(run), () => Effect.sync(() => accept(run.runId, run.events)))
      ),
    append: (append) =>
      write("append", append.runId, () =>
        Effect.tap(real.append(append), () => Effect.sync(() => accept(append.runId, append.events)))
      ),
    park: (parking) => write("park", parking.runId, () => real.park(parking)),
    changes: newsFor(process, data.listeners),
    arrivals: newsFor(process, data.mailListeners)
  }
}
