/** Bugs about runs that only wait, and about those who take part in runs, each with the test that finds it. */
import {
  mailAtParking,
  overdue,
  parkedDeadline,
  parkedOwnActions,
  readingList,
  schedules,
  skewedSender,
  sleepers
} from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about parking and taking part. */
export const parking: ReadonlyArray<PlantedBug> = [
  bug(
    "a run is parked while it reads a list",
    readingList,
    edit("core/src/decide/parkedUntil.ts", "  frontier.awaited.size === 0 &&\n", "")
  ),
  bug(
    "a run starts nodes after its time",
    overdue,
    edit(
      "core/src/engine/Coordinator.ts",
      "this.#isDraining || this.#timeoutAt <= this.#turn.nowMillis",
      "this.#isDraining"
    )
  ),
  bug(
    "a parked run sleeps past its deadline",
    parkedDeadline,
    edit(
      "core/src/decide/parkedUntil.ts",
      "return node.wait?.untilMillis ?? neverMillis",
      "return neverMillis"
    )
  ),
  bug(
    "a run is parked while an attempt goes on",
    schedules,
    edit("core/src/decide/parkedUntil.ts", "  state.inFlight === 0 &&\n", ""),
    edit(
      "core/src/engine/parking.ts",
      "afterMillis === Infinity || state.inFlight > 0 ||",
      "afterMillis === Infinity ||"
    )
  ),
  bug(
    "mail that comes while a run is being parked wakes nobody",
    mailAtParking,
    edit(
      "core/src/engine/Engine.ts",
      "coordinator.isParked ? this.onStray(runId) : Effect.void",
      "Effect.void"
    )
  ),
  bug(
    "an engine forgets the actions of a flow when it parks its run",
    parkedOwnActions,
    edit(
      "core/src/engine/Engine.ts",
      "return this.#parked.actionsOf(runId) ?? this.#parts.actions",
      "return this.#parts.actions"
    )
  ),
  bug(
    "runs that sleep are looked at again and again",
    sleepers,
    edit("core/src/engine/runWatch.ts", "...(parking && { dueAtMillis: nowMillis })", "...{}")
  ),
  bug(
    "a sender believes its own clock about a lease",
    skewedSender,
    edit(
      "core/src/engine/sendToRun.ts",
      "if (row.owner === undefined && !awaitsOwner) {",
      "if ((row.owner === undefined || row.leaseUntilMillis <= nowMillis) && !awaitsOwner) {"
    )
  )
]
