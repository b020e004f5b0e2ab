import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RunError } from "@dagflow/protocol"
import type { Coordinator } from "./Coordinator.ts"
import { localAccess, wasParked } from "./localAccess.ts"
import type { Look, RunAccess } from "./runAccess.ts"
import { routedLive } from "./routedLive.ts"
import { storedAccess, type StoredAccessOptions } from "./storedAccess.ts"

/** What a handle's way to its run depends on. */
export interface RoutedAccessOptions extends StoredAccessOptions {
  /** The coordinator that executes the run in this process at the moment. */
  readonly find: () => Coordinator | undefined
  /** Waits until this process executes the run. */
  readonly launched: Effect.Effect<void>
}

/**
 * The way to a run that is executed here, is parked, or goes on in another process: each operation takes the way that there
 * is, and goes on by the other one when the run is parked meanwhile. `given` is the coordinator that the handle was made with.
 */
export const routedAccess = (options: RoutedAccessOptions, given: Coordinator | undefined): RunAccess => {
  const stored = storedAccess(options)
  let own = given
  given?.onceParked(() => (own = undefined))
  const here = (): Coordinator | undefined => {
    // A parked run holds nothing here, not even by its handle.
    if (own?.isParked === true) own = undefined
    const active = options.find()
    return active === undefined || active.isGivenUp ? own : active
  }
  const route = <A>(go: (access: RunAccess) => Effect.Effect<A, RunError>): Effect.Effect<A, RunError> =>
    Effect.suspend(() => {
      const coordinator = here()
      if (coordinator === undefined) return go(stored)
      return Effect.catchIf(
        go(localAccess(coordinator)),
        (error) => wasParked(coordinator, error),
        () => route(go)
      )
    })
  return {
    see: <A>(look: Look<A>) => route((access) => access.see(look)),
    settle: <A>(look: Look<A>) => route((access) => access.settle(look)),
    send: (command) => route((access) => access.send(command)),
    events: (after) =>
      Stream.suspend(() => {
        const coordinator = here()
        if (coordinator === undefined) return stored.events(after)
        return Stream.catchIf(
          localAccess(coordinator).events(after),
          (error) => wasParked(coordinator, error),
          () => stored.events(Math.max(after, coordinator.feed.sequence))
        )
      }),
    live: (query) => routedLive({ here, launched: options.launched, stored }, query)
  }
}
