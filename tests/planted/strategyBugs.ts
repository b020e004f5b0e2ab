/** Bugs about strategies that somebody could make, each with the test that finds it. */
import {
  interruptPassed,
  levelAlone,
  reactiveAlone,
  retryAtBarrier,
  schedules,
  workQueueAlone
} from "./NamedTests.ts"
import { bug, edit, type NamedTest, type PlantedBug } from "./PlantedBug.ts"

/** The names of strategies, and their modules. */
const moduleOf = {
  reactive: "Reactive",
  workQueue: "WorkQueue",
  level: "Level",
  superstep: "Superstep"
} as const

type Name = keyof typeof moduleOf

/** Two strategies of which each is taken for the other one. */
const swapped = (one: Name, other: Name, test: NamedTest): PlantedBug => {
  const exchange = (name: Name, by: Name) =>
    edit(
      "core/src/decide/strategy/strategyOf.ts",
      `import { ${name} } from "./${moduleOf[name]}.ts"`,
      `import { ${by} as ${name} } from "./${moduleOf[by]}.ts"`
    )
  return bug(`${one} and ${other} are swapped`, test, exchange(one, other), exchange(other, one))
}

/** Bugs about strategies. */
export const strategies: ReadonlyArray<PlantedBug> = [
  swapped("reactive", "workQueue", workQueueAlone),
  swapped("reactive", "level", levelAlone),
  swapped("reactive", "superstep", reactiveAlone),
  swapped("workQueue", "level", workQueueAlone),
  swapped("workQueue", "superstep", workQueueAlone),
  swapped("level", "superstep", levelAlone),
  bug(
    "a barrier falls before retries have ended",
    retryAtBarrier,
    edit(
      "core/src/decide/strategy/isIdle.ts",
      "node.pausedBranches === 0 && counts(node)",
      "node.index < 0 && counts(node)"
    )
  ),
  bug(
    "a barrier falls while hooks owe answers",
    schedules,
    edit(
      "core/src/decide/strategy/isIdle.ts",
      "children.size + owed.size +",
      "children.size + 0 * owed.size +"
    )
  ),
  bug(
    "a grown node joins the level that goes on",
    schedules,
    edit("protocol/src/state/evolveStep.ts", "const next = state.level + 1", "const next = state.level")
  ),
  bug(
    "a step starts nodes before the hooks have answered to its beginning",
    schedules,
    edit("core/src/decide/strategy/Superstep.ts", " || owed.has(step.startedSequence)", "")
  ),
  bug(
    "resuming does not pass the interrupt",
    interruptPassed,
    edit(
      "protocol/src/state/Evolve.ts",
      'if (interrupt?.when === "before") state.step.passed',
      'if (interrupt?.when === "after") state.step.passed'
    )
  )
]
