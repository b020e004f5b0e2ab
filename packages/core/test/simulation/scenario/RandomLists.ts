/** Lists that expressions make, in a few forms that can be judged without what reads expressions. */
import { Dependency, type NodeSpec } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"

/** What the lists of a schedule may read. */
export interface ListSources {
  readonly hasChannels: boolean
  /** How many of the lists are made by expressions. */
  readonly probability: number
  /** Whether lists may be made of what is kept outside the log, and come some time later. */
  readonly mayBeAwaited: boolean
}

const expression = (
  dice: Dice,
  ids: ReadonlyArray<string>,
  { hasChannels, mayBeAwaited }: ListSources
): string => {
  if (hasChannels && dice.chance(0.4)) return dice.pick(["channels.log", "channels.log", "channels.cost"])
  if (ids.length === 0) return dice.pick(["[3, 4]", "[]", "[5]"])
  const [one, other] = [dice.pick(ids), dice.pick(ids)]
  return dice.pick([
    `[${one}.sum, ${other}.sum]`,
    `has(${one}.sum) ? [${one}.sum, 1] : [7]`,
    // Only what a node with a list gave can be filtered.
    `${one}.sum.filter(v, v != null)`,
    mayBeAwaited ? `has(${one}.text) ? [size(${one}.text), 1] : [7]` : `has(${one}.sum) ? [2] : []`
  ])
}

/** Lets an expression make the list of a node that is mapped over one, now and then. */
export const withMadeList = <N extends NodeSpec.NodeDraft>(dice: Dice, node: N, sources: ListSources): N => {
  if (node.forEach === undefined || !dice.chance(sources.probability)) return node
  const ids = (node.dependencies ?? []).map(Dependency.nodeOf)
  return { ...node, forEach: { ...node.forEach, items: { expression: expression(dice, ids, sources) } } }
}
