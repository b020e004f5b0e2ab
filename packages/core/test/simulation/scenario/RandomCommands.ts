/** Random commands, good ones and such as have to be refused. */
import type { Command, NodeSpec } from "@dagflow/protocol"
import type { Dice } from "../world/Dice.ts"
import * as RandomBudgets from "./RandomBudgets.ts"
import { labels, type RandomNodes } from "./RandomNodes.ts"

type Draft = NodeSpec.NodeDraft

/** Makes a batch that has to be refused. */
const spoil = (
  dice: Dice,
  nodes: ReadonlyArray<NodeSpec.NodeSpec>,
  known: ReadonlyArray<string>
): ReadonlyArray<Draft> => {
  const [first, ...rest] = nodes
  if (first === undefined) return nodes
  const dependencies = first.dependencies ?? []
  switch (dice.between(0, 3)) {
    case 0:
      return [...rest, { ...first, dependencies: [...dependencies, "nobody"] }]
    case 1:
      return [...rest, { ...first, action: "nothing" }]
    case 2:
      return [...rest, { ...first, dependencies: [...dependencies, first.id] }]
    default:
      return known.length === 0 ? [first, first] : [...rest, { ...first, id: dice.pick(known) }]
  }
}

/** Makes random commands. */
export class RandomCommands {
  readonly #dice: Dice
  readonly #nodes: RandomNodes
  #named = 0

  constructor(dice: Dice, nodes: RandomNodes) {
    this.#dice = dice
    this.#nodes = nodes
  }

  /** An id for some commands. */
  #addressed(mustHaveId: boolean): { readonly id?: string; readonly runId?: string } {
    const dice = this.#dice
    return {
      ...((mustHaveId || dice.chance(0.5)) && { id: `c${this.#named++}` }),
      ...(dice.chance(0.02) && { runId: "another" })
    }
  }

  /** Adds nodes that, with a root, all come after it. */
  growth(root: string | undefined, mustHaveId = false): Command.Command {
    const dice = this.#dice
    const nodes = this.#nodes.growth(root)
    const isSpoilt = root === undefined && dice.chance(0.25)
    const drafts = isSpoilt ? spoil(dice, nodes, this.#nodes.ids) : nodes
    const [only] = drafts
    return drafts.length === 1 && only !== undefined && dice.chance(0.6)
      ? { _tag: "AddNode", ...this.#addressed(mustHaveId), node: only }
      : { _tag: "AddNodes", ...this.#addressed(mustHaveId), nodes: [...drafts] }
  }

  /** An event of the user's own. */
  emit(): Command.Command {
    return { _tag: "EmitEvent", name: this.#dice.pick(["note", "mark"]), payload: this.#dice.between(0, 9) }
  }

  /** Any command. */
  any(mustHaveId = false): Command.Command {
    const dice = this.#dice
    const addressed = this.#addressed(mustHaveId)
    const { ids, lists } = this.#nodes
    const known =
      lists.length > 0 && dice.chance(0.2) ? `${dice.pick(lists)}[${dice.between(0, 2)}]` : dice.pick(ids)
    const nodeId = dice.chance(0.95) ? known : "nobody"
    const branch = dice.chance(0.6) ? dice.pick(labels) : nodeId
    const tag = dice.pick([
      "AddNodes",
      "AddNodes",
      "SetNodeInputs",
      "SetNodeInputs",
      "PauseBranch",
      "PauseBranch",
      "ResumeBranch",
      "CancelBranch",
      "EmitEvent",
      "SendSignal",
      "SendSignal",
      "SendSignal",
      "RetryNode",
      "EnableNodes",
      "DisableNodes",
      "PauseRun",
      "ResumeRun",
      "CancelRun",
      "SetBudget"
    ] as const)
    switch (tag) {
      case "AddNodes":
        return this.growth(dice.chance(0.5) ? undefined : dice.pick(this.#nodes.ids), mustHaveId)
      case "SetNodeInputs":
        return { _tag: tag, ...addressed, nodeId, inputs: { weight: { value: dice.between(10, 19) } } }
      case "EmitEvent":
        return { ...this.emit(), ...addressed }
      case "SendSignal": {
        const payload = dice.chance(0.5) ? { sum: dice.between(0, 99) } : { sum: "none" }
        return { _tag: tag, ...addressed, nodeId, payload, ...(dice.chance(0.5) && { by: "somebody" }) }
      }
      case "RetryNode":
        return { _tag: tag, ...addressed, nodeId }
      case "EnableNodes":
      case "DisableNodes":
        return { _tag: tag, ...addressed, nodeIds: [nodeId, ...dice.some(this.#nodes.ids, 0.1)] }
      case "PauseRun":
      case "ResumeRun":
        return { _tag: tag, ...addressed }
      case "CancelRun":
        // Most runs should show more than a cancellation.
        return dice.chance(0.4)
          ? { _tag: tag, ...addressed, reason: "enough" }
          : { _tag: "ResumeRun", ...addressed }
      case "SetBudget":
        return { _tag: tag, ...addressed, ...RandomBudgets.limits(dice), ...(dice.chance(0.4) && { branch }) }
      case "PauseBranch":
      case "ResumeBranch":
      case "CancelBranch":
        return { _tag: tag, ...addressed, branch }
    }
  }
}
