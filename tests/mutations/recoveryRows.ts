/** Mutations of persistence and recovery: rows 138 to 148. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const recovery: ReadonlyArray<Mutation> = [
  mutation(
    139,
    "the key of an attempt is another one after a crash",
    edit(
      "core/src/engine/AttemptContext.ts",
      "return `${this.#state.runId}/${this.nodeId}`",
      "return `${this.#state.runId}/${this.nodeId}/${this.attempt}`"
    )
  ),
  mutation(
    140,
    "an attempt that must not run twice runs again",
    edit(
      "core/src/decide/takeUp.ts",
      'if (node.spec.recovery === "at_most_once") {',
      'if (node.spec.recovery === "at_most_once" && node.index < 0) {'
    )
  ),
  mutation(
    141,
    "an append that was refused counts as made",
    edit(
      "core/src/engine/Coordinator.ts",
      ": Effect.sync(() => this.#lose(error))\n",
      ": this.#committed(events, consumed)\n"
    )
  ),
  mutation(
    143,
    "a filter wants one of its nodes only",
    edit(
      "protocol/src/view/StepView.ts",
      "ran.every((id) => step.ran.includes(id))",
      "(ran.length === 0 || ran.some((id) => step.ran.includes(id)))"
    )
  ),
  mutation(
    143,
    "a page has no end",
    edit(
      "protocol/src/view/StepView.ts",
      "Math.min(pageMax, Math.max(1, Math.floor(limit)))",
      "Math.max(1, Math.floor(limit))"
    )
  ),
  mutation(
    144,
    "a store that is away for a while ends the run",
    edit(
      "core/src/engine/Coordinator.ts",
      "error.isRetryable\n ? Effect.matchEffect(",
      "error.isRetryable && events.length < 0\n ? Effect.matchEffect("
    )
  ),
  mutation(
    146,
    "a step does not say why the run paused there",
    edit(
      "protocol/src/state/evolveStep.ts",
      "if (record !== undefined && event.interrupt !== undefined) record.pause = event",
      "void [record, event]"
    )
  ),
  mutation(
    146,
    "a step does not say which channels it changed",
    edit("protocol/src/view/StepView.ts", "updated: completed?.updated ?? [],", "updated: [],")
  ),
  mutation(
    147,
    "direct dependents of a node run again, and those behind them do not",
    edit(
      "core/src/decide/forkLog.ts",
      "for (const dependent of node.dependents) queue.push(dependent)",
      "if (node === from) for (const dependent of node.dependents) queue.push(dependent)"
    )
  ),
  mutation(
    148,
    "a session counts its steps from the beginning",
    edit("core/src/engine/continueRun.ts", "step: state.step?.number ?? 0", "step: 0")
  )
]
