import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Coordinator } from "./Coordinator.ts"

/** Somebody else's take-over is nobody's failure here, but work that was done here is done again there: it is told. */
export const tellLoss = (coordinator: Coordinator): Effect.Effect<void> =>
  Effect.catchTag(Deferred.await(coordinator.done), "RunError", ({ context, reason }) => {
    if (reason._tag !== "RunNotOwned") return Effect.void
    const { runId } = coordinator.state
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
