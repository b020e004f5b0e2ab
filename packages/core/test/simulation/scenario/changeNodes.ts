import type { Command, NodeSpec } from "@dagflow/protocol"
import type { HookPlan, HookReply, Scenario } from "./Scenario.ts"

/** Makes another node of a node of a schedule, or of one by which its runs may grow. */
export type ChangeNode = <N extends NodeSpec.NodeDraft>(node: N) => N

/** Changes all nodes of a schedule: those of its flow, and those by which hooks and outsiders may let it grow. */
export const changeNodes = (scenario: Scenario, change: ChangeNode): Scenario => {
  const { flow } = scenario
  return changeCommands({ ...scenario, flow: { ...flow, nodes: flow.nodes.map(change) } }, (command) => {
    if (command._tag === "AddNode") return { ...command, node: change(command.node) }
    return command._tag === "AddNodes" ? { ...command, nodes: command.nodes.map(change) } : command
  })
}

/** Changes all commands that hooks and outsiders may give. */
export const changeCommands = (
  scenario: Scenario,
  ofCommand: (command: Command.Command) => Command.Command
): Scenario => {
  const ofReply = (reply: HookReply): HookReply => ({ ...reply, commands: reply.commands.map(ofCommand) })
  const ofHook = ({ onComplete, onStart, rules, ...hook }: HookPlan): HookPlan => ({
    ...hook,
    onStart: onStart && ofReply(onStart),
    onComplete: onComplete && ofReply(onComplete),
    rules: rules.map((rule) => ({ ...rule, reply: ofReply(rule.reply) }))
  })
  const { commands, hooks } = scenario
  return {
    ...scenario,
    hooks: hooks.map(ofHook),
    commands: commands.map((plan) => ({ ...plan, command: ofCommand(plan.command) }))
  }
}
