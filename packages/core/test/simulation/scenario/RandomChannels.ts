/** Channels of a random flow: which there are, which nodes write to them and which ones read them. */
import type { ChannelSpec, Command, NodeSpec } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"
import { costMax } from "../oracle/ModelChannels.ts"
import type { CommandPlan } from "./Scenario.ts"

/** The channels that simulated flows have. `word` has the reducer of `simulatedReducers`. */
const channels: ChannelSpec.ChannelSpecs = {
  log: { reducer: "append" },
  cost: { reducer: "sum", schema: { type: "number", maximum: costMax } },
  note: {},
  word: { reducer: "longest", default: "" },
  facts: { reducer: "merge" }
}

const names = Object.keys(channels)

/** What a flow has besides its nodes, or instead of them, when it has channels. */
export interface WithChannels {
  readonly channels: ChannelSpec.ChannelSpecs
  readonly nodes: ReadonlyArray<NodeSpec.NodeSpec>
  /** The channels that a node writes to, by node; a name that no channel has is one that it should not write to. */
  readonly writes: Readonly<Record<string, ReadonlyArray<string>>>
}

/** Gives a flow channels. In a calm schedule nobody reads them: when waits end decides in which step they are written. */
export const withChannels = (
  dice: Dice,
  isCalm: boolean,
  nodes: ReadonlyArray<NodeSpec.NodeSpec>,
  ids: ReadonlyArray<string>
): WithChannels => {
  const writes = ids.map((id) => {
    const some = dice.some(names, 0.35)
    return [id, dice.chance(isCalm ? 0 : 0.04) ? [...some, "nobody"] : some] as const
  })
  const reads = (node: NodeSpec.NodeSpec) => {
    const inputs = dice
      .some(names, isCalm ? 0 : 0.2)
      .map((name) => [`seen-${name}`, { ref: `channels.${name}`, default: "none" }] as const)
    return { ...node, inputs: { ...node.inputs, ...Object.fromEntries(inputs) } }
  }
  return { channels, nodes: nodes.map(reads), writes: Object.fromEntries(writes) }
}

/** Commands that give channels other values. */
export const edits = (dice: Dice): ReadonlyArray<CommandPlan> =>
  Array.from({ length: dice.between(0, 3) }, (_, at): CommandPlan => {
    const channel = dice.chance(0.9) ? dice.pick(names) : "nobody"
    const command: Command.Command = {
      _tag: "SetChannel",
      id: `edit-${at}`,
      channel,
      value: valueFor(dice, channel)
    }
    return {
      atMillis: dice.between(0, 60),
      via: dice.pick(["handle", "mail"]),
      command,
      isRepeated: dice.chance(0.3)
    }
  })

type Value = Extract<Command.Command, { readonly _tag: "SetChannel" }>["value"]

const valueFor = (dice: Dice, channel: string): Value => {
  switch (channel) {
    case "log":
      return dice.pick([[], ["set"]])
    case "cost":
      return dice.between(0, costMax + 1)
    case "facts":
      return { set: dice.between(0, 1) }
    default:
      return dice.pick(["", "set"])
  }
}
