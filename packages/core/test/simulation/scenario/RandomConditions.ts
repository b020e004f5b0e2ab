/** Random conditions of nodes and edges, in a few forms that can be judged without what reads expressions. */
import type { Dependency, NodeSpec } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"

const condition = (dice: Dice, source: string): string => {
  const modulus = dice.between(2, 3)
  const isSo = `${source}.sum % ${modulus} == ${dice.between(0, modulus - 1)}`
  // Without the test, a source that gave nothing is a failure.
  return dice.chance(0.15) ? isSo : `has(${source}.sum) && ${isSo}`
}

/** Gives a node conditions on some of what it depends on. */
export const withConditions = (dice: Dice, node: NodeSpec.NodeSpec): NodeSpec.NodeSpec => {
  const ids = node.dependencies?.flatMap((one) => (typeof one === "string" ? [one] : [])) ?? []
  if (ids.length === 0) return dice.chance(0.1) ? { ...node, when: String(dice.chance(0.7)) } : node
  const dependencies = ids.map((id): Dependency.Dependency =>
    dice.chance(0.35) ? { node: id, when: condition(dice, dice.pick(ids)) } : id
  )
  return { ...node, dependencies, ...(dice.chance(0.25) && { when: condition(dice, dice.pick(ids)) }) }
}

/** A condition on what the channels hold; `note` holds nothing at first, and reading it then is a failure. */
const ofChannels = (dice: Dice): string => {
  const modulus = dice.between(2, 3)
  const rest = dice.between(0, modulus - 1)
  return dice.pick([
    `channels.cost % ${modulus} == ${rest}`,
    `channels.cost % ${modulus} == ${rest}`,
    `size(channels.log) % ${modulus} == ${rest}`,
    "has(channels.note)",
    `channels.note == "set"`
  ])
}

/** Gives a node of a flow with channels conditions on them. */
export const withChannelConditions = <N extends NodeSpec.NodeDraft>(dice: Dice, node: N): N => {
  if (!dice.chance(0.35)) return node
  if (dice.chance(0.5)) return { ...node, when: ofChannels(dice) }
  const dependencies = node.dependencies?.map((one) =>
    typeof one === "string" && dice.chance(0.5) ? { node: one, when: ofChannels(dice) } : one
  )
  return dependencies === undefined ? node : { ...node, dependencies }
}
