/** Keeps the claims of an engine alive. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { RunStore } from "../store/RunStore.ts"
import { Outage } from "./outage.ts"

/** Whose claims are renewed, and who is told of a lost one. */
export interface RenewClaimsOptions {
  readonly store: RunStore
  readonly leaseMillis: number
  readonly claims: () => ReadonlyArray<{ readonly runId: string; readonly epoch: number }>
  readonly onLost: (runId: string) => void
}

/** Renews claims three times as often as they run out. Runs until interrupted. */
export const renewClaims = ({
  claims,
  leaseMillis,
  onLost,
  store
}: RenewClaimsOptions): Effect.Effect<unknown> => {
  const outage = new Outage("the claims of the runs could not be renewed")
  const renew = Effect.suspend(() => {
    const runs = claims()
    if (runs.length === 0) return Effect.void
    const renewed = Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      store.driver.renew({ runs, nowMillis, leaseMillis })
    )
    // The next beat tries again; if a claim runs out meanwhile, the next append says so.
    return Effect.map(outage.forgive(renewed, []), (lost) => {
      for (const runId of lost) onLost(runId)
    })
  })
  return Effect.repeat(renew, Schedule.spaced(leaseMillis / 3))
}
