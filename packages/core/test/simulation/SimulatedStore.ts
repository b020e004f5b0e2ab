/** A store that a process sees: its writes take time or fail, and faults strike before and after them. */
import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { Scenario } from "./scenario/Scenario.ts"
import type { Dice } from "./world/Dice.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"

/** What a simulated store needs. */
export interface SimulatedStoreOptions {
  readonly process: VirtualProcess
  readonly scenario: Scenario
  readonly dice: Dice
  /** Called around each write with its number; it may kill or freeze the process. */
  readonly onWrite: (when: "BeforeWrite" | "AfterWrite", write: number) => void
  /** Called with the id of mail that has become durable. */
  readonly onMail: (id: string) => void
}

/** The store as a process sees it, around one that is as it should be. */
export const simulatedStore = (
  real: StoreDriverShape,
  { dice, onMail, onWrite, process, scenario }: SimulatedStoreOptions
): StoreDriverShape => {
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
    create: (run) => write("create", run.runId, () => real.create(run)),
    append: (append) => write("append", append.runId, () => real.append(append)),
    putMail: (runId, mail) =>
      Effect.andThen(
        Effect.andThen(whileLive, latency),
        Effect.tap(real.putMail(runId, mail), () =>
          Effect.andThen(
            Effect.sync(() => onMail(mail.id)),
            latency
          )
        )
      ),
    park: (parking) => write("park", parking.runId, () => real.park(parking))
  }
}
