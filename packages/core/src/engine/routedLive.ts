import { NodeStatus, type RunError, type RunState } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Coordinator } from "./Coordinator.ts"
import { localAccess, wasParked } from "./localAccess.ts"
import type { LiveQuery, RunAccess } from "./runAccess.ts"
import type { LiveMessage } from "./RunHandle.ts"

/** The two ways to a run, and when there is which. */
export interface LiveWays {
  /** The coordinator of the run in this process, if there is one. */
  readonly here: () => Coordinator | undefined
  /** Waits until there is one. */
  readonly launched: Effect.Effect<void>
  readonly stored: RunAccess
}

/**
 * Follows a run through its parkings and returns: what attempts show is seen while the run goes on in this process, and the
 * recorded events are those of the log, each of them once, whoever writes it.
 */
export const routedLive = (
  { here, launched, stored }: LiveWays,
  query: LiveQuery
): Stream.Stream<LiveMessage, RunError> => {
  const from = (start: number): Stream.Stream<LiveMessage, RunError> => {
    let after = start
    const note = (message: LiveMessage): LiveMessage => {
      if (message._tag === "Recorded") after = message.envelope.sequence
      return message
    }
    const elsewhere = (): Stream.Stream<LiveMessage, RunError> => {
      let isHere = false
      const arrival = Effect.andThen(
        Effect.suspend(() => (here() === undefined ? launched : Effect.void)),
        Effect.sync(() => void (isHere = true))
      )
      // Noted is what has passed, and not what an interruption has swallowed.
      const recorded = Stream.map(Stream.interruptWhen(stored.live({ ...query, after }), arrival), note)
      return Stream.concat(
        recorded,
        Stream.suspend(() => (isHere ? next() : Stream.empty))
      )
    }
    const inside = (coordinator: Coordinator): Stream.Stream<LiveMessage, RunError> => {
      const shown = Stream.catchIf(
        localAccess(coordinator).live({ ...query, after }),
        (error) => wasParked(coordinator, error),
        () => Stream.empty
      )
      return Stream.concat(
        Stream.map(shown, note),
        Stream.suspend(() => (coordinator.isParked ? next() : Stream.empty))
      )
    }
    const next = (): Stream.Stream<LiveMessage, RunError> =>
      Stream.suspend(() => {
        const coordinator = here()
        return coordinator === undefined ? elsewhere() : inside(coordinator)
      })
    return next()
  }
  const start = Effect.suspend(() => {
    const { after, nodeId } = query
    const coordinator = here()
    if (after !== undefined) return Effect.succeed({ sequence: after, isOver: false })
    if (coordinator === undefined) return stored.see((state) => beginning(state, state.sequence, nodeId))
    // The state may be ahead of what is recorded: a node that has ended in it emits nothing any more.
    return Effect.succeed(beginning(coordinator.state, coordinator.feed.sequence, nodeId))
  })
  return Stream.unwrap(Effect.map(start, ({ isOver, sequence }) => (isOver ? Stream.empty : from(sequence))))
}

/** Where somebody begins who follows from now on, and whether the node that is followed has ended already. */
const beginning = ({ byId }: RunState.RunState, sequence: number, nodeId: string | undefined) => {
  const status = nodeId === undefined ? undefined : byId.get(nodeId)?.status
  return { sequence, isOver: status !== undefined && NodeStatus.isEnded(status) }
}
