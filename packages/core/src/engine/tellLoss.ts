import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Coordinator } from "./Coordinator.ts"
import type { KinRuns } from "./kinRuns.ts"

/**
 * Tells that a run was given up before its end: its parent, which waits for it, and the log. Somebody else's take-over is
 * nobody's failure here, but work that was done here is done again there.
 */
export const tellLoss = (coordinator: Coordinator, kin: KinRuns): Effect.Effect<void> =>
  Effect.catchTag(Deferred.await(coordinator.done), "RunError", ({ context, reason }) => {
    const { parent, runId } = coordinator.state
    if (parent !== undefined) kin.tellLoss(parent.runId, { runId, reason, isParked: coordinator.isParked })
    if (reason._tag !== "RunNotOwned") return Effect.void
    const { count = 0, first = [] } = context?.running ?? {}
    // An action that blocks the thread past the claim has done its work by the time at which the loss is found.
    const ended = coordinator.decidedLast.flatMap(({ event }) =>
      event._tag === "NodeCompleted" || event._tag === "NodeFailed" ? [event.nodeId] : []
    )
    const parts = [
      ...(ended.length > 0 ? [`done here for nothing: ${list(ended.slice(0, namesMax), ended.length)}`] : []),
      ...(count > 0 ? [`interrupted here: ${list(first, count)}`] : [])
    ]
    const attempts = parts.length === 0 ? "nothing was in flight here" : parts.join("; ")
    return Effect.logWarning(
      `run "${runId}" was taken over by another owner, and what this one had not recorded is refused; ${attempts}`
    ).pipe(Effect.annotateLogs({ run: runId }))
  })

/** Most nodes of one kind that a message names. */
const namesMax = 10

const list = (names: ReadonlyArray<string>, count: number): string =>
  `${names.map((name) => `"${name}"`).join(", ")}${count > names.length ? ` and ${count - names.length} more` : ""}`
