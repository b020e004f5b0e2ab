/** Bugs about waits, signals and deadlines that somebody could make, each with the test that finds it. */
import {
  keptSignal,
  deadlineAfterRestart,
  lateAnswer,
  retryAfterTakeOver,
  schedules,
  twoAnswers
} from "./NamedTests.ts"
import { parking } from "./parkingBugs.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about waits. */
export const waits: ReadonlyArray<PlantedBug> = [
  bug(
    "waiting retries are forgotten when a run is taken up",
    retryAfterTakeOver,
    edit(
      "core/src/engine/nodeAlarms.ts",
      'if (node.status === "retrying") setRetry(alarms, node)\n',
      "if (node.index < 0) setRetry(alarms, node)\n"
    )
  ),
  bug(
    "a wait is answered twice",
    twoAnswers,
    edit(
      "core/src/decide/decideWait.ts",
      "if (NodeStatus.isEnded(node.status)) return tooLate(node)",
      'if (node.status === "skipped") return tooLate(node)'
    )
  ),
  bug(
    "an answer that does not fit is taken",
    schedules,
    edit("core/src/decide/decideWait.ts", "if (problem !== undefined) return Result.fail(problem)", "")
  ),
  bug(
    "signals that came before the wait are forgotten",
    keptSignal,
    edit(
      "protocol/src/state/evolveWait.ts",
      "if (node.signals !== undefined) state.due.push(node)",
      "if (node.index < 0) state.due.push(node)"
    )
  ),
  bug(
    "signals that nobody needed are not refused",
    schedules,
    edit(
      "protocol/src/state/evolveNode.ts",
      "if (node.signals !== undefined) state.leftovers.push(node)",
      "if (node.index < 0) state.leftovers.push(node)"
    )
  ),
  bug(
    "a deadline is forgotten when the run is taken up",
    deadlineAfterRestart,
    edit(
      "core/src/engine/nodeAlarms.ts",
      'if (node.status === "waiting") setDeadline(alarms, node)\n',
      "if (node.index < 0) setDeadline(alarms, node)\n"
    )
  ),
  bug(
    "an answer overtakes the deadline",
    lateAnswer,
    edit(
      "core/src/decide/decideWait.ts",
      "if ((sentAtMillis ?? turn.nowMillis) >= (node.wait?.untilMillis ?? Infinity)) expireWait(turn, node)",
      ""
    )
  ),
  bug(
    "an attempt that must not run twice runs again",
    schedules,
    edit(
      "core/src/decide/takeUp.ts",
      'if (node.spec.recovery === "at_most_once") {',
      "if (node.spec.recovery === undefined && node.index < 0) {"
    )
  ),
  bug(
    "an interrupted run leaves its waits open",
    schedules,
    edit("core/src/decide/interruptRun.ts", 'if (status === "waiting") turn', "if (node.index < 0) turn")
  ),
  ...parking
]
