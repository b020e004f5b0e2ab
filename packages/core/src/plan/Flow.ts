/** A flow in TypeScript: nodes, and references between them that the compiler checks. */
import type { FlowSpec } from "@dagflow/protocol"
import type * as Action from "../action/Action.ts"

/**
 * A flow in TypeScript.
 *
 * `Input` is what a run of it takes, `Outputs` what it gives, `R` the services that its actions need.
 */
export interface Flow<out Name extends string, in Input, out Outputs, out R = never> {
  readonly name: Name
  readonly spec: FlowSpec.FlowSpec
  readonly actions: ReadonlyArray<Action.Any>
  /** Ids of the nodes that the flow returns, by the key under which `Outputs` has them. */
  readonly returns: Readonly<Record<string, string>>
  readonly _types?: (input: Input) => [Outputs, R]
}
