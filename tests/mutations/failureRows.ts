/** Mutations of failures, retries, time-outs and budgets: rows 61 to 78. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const failures: ReadonlyArray<Mutation> = [
  mutation(
    61,
    "under continue a failure ends the run",
    edit(
      "protocol/src/state/settle.ts",
      'policy === "continue" || policy === "best_effort"',
      'policy === "best_effort"'
    )
  ),
  mutation(
    62,
    "under halt the last failure stands first",
    edit(
      "core/src/decide/finish.ts",
      'case "halted": return failed({ _tag: "NodesFailed", nodes: listFailures(state) })',
      'case "halted": return failed({ _tag: "NodesFailed", nodes: listFailures(state).toReversed() })'
    )
  ),
  mutation(
    63,
    "resuming does not retry what paused the run",
    edit(
      "core/src/decide/decideCommand.ts",
      'turn.record({ _tag: "NodeRetryRequested", nodeId: node.spec.id }, cause)',
      "void node"
    )
  ),
  mutation(
    64,
    "under best_effort a run with failures does not list them",
    edit("core/src/decide/finish.ts", "{ ...completed(state), failed: failures }", "completed(state)")
  ),
  mutation(
    65,
    "a strategy has a trigger rule of its own",
    edit(
      "core/src/decide/schedule.ts",
      'const isTriggered = isRouted || TriggerRule.isMet(node.spec.trigger ?? "all_success", node.ends)',
      'const isTriggered = isRouted || TriggerRule.isMet(turn.state.config.strategy === "level" ? "all_done" : (node.spec.trigger ?? "all_success"), node.ends)'
    )
  ),
  mutation(
    65,
    "none_failed does not start after a skipped node",
    edit(
      "protocol/src/definition/TriggerRule.ts",
      'case "none_failed": return failed === 0',
      'case "none_failed": return failed === 0 && skipped === 0'
    )
  ),
  mutation(
    66,
    "there is one retry more than tries allow",
    edit(
      "core/src/decide/decideReport.ts",
      "const retry = node.triesUsed + 1",
      "const retry = node.triesUsed"
    )
  ),
  mutation(
    67,
    "what a node says of its failure does not count",
    edit(
      "protocol/src/state/settle.ts",
      "const policy = node.spec.onFailure ?? state.config.onFailure\n if (handled",
      "const policy = state.config.onFailure\n if (handled"
    )
  ),
  mutation(
    67,
    "Dagger's onfailure is read the wrong way round",
    edit(
      "yaml/src/internal/readNode.ts",
      'if (Leaf.boolean(at, name) === true) node.onFailure = "best_effort"',
      'if (Leaf.boolean(at, name) === false) node.onFailure = "best_effort"'
    )
  ),
  mutation(
    68,
    "linear waits do not grow",
    edit("protocol/src/definition/RetryPolicy.ts", "return initialMillis * retry", "return initialMillis")
  ),
  mutation(
    68,
    "waits have no upper bound",
    edit("protocol/src/definition/RetryPolicy.ts", "Math.min(grown(), maxMillis)", "grown()")
  ),
  mutation(
    69,
    "every error is tried again",
    edit(
      "core/src/decide/decideReport.ts",
      "error.isRetryable && NodeError.isRetryableCause(error.cause) && (policy.retryIf === undefined || policy.retryIf.includes(error.tag) || policy.retryIf.includes(error.cause))",
      'error.tag !== ""'
    )
  ),
  mutation(
    70,
    "the error of the failure handler masks the first one",
    edit(
      "core/src/decide/decideReport.ts",
      "return turn.record({ ...base, error: node.error, handlerError: error })",
      "return turn.record({ ...base, error, handlerError: error })"
    )
  ),
  mutation(
    71,
    "the time-out of a node counts from its first attempt",
    edit(
      "core/src/engine/AttemptDesk.ts",
      "const startedAt = node.attempts.at(-1)?.startedAtMillis ?? 0",
      "const startedAt = node.attempts.at(0)?.startedAtMillis ?? 0"
    )
  ),
  mutation(
    72,
    "a run whose time is over counts as cancelled",
    edit(
      "core/src/engine/decideAlarm.ts",
      'interruptRun(turn, { cause: "timed_out" })',
      'interruptRun(turn, { cause: "cancelled" })'
    )
  ),
  mutation(
    73,
    "nodes of the definition count as rounds of growth",
    edit(
      "core/src/decide/decideGrowth.ts",
      "const rounds = state.iterations + 1",
      "const rounds = state.iterations + state.nodes.length"
    )
  ),
  mutation(
    74,
    "a budget that is used up ends the run where it is to pause",
    edit(
      "core/src/decide/budgetLedger.ts",
      'else turn.record({ _tag: "RunPaused", reason, exhausted: true })',
      'else interruptRun(turn, { cause: "budget_exhausted", reason })'
    )
  ),
  mutation(
    75,
    "the chain of causes is not kept",
    edit("core/src/action/ErrorDescription.ts", "...(chain.length > 0 && { chain }),", "")
  ),
  mutation(
    76,
    "failures are listed from last to first",
    edit(
      "core/src/decide/finish.ts",
      "state.failures.flatMap((node) =>",
      "state.failures.toReversed().flatMap((node) =>"
    )
  ),
  mutation(
    77,
    "the error of a run does not tell which nodes had failed",
    edit(
      "protocol/src/state/FrontierSnapshot.ts",
      '(node) => node.status === "failed"',
      '(node) => node.status === "failed" && node.index < 0'
    )
  ),
  mutation(
    78,
    "NO_COLOR is not heeded",
    edit("protocol/src/view/ColourMode.ts", 'if (NO_COLOR !== "") return "plain"', "")
  )
]
