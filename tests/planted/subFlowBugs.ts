/** Bugs about child runs, each with the test that finds it. */
import {
  childAdded,
  childDurable,
  childOfFork,
  childOutlived,
  childOutlives,
  childSettles,
  childStolen,
  childTakenUp,
  childTells,
  childUsage,
  heldList,
  ownTimeout,
  toldToStop,
  withChildren
} from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about sub-flows. */
export const subFlows: ReadonlyArray<PlantedBug> = [
  bug(
    "a child run ends before its parent knows",
    childTells,
    edit("core/src/engine/kin.ts", "(this.#isTold || this.#options.state.parent === undefined)", "true")
  ),
  bug(
    "a run that is taken up forgets its child runs",
    childTakenUp,
    edit(
      "core/src/engine/Coordinator.ts",
      "if (this.#kin.isNeeded && recorded.length === 0 && !this.isOver) this.#kin.begin()\n",
      "\n"
    )
  ),
  bug(
    "a child that is still claimed when its parent is taken up is forgotten",
    childOutlives,
    edit(
      "core/src/engine/childDesk.ts",
      'if (error.reason._tag === "RunNotOwned") this.#watch(node, row.runId)',
      ""
    )
  ),
  bug(
    "a run ends before a child that has only told how it ends",
    childOutlived,
    edit("core/src/engine/kin.ts", "this.#unseen.size === 0 && (", "(")
  ),
  bug(
    "a child that another process has taken is forgotten",
    childStolen,
    edit("core/src/engine/childDesk.ts", "else this.#watch(node, runId)", "")
  ),
  bug(
    "a fork takes the child runs of the other run for its own",
    childOfFork,
    edit(
      "core/src/decide/takeUp.ts",
      "  for (const node of state.children) if (isForeign(turn, node)) settleLost(turn, node)\n",
      ""
    )
  ),
  bug(
    "a child run is created before its start is durable",
    childDurable,
    edit(
      "core/src/engine/Coordinator.ts",
      "      yield* this.#commit()\n      // A new run",
      "      if (this.#kin.isNeeded) this.#kin.begin()\n      yield* this.#commit()\n      // A new run"
    )
  ),
  bug(
    "a run whose child goes on is taken for one that waits",
    childSettles,
    edit(
      "protocol/src/view/Descendants.ts",
      "return child !== undefined && onlyWaits(child, below)",
      "return child !== undefined"
    )
  ),
  bug(
    "a flow that a command brings is not looked at",
    childAdded,
    edit("core/src/decide/decideGrowth.ts", "?? checkSubFlows(state, specs, actions)", "")
  ),
  bug(
    "what a child run used up is charged to nobody",
    childUsage,
    edit("core/src/engine/tellParent.ts", "    ...(usage !== undefined && { usage })\n", "")
  ),
  bug(
    "the attempt after one that was given up is told to stop, too",
    withChildren,
    edit(
      "core/src/engine/childDesk.ts",
      "// The next attempt is not told to stop.\n    this.#stops.delete(node)",
      "// The next attempt is not told to stop."
    )
  ),
  bug(
    "an attempt is given up although its child is still being created",
    toldToStop,
    edit(
      "core/src/engine/childDesk.ts",
      "if (this.#inWork.has(node)) return void this.#overdue.add(node)\n    this.#options.kin.seeOut",
      "this.#options.kin.seeOut"
    )
  ),
  bug(
    "who takes a run up takes its own time-out for somebody's cancellation",
    ownTimeout,
    edit(
      "core/src/engine/childDesk.ts",
      'if (stop === "timeout" || isOutOfTime) return',
      'if (stop === "timeout" && !isOutOfTime) return'
    )
  ),
  bug(
    "a run that is paused by somebody goes on with its parent",
    withChildren,
    edit(
      "core/src/engine/childDesk.ts",
      "if (pause?.reason !== pausedWithParent) return false",
      "if (pause === undefined) return false"
    )
  ),
  bug(
    "a list that waits for a step of child runs is taken for work",
    heldList,
    edit("core/src/decide/heldByChildren.ts", "(children.size > 0 && step?.isOpen === true)", "false")
  )
]
