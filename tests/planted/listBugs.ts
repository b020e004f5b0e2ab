/** Bugs about nodes that are mapped over lists, each with the test that finds it. */
import { listBound, listEnd, listOrder, listPlaces, listTakeUp, makingLists } from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about lists. */
export const lists: ReadonlyArray<PlantedBug> = [
  bug(
    "a list expands again after a crash",
    listTakeUp,
    edit(
      "core/src/decide/decideItems.ts",
      'node.spec.forEach !== undefined && node.items === undefined && node.status === "pending"',
      'node.spec.forEach !== undefined && (node.status === "pending" || node.status === "running")'
    ),
    edit(
      "core/src/decide/schedule.ts",
      "return node.handling && !node.inFlight && node.pausedBranches === 0",
      "return (node.handling || node.items !== undefined) && !node.inFlight && node.pausedBranches === 0"
    ),
    edit(
      "core/src/decide/schedule.ts",
      "else if (node.items !== undefined) attendItems(turn, frontier, node, actions)",
      "else if (node.items !== undefined && node.items.inFlight === 0) frontier.add(node)"
    )
  ),
  bug(
    "the outputs of a list stand in the order in which its items ended",
    listOrder,
    edit(
      "core/src/engine/resolveInputs.ts",
      "  for (const [index, node] of nodes.entries()) {",
      "  for (const [index, node] of [...nodes].sort((a, b) => a.endedSequence - b.endedSequence).entries()) {"
    )
  ),
  bug(
    "the bound of a list is ignored",
    listBound,
    edit(
      "core/src/decide/Frontier.ts",
      "list.items.inFlight < list.items.bound) return false",
      "list.items.inFlight >= 0) return false"
    )
  ),
  bug(
    "an item that waits keeps its place",
    listPlaces,
    edit(
      "protocol/src/state/moveNode.ts",
      "    state.due.push(node.list)\n  }\n  const attempt",
      "  }\n  const attempt"
    )
  ),
  bug(
    "what an expression makes that is no list is taken for an empty one",
    makingLists,
    edit(
      "core/src/engine/listDesk.ts",
      "if (!Array.isArray(list)) return Result.fail(noList(node, list))",
      "if (!Array.isArray(list)) return Result.succeed([])"
    )
  ),
  bug(
    "the list of an expression that reads what is kept outside the log is made of what stands there for it",
    makingLists,
    edit(
      "core/src/engine/listDesk.ts",
      "const isAtHand = new ReadScope(this.#options.state, node).stubsOf(expression).length === 0",
      "const isAtHand = expression.length > 0"
    )
  ),
  bug(
    "a list completes before its last item",
    listEnd,
    edit(
      "core/src/decide/decideItems.ts",
      "if (items.unsettled > 0) return",
      "if (items.unsettled > 1) return"
    )
  )
]
