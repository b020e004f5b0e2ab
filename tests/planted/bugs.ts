/** Bugs that somebody could make, each with the test that finds it. */
import {
  afterCrash,
  batching,
  cancelledBranch,
  lateReport,
  pausedBranch,
  pausedRun,
  schedules,
  slotOrder,
  slotPool
} from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"
import { ofTheirOwn } from "./ofTheirOwn.ts"
import { storeBugs } from "./storeBugs.ts"

const log: ReadonlyArray<PlantedBug> = [
  bug(
    "work starts before its append",
    schedules,
    edit(
      "core/src/engine/Coordinator.ts",
      "    return Effect.matchEffect(append, {",
      "    for (const envelope of events) this.#carryOut(envelope)\n    return Effect.matchEffect(append, {"
    )
  ),
  bug(
    "followers and hooks see events before they are durable",
    schedules,
    edit(
      "core/src/engine/Coordinator.ts",
      "    return Effect.matchEffect(append, {",
      "    this.feed.publish(events)\n    return Effect.matchEffect(append, {"
    )
  ),
  bug(
    "an event is dropped",
    schedules,
    edit(
      "core/src/decide/decideReport.ts",
      "if (!isEnding && node.spec.failure !== undefined) return turn.record({ ...base, error, handling: true })",
      "if (!isEnding && node.spec.failure !== undefined) return undefined"
    )
  ),
  bug(
    "a refused append counts as made",
    schedules,
    edit(
      "core/src/engine/Coordinator.ts",
      ": Effect.sync(() => this.#lose(error))\n",
      ": this.#committed(events, consumed)\n"
    )
  ),
  bug(
    "a report is accepted twice",
    lateReport,
    edit(
      "core/src/decide/decideReport.ts",
      "if ((!node.inFlight && node.child === undefined) || node.attempt !== report.attempt) return\n",
      ""
    )
  ),
  bug(
    "a stale owner may append",
    schedules,
    edit("protocol/src/store/RowChange.ts", "if (row.epoch !== epoch)", "if (row.epoch < 0)"),
    edit(
      "protocol/src/store/RowChange.ts",
      "if (row.sequence === afterSequence) return undefined",
      "if (row.sequence >= 0) return undefined"
    )
  ),
  bug(
    "a claim does not raise the epoch",
    schedules,
    edit("protocol/src/store/RowChange.ts", "const epoch = row.epoch + 1", "const epoch = row.epoch")
  ),
  bug(
    "messages of one turn are decided in the wrong order",
    batching,
    edit(
      "core/src/engine/Coordinator.ts",
      "for (const message of this.#inbox.take()) this.#decide(message)",
      "for (const message of [...this.#inbox.take()].reverse()) this.#decide(message)"
    )
  ),
  bug(
    "what a turn enables starts after the whole turn",
    batching,
    edit(
      "core/src/engine/Coordinator.ts",
      "for (const message of this.#inbox.take()) this.#decide(message)",
      "for (const message of [...this.#inbox.take()].sort((a, b) => (a._tag < b._tag ? -1 : 1))) this.#decide(message)"
    )
  )
]

const hooks: ReadonlyArray<PlantedBug> = [
  bug(
    "nothing waits for gate hooks",
    schedules,
    edit("protocol/src/state/evolveNode.ts", "  if (owed !== undefined) owed.node = node\n  else if", "  if")
  ),
  bug(
    "the answer of a hook is not recorded",
    schedules,
    edit(
      "core/src/decide/decideAnswer.ts",
      '  turn.record({ _tag: "HookAnswered", hook, sequence, ...(commandCount > 0 && { commandCount }) })\n',
      "  void commandCount\n"
    )
  ),
  bug(
    "hooks are asked in the wrong order",
    schedules,
    edit("protocol/src/state/Evolve.ts", "hooks: [...hooks], nodeId", "hooks: [...hooks].reverse(), nodeId")
  ),
  bug(
    "the run ends before onComplete has answered",
    schedules,
    edit(
      "core/src/decide/finish.ts",
      "if (mayEnd && state.owed.size === 0 && state.result !== undefined)",
      "if (state.result !== undefined)"
    )
  ),
  bug(
    "a run ends while a hook owes an answer",
    schedules,
    edit("core/src/decide/finish.ts", "  state.owed.size === 0 &&\n  (frontier", "  (frontier")
  ),
  bug(
    "nodes start before onStart has answered",
    schedules,
    edit("core/src/decide/schedule.ts", " || state.owed.has(1)) return", ") return")
  ),
  bug(
    "a failure that a hook handles fires its policy all the same",
    schedules,
    edit("protocol/src/state/settle.ts", "if (handled || policy", "if (policy")
  ),
  bug(
    "a failing hook does not fail the run that asks for it",
    schedules,
    edit("core/src/decide/decideAnswer.ts", '=== "fail" && state.result', '!== "fail" && state.result')
  ),
  bug(
    "the failure that a hook answers to does not count as met",
    schedules,
    edit("core/src/decide/decideGrowth.ts", "[node.id, [failedNode]]", "[node.id, []]")
  )
]

