/** Takes out of a schedule what lets chance decide in which step something ends, and so where its routes lead. */
import type { NodeSpec } from "@dagflow/protocol"
import { changeNodes } from "./changeNodes.ts"
import type { Outcome, Scenario, Script } from "./Scenario.ts"

const ofOutcome = (outcome: Outcome): Outcome =>
  outcome.kind === "waits" || outcome.kind === "sleeps"
    ? { kind: "succeeds", afterMillis: outcome.afterMillis, form: "effect" }
    : outcome

const ofScript = ({ action, handler }: Script): Script => ({
  action: action.map(ofOutcome),
  handler: ofOutcome(handler)
})

/** Somebody is asked about a lost attempt that must not run twice, and answers some time. */
const ofNode = <N extends NodeSpec.NodeDraft>(node: N): N =>
  node.flow === undefined
    ? { ...node, recovery: "rerun" }
    : { ...node, flow: { ...node.flow, nodes: node.flow.nodes.map(ofNode) } }

/** A schedule without waits, lost attempts that somebody is asked about, and budgets of branches. */
export const steady = (scenario: Scenario): Scenario => {
  const { flow, scripts } = scenario
  const { budget, ...config } = flow.config ?? {}
  const { branches: _, ...limits } = budget ?? {}
  return changeNodes(
    {
      ...scenario,
      flow: { ...flow, config: { ...config, ...(budget !== undefined && { budget: limits }) } },
      scripts: Object.fromEntries(Object.entries(scripts).map(([id, script]) => [id, ofScript(script)]))
    },
    ofNode
  )
}
