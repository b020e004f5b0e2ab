import { type Event, StoreDriver, type StoredEvent, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { eventName, nameIn } from "./eventName.ts"
import type { KillPlan } from "./KillPlan.ts"
import type { InnerPoint } from "./KillPoint.ts"

/** How long after the append that begins a retry wait the process dies: far less than the wait. */
const intoWaitMillis = 20

/** What a store that kills needs to know. */
export interface KillingStoreOptions {
  readonly plan: KillPlan
  readonly owner: string
  /** Asks to be killed from outside. */
  readonly now: () => void
}

const isAround = (
  point: InnerPoint,
  at: "before" | "during" | "after",
  names: ReadonlyArray<string>
): boolean => point.at === at && names.includes(point.event)

/** A store that kills its process around the appends that a plan names. */
export const killingStore = <E>(
  store: Layer.Layer<StoreDriver, E>,
  { now, owner, plan }: KillingStoreOptions
): Layer.Layer<StoreDriver, E> => {
  /** Attempts that this process has started, to tell when a retry wait is over. */
  const started = new Set<string>()
  const dieWhileWaiting = (runId: string, names: ReadonlyArray<string>): void => {
    for (const name of names) {
      const node = /^NodeFailed (.+) retry$/.exec(name)?.[1]
      const isHere = (point: InnerPoint) => point.at === "retry" && point.node === node
      if (node === undefined || !plan.isArmed(isHere)) continue
      const next = `${runId} NodeStarted ${node}`
      started.delete(next)
      setTimeout(() => {
        if (!started.has(next)) plan.dieAt(isHere, { owner, runId })
      }, intoWaitMillis)
    }
  }
  const around = (
    runId: string,
    names: ReadonlyArray<string>,
    write: Effect.Effect<void, StoreError>
  ): Effect.Effect<void, StoreError> => {
    const victim = { owner, runId }
    const before = Effect.sync(() => {
      plan.dieAt((point) => isAround(point, "before", names), victim)
      if (plan.take((point) => isAround(point, "during", names), victim)) now()
      for (const name of names) started.add(`${runId} ${name}`)
    })
    const after = Effect.sync(() => {
      plan.dieAt((point) => isAround(point, "after", names), victim)
      dieWhileWaiting(runId, names)
    })
    return before.pipe(Effect.andThen(write), Effect.andThen(after))
  }
  const killing = Effect.map(StoreDriver, (real) =>
    StoreDriver.of({
      ...real,
      // The first owner is part of how a run starts; what is called RunOwned elsewhere is that another one took it up.
      create: (run) => around(run.runId, [nameIn(run.runId, "RunStarted")], real.create(run)),
      append: (append) => around(append.runId, namesOf(append.runId, append.events), real.append(append))
    })
  )
  return Layer.provide(Layer.effect(StoreDriver, killing), store)
}

const namesOf = (runId: string, events: ReadonlyArray<StoredEvent>): ReadonlyArray<string> =>
  events.map(({ event }) => nameIn(runId, eventName(JSON.parse(event) as Event.Event)))