const failures: ReadonlyArray<PlantedBug> = [
  bug(
    "retries forget the tries before",
    schedules,
    edit("core/src/decide/decideReport.ts", "const retry = node.triesUsed + 1", "const retry = 1")
  ),
  bug(
    "a lost attempt uses up a try",
    afterCrash,
    edit(
      "protocol/src/state/evolveNode.ts",
      'if (event.error.cause === "OwnerLost") node.lostAttempts++\n  else if (attempt?.role',
      'if (event.error.cause === "OwnerLost") node.lostAttempts++\n  if (attempt?.role'
    )
  ),
  bug(
    "a lost attempt is tried again for ever",
    schedules,
    edit(
      "core/src/decide/takeUp.ts",
      "if (node.lostAttempts < state.config.maxLostAttempts) return",
      "if (node.lostAttempts < 1000) return"
    )
  ),
  bug(
    "retries do not wait",
    schedules,
    edit(
      "core/src/decide/decideReport.ts",
      "turn.nowMillis + RetryPolicy.delayMillis(policy, retry, random)",
      "turn.nowMillis + 0 * RetryPolicy.delayMillis(policy, retry, random)"
    )
  ),
  bug(
    "the failure handler's error masks the first one",
    schedules,
    edit(
      "core/src/decide/decideReport.ts",
      "return turn.record({ ...base, error: node.error, handlerError: error })",
      "return turn.record({ ...base, error, handlerError: error })"
    )
  ),
  bug(
    "outputs of a failure handler are not marked",
    schedules,
    edit("core/src/decide/decideReport.ts", "node.handling && { recovered: true }", "node.handling && {}")
  ),
  bug(
    "a failed node of an interrupted run is tried again",
    schedules,
    edit(
      "core/src/decide/decideReport.ts",
      "const isEnding = state.interrupted !== undefined || node.cancelledBranch",
      "const isEnding = node.cancelledBranch && state.interrupted !== undefined"
    )
  ),
  bug(
    "attempts have no time-out",
    schedules,
    edit("core/src/engine/AttemptDesk.ts", "    if (limit !== undefined) {\n", "    if (limit === 0) {\n")
  ),
  bug(
    "a run has no time-out",
    schedules,
    edit(
      "core/src/engine/Coordinator.ts",
      "if (this.#timeoutAt < Infinity) this",
      "if (this.#timeoutAt < 0) this"
    )
  ),
  bug(
    "the grace period never ends",
    schedules,
    edit("core/src/engine/AttemptDesk.ts", "if (attempt?.number === number) attempt.abandon()", "void number")
  ),
  bug(
    "an interruption leaves idle nodes as they are",
    schedules,
    edit(
      "core/src/decide/interruptRun.ts",
      "  for (const node of turn.state.nodes) cancelIdleNode(turn, node, reason)\n",
      "  void reason\n"
    )
  )
]

const starts: ReadonlyArray<PlantedBug> = [
  bug(
    "a skip is not passed on",
    schedules,
    edit(
      "core/src/decide/schedule.ts",
      "  for (let at = 0; at < due.length; at++) {",
      "  const count = due.length\n  for (let at = 0; at < count; at++) {"
    )
  ),
  bug(
    "priorities are ignored",
    schedules,
    edit(
      "core/src/decide/strategy/byPriority.ts",
      "const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0)",
      "const priority: number = 0"
    )
  ),
  bug(
    "nodes start in the reverse of their plan order",
    schedules,
    edit("core/src/decide/strategy/byPriority.ts", "a.index < b.index", "a.index > b.index")
  ),
  bug(
    "one slot too many",
    schedules,
    edit(
      "core/src/decide/schedule.ts",
      "state.inFlight < state.config.maxParallel",
      "state.inFlight <= state.config.maxParallel"
    )
  ),
  bug(
    "nodes of a paused branch start",
    pausedBranch,
    edit("core/src/decide/schedule.ts", "  return node.pausedBranches === 0\n", "  return true\n")
  ),
  bug(
    "nodes of a cancelled branch start",
    cancelledBranch,
    edit(
      "core/src/decide/schedule.ts",
      "  if (node.cancelledBranch) {\n",
      "  if (node.cancelledBranch && false) {\n"
    ),
    edit(
      "core/src/decide/decideCommand.ts",
      '    for (const node of members) cancelIdleNode(turn, node, "branch_cancelled")\n',
      "    void members\n"
    )
  ),
  bug(
    "nodes start, and are tried again, while the run is paused",
    pausedRun,
    edit(
      "core/src/decide/schedule.ts",
      'status !== "running" || interrupted !== undefined',
      "interrupted !== undefined"
    )
  ),
  bug(
    "two trigger rules are swapped",
    schedules,
    edit(
      "protocol/src/definition/TriggerRule.ts",
      'return succeeded > 0\n    case "one_failed":\n      return failed > 0',
      'return failed > 0\n    case "one_failed":\n      return succeeded > 0'
    )
  ),
  bug(
    "disabled nodes start",
    schedules,
    edit(
      "core/src/decide/schedule.ts",
      "  if (!node.enabled) {\n",
      "  if (!node.enabled && node.index < 0) {\n"
    )
  ),
  bug(
    "what a skip enables waits for the others in the line",
    slotOrder,
    edit("core/src/decide/schedule.ts", "if (state.due.length > 0) return\n", "")
  ),
  bug(
    "a free slot is lost with the run that was told of it",
    slotPool,
    edit(
      "core/src/engine/SlotPool.ts",
      "    this.#waiting.delete(waiter)\n    this.tell()\n",
      "    this.#waiting.delete(waiter)\n"
    )
  )
]

/** All planted bugs. */
export const bugs: ReadonlyArray<PlantedBug> = [
  ...log,
  ...hooks,
  ...failures,
  ...starts,
  ...ofTheirOwn,
  ...storeBugs
]
