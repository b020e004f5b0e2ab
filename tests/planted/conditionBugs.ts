/** Bugs about conditions and payloads that somebody could make, each with the test that finds it. */
import {
  addedCondition,
  brokenCondition,
  failedCondition,
  inactiveEdge,
  pausedConditions,
  payloadOrder,
  schedules
} from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about conditions and payloads. */
export const conditions: ReadonlyArray<PlantedBug> = [
  bug(
    "a condition that cannot be evaluated is taken for false",
    brokenCondition,
    edit(
      "core/src/decide/decideRoute.ts",
      'if (Result.isFailure(isActive)) return { _tag: "Fails", inactive, error: isActive.failure }',
      "if (Result.isFailure(isActive)) { inactive.push(dependency.spec.id); continue }"
    )
  ),
  bug(
    "an inactive edge counts as a success",
    inactiveEdge,
    edit("protocol/src/state/evolveRoute.ts", "node.ends.succeeded--\n    node.ends.skipped++\n", "")
  ),
  bug(
    "an attempt runs although its condition failed",
    failedCondition,
    edit(
      "core/src/engine/Attempt.ts",
      "if (node.route?.error !== undefined) return this.#failWith(node.route.error)\n",
      ""
    )
  ),
  bug(
    "a condition is decided before its step has ended",
    schedules,
    edit(
      "core/src/decide/decideRoute.ts",
      "  state.step?.isOpen === true && node.route",
      "  node.index < 0 && node.route"
    )
  ),
  bug(
    "whose conditions wait for the end of a step is forgotten",
    schedules,
    edit(
      "core/src/decide/schedule.ts",
      "due.push(...frontier.takeUndecided(turn.state.step))",
      "frontier.takeUndecided(turn.state.step)"
    )
  ),
  bug(
    "a pause does not tell of nodes whose conditions waited for the end of the step",
    pausedConditions,
    edit("core/src/decide/strategy/Superstep.ts", "...state.due, ...decided", "...state.due")
  ),
  bug(
    "an added node reads no channels",
    addedCondition,
    edit(
      "core/src/decide/checkConditions.ts",
      "return use.name === undefined ? state.channels.size > 0 : state.channels.has(use.name)",
      "return false"
    )
  ),
  bug(
    "of two payloads the one that came last is read",
    payloadOrder,
    edit(
      "protocol/src/state/payload.ts",
      "return a.spec.id < b.spec.id ? a : b",
      "return a.endedSequence > b.endedSequence ? a : b"
    )
  )
]
