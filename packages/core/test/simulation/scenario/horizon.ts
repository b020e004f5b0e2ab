import { type NodeSpec, RetryPolicy } from "@dagflow/protocol"
import { commandsOf, type Scenario } from "./Scenario.ts"

/** Rounds in which somebody lets a waiting run go on; then it is cancelled. */
export const roundsMax = 8

/** Longest time for everything but the waits between attempts: crashes, take-overs, hooks, attempts. Half an hour. */
const lifeMillis = 1_800_000

/** Longest time that a node waits between its attempts, from its start or a retry by hand on. */
const waitsMillis = ({ flow, retry }: NodeSpec.NodeDraft): number => {
  const policy = { ...retry, jitter: 0 }
  const waits = Array.from({ length: (retry?.tries ?? 1) - 1 }, (_, at) =>
    RetryPolicy.delayMillis(policy, at + 1, 0)
  )
  // Each try of a node with a flow is a run of its own.
  const below = (flow?.nodes ?? []).reduce((total, node) => total + waitsMillis(node), 0)
  return waits.reduce((total, one) => total + one, 0) + (retry?.tries ?? 1) * below
}

/**
 * Longest time that a schedule may take, in milliseconds: as long as if all its nodes, one after the other, waited for
 * every retry, and again after each retry by hand.
 */
export const horizonMillis = (scenario: Scenario): number => {
  const grown = commandsOf(scenario).flatMap((command): ReadonlyArray<NodeSpec.NodeDraft> => {
    if (command._tag === "AddNode") return [command.node]
    return command._tag === "AddNodes" ? command.nodes : []
  })
  const waits = [...scenario.flow.nodes, ...grown].map(waitsMillis)
  const oneRun = lifeMillis + (1 + roundsMax) * waits.reduce((total, one) => total + one, 0)
  return scenario.isSession === true ? scenario.runs * oneRun : oneRun
}
