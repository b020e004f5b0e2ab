/** Bugs about conditions and payloads that somebody could make, each with the test that finds it. */
import { brokenCondition, failedCondition, inactiveEdge, payloadOrder } from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about conditions and payloads. */
export const conditions: ReadonlyArray<PlantedBug> = [
  bug(
    "a condition that cannot be evaluated is taken for false",
    brokenCondition,
    edit(
      "core/src/decide/decideRoute.ts",
      "if (Result.isFailure(isActive)) return route(turn, nodeId, inactive, isActive.failure)",
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
    "of two payloads the one that came last is read",
    payloadOrder,
    edit(
      "protocol/src/state/payload.ts",
      "return a.spec.id < b.spec.id ? a : b",
      "return a.endedSequence > b.endedSequence ? a : b"
    )
  )
]
