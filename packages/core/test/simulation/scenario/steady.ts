/** Takes out of a schedule what lets chance decide in which step something ends, and so where its routes lead. */
import type { Command, NodeSpec } from "@dagflow/protocol"
import type { HookPlan, HookReply, Outcome, Scenario, Script } from "./Scenario.ts"

const ofOutcome = (outcome: Outcome): Outcome =>
  outcome.kind === "waits" || outcome.kind === "sleeps"
    ? { kind: "succeeds", afterMillis: outcome.afterMillis, form: "effect" }
    : outcome

const ofScript = ({ action, handler }: Script): Script => ({
  action: action.map(ofOutcome),
  handler: ofOutcome(handler)
})

/** Somebody is asked about a lost attempt that must not run twice, and answers some time. */
const ofNode = <N extends NodeSpec.NodeDraft>(node: N): N => ({ ...node, recovery: "rerun" })

const ofCommand = (command: Command.Command): Command.Command => {
  if (command._tag === "AddNode") return { ...command, node: ofNode(command.node) }
  return command._tag === "AddNodes" ? { ...command, nodes: command.nodes.map(ofNode) } : command
}

const ofReply = (reply: HookReply): HookReply => ({ ...reply, commands: reply.commands.map(ofCommand) })

const ofHook = ({ onComplete, onStart, rules, ...hook }: HookPlan): HookPlan => ({
  ...hook,
  onStart: onStart && ofReply(onStart),
  onComplete: onComplete && ofReply(onComplete),
  rules: rules.map((rule) => ({ ...rule, reply: ofReply(rule.reply) }))
})

/** A schedule without waits, lost attempts that somebody is asked about, and budgets of branches. */
export const steady = (scenario: Scenario): Scenario => {
  const { flow, hooks, scripts } = scenario
  const { budget, ...config } = flow.config ?? {}
  const { branches: _, ...limits } = budget ?? {}
  return {
    ...scenario,
    flow: {
      ...flow,
      config: { ...config, ...(budget !== undefined && { budget: limits }) },
      nodes: flow.nodes.map(ofNode)
    },
    scripts: Object.fromEntries(Object.entries(scripts).map(([id, script]) => [id, ofScript(script)])),
    hooks: hooks.map(ofHook)
  }
}
