/** Bugs about runs that continue others, each with the test that finds it. */
import { sessions as continuing } from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about sessions. */
export const sessions: ReadonlyArray<PlantedBug> = [
  bug(
    "a continued run does not pause at its start",
    continuing,
    edit(
      "core/src/decide/strategy/Superstep.ts",
      "step.records.length === 0 && step.passed === undefined",
      "step.number === 0 && step.passed === undefined"
    )
  ),
  bug(
    "a continued run begins without what was set after the last step",
    continuing,
    edit(
      "core/src/engine/continueRun.ts",
      "const channel = edit === undefined ? held : ChannelState.withValue(held, edit)",
      "const channel = edit === undefined ? held : held"
    )
  ),
  bug(
    "a continued run counts its steps from the beginning",
    continuing,
    edit("core/src/engine/continueRun.ts", "step: state.step?.number ?? 0, channels }", "step: 0, channels }")
  ),
  bug(
    "channels of one run go on in the next one",
    continuing,
    edit("core/src/engine/continueRun.ts", "isOfRun(before) || isOfRun(spec)) return []", "false) return []")
  )
]
