/** Mutations of strategies, routes and joins: rows 113 to 124. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const strategies: ReadonlyArray<Mutation> = [
  mutation(
    113,
    "priorities are ignored",
    edit(
      "core/src/decide/strategy/byPriority.ts",
      "const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0)",
      "const priority: number = 0"
    )
  ),
  mutation(
    114,
    "levels do not wait for each other",
    edit(
      "core/src/decide/strategy/Level.ts",
      "node.level > state.level && !isIdle(state)",
      "node.level < 0 && !isIdle(state)"
    )
  ),
  mutation(
    115,
    "a node waits for what its dependencies stand beside",
    edit(
      "core/src/decide/strategy/Reactive.ts",
      "export const reactive: Strategy = { isBefore: byPriority }",
      "export const reactive: Strategy = { isBefore: byPriority, holds: (state, node) => node.dependencies.length > 0 && state.inFlight > 0 }"
    )
  ),
  mutation(
    116,
    "a strategy that does not exist is taken",
    edit(
      "protocol/src/definition/Strategy.ts",
      'Schema.Literals(["reactive", "work_queue", "level", "superstep"])',
      'Schema.Literals(["reactive", "work_queue", "level", "superstep", "hybrid"])'
    )
  ),
  mutation(
    117,
    "a step takes in what becomes ready while it goes on",
    edit(
      "core/src/decide/strategy/Superstep.ts",
      "step === undefined || !step.isOpen || node.step !== step.number || owed.has(step.startedSequence)",
      "step === undefined || !step.isOpen || owed.has(step.startedSequence)"
    )
  ),
  mutation(
    117,
    "a step does not say what was skipped in it",
    edit("core/src/decide/strategy/Superstep.ts", "skipped: idsOf(skipped),", "skipped: [],")
  ),
  mutation(
    118,
    "a strategy forgets about disabled nodes",
    edit(
      "core/src/decide/schedule.ts",
      "if (!node.enabled) {",
      'if (!node.enabled && turn.state.config.strategy !== "work_queue") {'
    )
  ),
  mutation(
    119,
    "of two routes that replace the first one counts",
    edit("core/src/action/routesOf.ts", "commands.findLast(", "commands.find(")
  ),
  mutation(
    120,
    "an edge whose condition is false is active",
    edit(
      "core/src/decide/decideRoute.ts",
      "if (!isActive.success) inactive.push(dependency.spec.id)",
      "if (!isActive.success && dependency.index < 0) inactive.push(dependency.spec.id)"
    )
  ),
  mutation(
    121,
    "a disabled node runs",
    edit("core/src/decide/schedule.ts", "if (!node.enabled) {", "if (!node.enabled && node.index < 0) {")
  ),
  mutation(
    122,
    "one_success does not start beside a skipped node",
    edit(
      "protocol/src/definition/TriggerRule.ts",
      'case "one_success": return succeeded > 0',
      'case "one_success": return succeeded > 0 && skipped === 0'
    )
  ),
  mutation(
    123,
    "a node that writes nothing does not pass control on",
    edit(
      "protocol/src/state/evolveVisits.ts",
      "return dependency.written !== undefined && VisitState.isPassedOver(node, dependency)",
      "return dependency.written === undefined && dependency.step > 0"
    )
  ),
  mutation(
    124,
    "a loop goes round once more than the limit allows",
    edit(
      "core/src/decide/strategy/stepEnd.ts",
      "if (iterations + 1 > maxIterations) return",
      "if (iterations > maxIterations) return"
    )
  )
]
