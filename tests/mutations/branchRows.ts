/** Mutations of branches, pauses and people: rows 79 to 90. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const branches: ReadonlyArray<Mutation> = [
  mutation(
    79,
    "a join belongs to the branch of one of its dependencies",
    edit(
      "protocol/src/state/evolveGraph.ts",
      "if (count === dependent.dependencies.length) members.add(dependent)",
      "if (count > 0) members.add(dependent)"
    )
  ),
  mutation(
    80,
    "pausing a branch holds none of its nodes",
    edit(
      "protocol/src/state/evolveGraph.ts",
      'if (before !== "paused" && status === "paused") node.pausedBranches++',
      ""
    )
  ),
  mutation(
    81,
    "resuming a branch lets none of its nodes go",
    edit(
      "protocol/src/state/evolveGraph.ts",
      'if (before === "paused" && status !== "paused") node.pausedBranches--',
      ""
    )
  ),
  mutation(
    82,
    "cancelling a branch leaves its pending nodes",
    edit(
      "protocol/src/state/evolveGraph.ts",
      'if (status === "cancelled") node.cancelledBranch = true\n const',
      "const"
    ),
    edit(
      "core/src/decide/decideCommand.ts",
      'for (const node of members) cancelIdleNode(turn, node, "branch_cancelled")',
      "void members"
    )
  ),
  mutation(
    83,
    "the log does not say why a branch was paused",
    edit(
      "core/src/decide/decideCommand.ts",
      'turn.record({ _tag: "BranchPaused", branch, ...reason }, cause)',
      'turn.record({ _tag: "BranchPaused", branch }, cause)'
    )
  ),
  mutation(
    84,
    "a run whose branch is paused counts as stalled",
    edit(
      "core/src/decide/finish.ts",
      'if (branch.status !== "paused") continue',
      'if (branch.name !== "") continue'
    )
  ),
  mutation(
    85,
    "autopilot gives nothing in the place of the default",
    edit(
      "core/src/decide/decideWait.ts",
      "return complete(turn, node, deadline.outputs, waitEnd)",
      "return complete(turn, node, {}, waitEnd)"
    )
  ),
  mutation(
    85,
    "a deadline that is to pause fails the node",
    edit(
      "core/src/decide/decideWait.ts",
      'case "pause": return turn.record',
      'case "pause": if (turn.nowMillis < 0) return turn.record'
    )
  ),
  mutation(
    86,
    "inputs that are set while a run is paused do not count",
    edit(
      "core/src/decide/decideCommand.ts",
      'turn.record({ _tag: "NodeInputsSet", nodeId, inputs }, cause)',
      'if (turn.state.status !== "paused") turn.record({ _tag: "NodeInputsSet", nodeId, inputs }, cause)'
    )
  ),
  mutation(
    87,
    "a review comes one round too late",
    edit("core/src/hook/humanReview.ts", "round % options.every !== 0", "(round - 1) % options.every !== 0")
  ),
  mutation(
    88,
    "nothing interrupts a run after a node",
    edit(
      "core/src/decide/strategy/Superstep.ts",
      "const nodeIds = named(ran, config.interrupts?.after, nameAfter)",
      "const nodeIds = named(ran, undefined, nameAfter)"
    )
  ),
  mutation(
    88,
    "the interrupt after each step comes after every second one",
    edit(
      "core/src/decide/strategy/Superstep.ts",
      "if (config.interrupts?.eachStep === true) return",
      "if (config.interrupts?.eachStep === true && step.number % 2 === 0) return"
    )
  ),
  mutation(
    89,
    "resuming does not pass the interrupt",
    edit("core/src/decide/strategy/Superstep.ts", ".filter(\n (id) => step.passed?.has(id) !== true\n )", "")
  ),
  mutation(
    90,
    "a pause does not say what comes next",
    edit(
      "core/src/decide/strategy/Superstep.ts",
      'pause(turn, { when: "before", step: step.number, nodeIds, frontier: idsOf(frontier) })',
      'pause(turn, { when: "before", step: step.number, nodeIds, frontier: [] })'
    )
  ),
  mutation(
    90,
    "a value that is set while a run is paused does not count",
    edit(
      "protocol/src/state/evolveStep.ts",
      "if (state.edits.size > 0) applyEdits(state)",
      "state.edits.clear()"
    )
  )
]
