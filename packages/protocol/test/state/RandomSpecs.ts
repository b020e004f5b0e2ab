/** Random nodes of the logs that `RandomLog` writes. */
import type { Dependency, NodeSpec } from "../../src/index.ts"
import type { Dice } from "../Dice.ts"

const triggers = ["all_success", "all_done", "one_failed", "none_failed", "always"] as const
export const policies = ["halt", "continue", "best_effort", "pause"] as const
export const branches = ["red", "blue"] as const

const edge = (node: string, random: Dice): Dependency.Dependency =>
  random.oneIn(6) ? { node, when: `${node}.value > 1` } : node

const list = (random: Dice) => ({
  items: { ref: "inputs.rows" },
  ...(random.oneIn(2) ? { maxParallel: 1 + random.roll(2) } : {}),
  ...(random.oneIn(2) ? { onItemFailure: random.pick(policies) } : {})
})

const inner = { name: "inner", nodes: [{ id: "work", action: "load" }] }

const spec = (
  id: string,
  known: ReadonlyArray<string>,
  random: Dice,
  conditions: Dice
): NodeSpec.NodeSpec => {
  const count = random.roll(Math.min(4, known.length + 1))
  const dependencies = Array.from({ length: count }, () => random.pick(known))
  return {
    id,
    action: random.pick(["load", "map"]),
    ...(random.oneIn(6)
      ? {}
      : { dependencies: [...new Set(dependencies)].map((one) => edge(one, conditions)) }),
    ...(conditions.oneIn(8) ? { when: "inputs.go" } : {}),
    ...(random.oneIn(3) ? { trigger: random.pick(triggers) } : {}),
    ...(random.oneIn(2) ? { onFailure: random.pick(policies) } : {}),
    ...(random.oneIn(4) ? { failure: "repair" } : {}),
    ...(random.oneIn(4) ? { branch: random.pick(branches) } : {}),
    ...(random.oneIn(10) ? { enabled: false } : {}),
    ...(random.oneIn(6) ? { forEach: list(random) } : {}),
    // No die is cast for it, so that all others fall as they did before.
    ...(id.endsWith("3") ? { flow: inner } : {})
  }
}

export const specs = (
  count: number,
  prefix: string,
  known: ReadonlyArray<string>,
  random: Dice,
  conditions: Dice
) => {
  const ids = [...known]
  const made = Array.from({ length: count }, (_, index) => {
    const node = spec(`${prefix}${index}`, ids, random, conditions)
    ids.push(node.id)
    return node
  })
  // A batch may stand in any order, also with the dependents first.
  return random.oneIn(2) ? made.reverse() : made
}
