/** Mutations of hooks: rows 33 to 45. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const hooks: ReadonlyArray<Mutation> = [
  mutation(
    33,
    "dependents start before the hooks have answered",
    edit("protocol/src/state/evolveNode.ts", "if (owed !== undefined) owed.node = node\n else if", "if")
  ),
  mutation(
    34,
    "nodes start before the hooks that ask for the start have answered",
    edit(
      "core/src/decide/schedule.ts",
      "if (isHeld(state) || state.owed.has(1)) return",
      "if (isHeld(state)) return"
    )
  ),
  mutation(
    35,
    "hooks are told that every run completed",
    edit(
      "core/src/engine/HookDesk.ts",
      "return hook.onComplete(event.result, about)",
      'return hook.onComplete({ _tag: "Completed" }, about)'
    )
  ),
  mutation(
    36,
    "the commands of a hook are carried out from last to first",
    edit(
      "core/src/decide/decideAnswer.ts",
      "for (const proposed of answer.commands) decideProposed",
      "for (const proposed of answer.commands.toReversed()) decideProposed"
    )
  ),
  mutation(
    36,
    "hooks are asked from last to first",
    edit("protocol/src/state/Evolve.ts", "hooks: [...hooks], nodeId", "hooks: [...hooks].reverse(), nodeId")
  ),
  mutation(
    37,
    "a run that a hook has failed counts as cancelled",
    edit(
      "core/src/decide/decideAnswer.ts",
      'interruptRun(turn, { cause: "hook_failed", hook, reason: message })',
      'interruptRun(turn, { cause: "cancelled", hook, reason: message })'
    )
  ),
  mutation(
    37,
    "the failure of a hook does not say which event it was about",
    edit(
      "core/src/decide/decideAnswer.ts",
      'turn.record({ _tag: "HookFailed", hook, sequence, cause, message })\n const isFatal',
      'turn.record({ _tag: "HookFailed", hook, sequence, cause, message: "" })\n const isFatal'
    )
  ),
  mutation(
    38,
    "of a list with something that is no command nothing is refused",
    edit(
      "core/src/decide/decideAnswer.ts",
      'if (answer._tag === "Failed") return fail(turn, hook, sequence, answer)\n for',
      'if (answer._tag === "Failed") {\n turn.record({ _tag: "NodesAdded", nodes: [{ id: "left-behind", action: "work" }] })\n return fail(turn, hook, sequence, answer)\n }\n for'
    )
  ),
  mutation(
    39,
    "the time-out of a hook itself does not count",
    edit(
      "core/src/engine/HookDesk.ts",
      "Duration.toMillis(hook.timeout ?? this.#options.state.config.hookTimeoutMillis)",
      "this.#options.state.config.hookTimeoutMillis"
    )
  ),
  mutation(
    40,
    "a composite asks its members from last to first",
    edit("core/src/hook/Hook.ts", "(all) => all.flat()", "(all) => all.toReversed().flat()")
  ),
  mutation(
    41,
    "of many commands only a thousand are taken",
    edit(
      "core/src/engine/askHook.ts",
      "commands: value.map(proposeCommand) }",
      "commands: value.slice(0, 1000).map(proposeCommand) }"
    )
  ),
  mutation(
    42,
    "the policy fires although a hook has handled the failure",
    edit("protocol/src/state/settle.ts", "if (handled || policy", "if (policy")
  ),
  mutation(
    43,
    "a no to a round is taken for a yes",
    edit("core/src/hook/humanReview.ts", 'given["approved"] !== false', 'given["approved"] !== null')
  ),
  mutation(
    44,
    "hooks are not asked about the beginning of steps",
    edit(
      "core/src/engine/HookDesk.ts",
      "Evolve.isAskable(tag) && !on.includes(tag)",
      'Evolve.isAskable(tag) && tag !== "StepStarted" && !on.includes(tag)'
    )
  ),
  mutation(
    45,
    "observers are asked as gates are",
    edit("core/src/engine/HookDesk.ts", 'hooks.filter((hook) => hook.mode !== "observe").map(', "hooks.map(")
  )
]
