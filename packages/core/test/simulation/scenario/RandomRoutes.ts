/** Where the nodes of a random flow lead, loops included. */
import type { NodeOutput } from "../../../src/index.ts"
import type { Dice } from "../world/Dice.ts"

/** Where a node leads when it succeeds, by how often it has been visited before; a visit beyond the list leads on as its edges do. */
export type Leads = Readonly<Record<string, ReadonlyArray<ReadonlyArray<NodeOutput.Goto>>>>

/** What a route may name: nodes of the flow, and such as are not there, or not yet. */
interface Places {
  readonly known: ReadonlyArray<string>
  /** Nodes by which the run may grow; none in a calm schedule, where all that is led to is there. */
  readonly grown: ReadonlyArray<string>
}

const goto = (dice: Dice, { grown, known }: Places): NodeOutput.Goto => {
  const target = () => {
    if (grown.length === 0 || dice.chance(0.92)) return dice.pick(known)
    return dice.pick([
      "nobody",
      `${dice.pick(known)}#2`,
      `${dice.pick(known)}[0]`,
      dice.pick(grown),
      dice.pick(grown)
    ])
  }
  const targets = () => Array.from({ length: dice.pick([0, 1, 1, 1, 2]) }, target)
  return {
    ...(dice.chance(0.7) && { replace: dice.chance(0.5) ? target() : targets() }),
    ...(dice.chance(0.4) && { append: targets() })
  }
}

/** Lets some nodes choose where they lead: mostly once or twice, so that every loop comes to its end. */
export const leads = (dice: Dice, places: Places): Leads =>
  Object.fromEntries(
    dice.some([...places.known, ...places.grown], 0.35).map((id) => [
      // An item leads like any other node.
      dice.chance(0.1) ? `${id}[0]` : id,
      Array.from({ length: dice.pick([1, 1, 1, 2, 2, 3]) }, () =>
        Array.from({ length: dice.pick([1, 1, 1, 2]) }, () => goto(dice, places))
      )
    ])
  )
