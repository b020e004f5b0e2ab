/** Bugs about routes, loops and what a node sees, each with the test that finds it. */
import { goingRound, ledRetry, loopLimit, seenChannels, seenSince } from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about routes. */
export const routes: ReadonlyArray<PlantedBug> = [
  bug(
    "several routes of a step to one node are told as one",
    goingRound,
    edit("protocol/src/state/VisitState.ts", "else known.push(node.spec.id)\n", "")
  ),
  bug(
    "what a route led past is skipped at once",
    goingRound,
    edit("core/src/decide/schedule.ts", "if (!isTriggered && VisitState.isLedPast(node)) return false\n", "")
  ),
  bug(
    "a loop goes round once more than it may",
    loopLimit,
    edit(
      "core/src/decide/strategy/stepEnd.ts",
      "if (iterations + 1 > maxIterations)",
      "if (iterations > maxIterations)"
    )
  ),
  bug(
    "a node that was led to and has failed is forgotten when it is retried",
    ledRetry,
    edit(
      "protocol/src/state/evolveNode.ts",
      "if (isDue(node)) state.due.push(node)",
      "if (node.unsettled === 0) state.due.push(node)"
    )
  ),
  bug(
    "a reference means the first visit",
    goingRound,
    edit("core/src/decide/visitSeenBy.ts", "if (VisitState.firstOf(one) === named) return one\n", "")
  ),
  bug(
    "a node sees what has ended since it began",
    seenSince,
    edit(
      "core/src/decide/visitSeenBy.ts",
      "const seenMax = node.seen?.sequence ?? Infinity",
      "const seenMax = Infinity"
    )
  ),
  bug(
    "a node gets in a later attempt what the channels hold by then",
    seenChannels,
    edit(
      "core/src/engine/findList.ts",
      "(seen?.channels ?? state.channels)",
      "(seen === undefined ? state.channels : state.channels)"
    )
  ),
  bug(
    "what a node wrote counts although its edges lead past",
    goingRound,
    edit(
      "protocol/src/state/VisitState.ts",
      "!routes.to.includes(firstOf(node).spec.id)",
      "routes.to.includes(firstOf(node).spec.id)"
    )
  )
]
