/** Bugs about commands and mail that somebody could make, each with the test that finds it. */
import {
  afterCrash,
  cancelledMeanwhile,
  crashedReview,
  mail,
  reviewedRounds,
  schedules
} from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about commands and mail. */
export const commands: ReadonlyArray<PlantedBug> = [
  bug(
    "a run starts before it has read what was left for it",
    cancelledMeanwhile,
    edit("core/src/engine/Coordinator.ts", "startsNothing || this.#isCatchingUp", "startsNothing")
  ),
  bug(
    "what was added starts before hooks have answered to it",
    schedules,
    edit("core/src/decide/schedule.ts", "if (isUnseen(turn.state, node)) return false", "")
  ),
  bug(
    "reviews count as rounds",
    reviewedRounds,
    edit("core/src/hook/humanReview.ts", '"AddNode", round: "same", node', '"AddNode", node')
  ),
  bug(
    "a round goes on without its review",
    crashedReview,
    edit(
      "core/src/hook/humanReview.ts",
      'onBranches("PauseBranch", roots, reasonOf(id))',
      'onBranches("PauseBranch", [], reasonOf(id))'
    )
  ),
  bug(
    "a batch is added in part",
    schedules,
    edit(
      "core/src/decide/decideCommand.ts",
      '_tag: "NodesAdded",\n      nodes,\n',
      '_tag: "NodesAdded",\n      nodes: nodes.slice(0, 1),\n'
    )
  ),
  bug(
    "a command is carried out twice",
    schedules,
    edit(
      "core/src/decide/decideCommand.ts",
      "const known = id === undefined ? undefined : state.commands.get(id)",
      "const known = id === undefined ? undefined : state.commands.get(`not ${id}`)"
    )
  ),
  bug(
    "a refused command leaves no trace",
    schedules,
    edit(
      "core/src/decide/decideCommand.ts",
      '      turn.record({ _tag: "CommandRejected", command: command._tag, rejection: outcome }, cause)\n',
      ""
    )
  ),
  bug(
    "inputs of nodes that have started may be set",
    schedules,
    edit(
      "core/src/decide/decideCommand.ts",
      'return node.status === "pending" ? node : {',
      "return node.index >= 0 ? node : {"
    )
  ),
  bug(
    "answers that are owed are forgotten when a run is taken up",
    afterCrash,
    edit("core/src/engine/Engine.ts", "owed: [...run.owed.values()],", "owed: [],")
  ),
  bug(
    "attempts that were lost are never settled",
    afterCrash,
    edit(
      "core/src/decide/takeUp.ts",
      "if (state.inFlight === 0) return\n",
      "if (state.inFlight >= 0) return\n"
    )
  ),
  bug(
    "mail that comes while a run is being created lies unread",
    mail,
    edit("core/src/engine/Engine.ts", "if (this.#early.has(runId)) yield*", 'if (runId === "") yield*')
  ),
  bug(
    "mail is not consumed",
    schedules,
    edit("store-memory/src/MemoryStore.ts", "  for (const id of append.consumed) run.mail.delete(id)\n", "")
  )
]
