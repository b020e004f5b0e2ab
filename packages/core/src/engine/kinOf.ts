/** What an engine answers its runs about those above and below them. */
import type { Event, RunError, RunRow, StoreError } from "@dagflow/protocol"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { ActionRegistry } from "../action/Actions.ts"
import type { Plan } from "../plan/Plan.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { Coordinator } from "./Coordinator.ts"
import type { KinRuns } from "./kinRuns.ts"
import type { ParkedRuns } from "./parkedRuns.ts"
import { seeOut } from "./seeOut.ts"
import type { TakeUpOptions } from "./takeUpOptions.ts"

type Executed = Effect.Effect<Coordinator, StoreError | RunError>

/** What is needed of the engine. */
export interface KinHost {
  readonly store: RunStore
  readonly context: Context.Context<never>
  /** Where what is done for a run goes on that does not wait for it. */
  readonly scope: Scope.Scope
  /** How long to wait before a store that is away is asked again, in milliseconds. */
  readonly againMillis: number
  readonly parked: ParkedRuns
  readonly isClosed: () => boolean
  readonly find: (runId: string) => Coordinator | undefined
  /** Waits until a run that is executed here has ended; fails once it was given up. */
  readonly endOf: (runId: string) => Effect.Effect<void, RunError> | undefined
  readonly start: (
    runId: string,
    planned: Plan & Pick<Event.EventOf<"RunStarted">, "parent">,
    seed: number,
    actions: ActionRegistry
  ) => Executed
  readonly takeUp: (row: RunRow, options: TakeUpOptions) => Executed
}

/** What runs with these actions may ask about those above and below them. */
export const kinOf = (host: KinHost, actions: ActionRegistry): KinRuns => {
  const { context, parked, scope, store } = host
  const options = { actions, force: false, allowChanged: [], expected: undefined }
  const fork = (effect: Effect.Effect<unknown>) =>
    void Effect.runForkWith(context)(Effect.forkIn(effect, scope))
  return {
    start: ({ parent, planned, runId, seed, span }) => {
      const started = Effect.asVoid(host.start(runId, { ...planned, parent }, seed, actions))
      return span === undefined ? started : Effect.provideService(started, Tracer.ParentSpan, span)
    },
    takeUp: (row, watched) => Effect.asVoid(host.takeUp(row, { ...options, watched })),
    seeOut: (runId, seen) => {
      parked.forget(runId)
      if (seen === undefined && host.find(runId) !== undefined) return
      const here = () => host.endOf(runId)
      const takeUp = (row: RunRow) => host.takeUp(row, options)
      const out = seeOut({ store, againMillis: host.againMillis, here, takeUp }, runId)
      fork(Effect.map(out, (hasEnded) => (host.isClosed() ? undefined : seen?.(hasEnded))))
    },
    isAtRest: (runId) => host.find(runId)?.isAtRest ?? parked.waits(runId),
    isParked: (runId) => parked.has(runId),
    noteParked: (runId, waits) => parked.note(runId, { actions, waits }),
    tellRest: (runId, child) => {
      const tell = (above: string, below: string): void => {
        const coordinator = host.find(above)
        if (coordinator !== undefined) return coordinator.offer({ _tag: "ChildRests", runId: below })
        if (!parked.has(above)) return
        // One that is parked may only wait for somebody by now, too.
        const told = Effect.map(parked.lookAgain(above), (next) => {
          if (next !== undefined) tell(next, above)
        })
        // Should the store be away, whoever asks the run itself is told by its log.
        fork(Effect.ignore(told))
      }
      tell(runId, child)
    },
    tellLoss: (runId, loss) =>
      host.isClosed() ? undefined : host.find(runId)?.offer({ _tag: "ChildLost", loss })
  }
}
