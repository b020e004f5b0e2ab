import { type Event, StoreDriver, type StoredEvent } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KillPoint from "./KillPoint.ts"

/** Longer than an append takes, and shorter than the back-off in the flow. */
const laterMillis = 60

/** A store that kills its process around the append that the environment names. */
export const killingStore = <E>(store: Layer.Layer<StoreDriver, E>): Layer.Layer<StoreDriver, E> => {
  const around = <A, E2>(events: ReadonlyArray<StoredEvent>, write: Effect.Effect<A, E2>): Effect.Effect<A, E2> => {
    const point = KillPoint.ofThisProcess()
    const names = events.map(({ event }) => KillPoint.nameOf(JSON.parse(event) as Event.Event))
    if (point === undefined || !names.includes(point.name)) return write
    if (point.when === "before") KillPoint.die()
    return Effect.tap(write, () =>
      Effect.sync(() => {
        if (point.when === "after") KillPoint.die()
        if (point.when === "later") setTimeout(KillPoint.die, laterMillis)
      })
    )
  }
  const killing = Effect.map(StoreDriver, (real) =>
    StoreDriver.of({
      ...real,
      create: (run) => around(run.events, real.create(run)),
      append: (append) => around(append.events, real.append(append))
    })
  )
  return Layer.provide(Layer.effect(StoreDriver, killing), store)
}
