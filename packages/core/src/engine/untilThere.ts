import type { StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"

/** Waits for a run that somebody is about to create, such as a child that its parent has named. */
export const untilThere = (store: RunStore, runId: string): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const latch = Latch.makeUnsafe(true)
    const listen = Stream.runForEach(store.changesOf(runId), () => Effect.sync(() => latch.openUnsafe()))
    yield* Effect.forkScoped(Effect.ensuring(listen, latch.open), { startImmediately: true })
    for (;;) {
      latch.closeUnsafe()
      if ((yield* store.get(runId)) !== undefined) return
      yield* latch.await
    }
  }).pipe(Effect.scoped)
