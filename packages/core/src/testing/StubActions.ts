/**
 * Stand-ins for actions of flows that are tested, by their names: the flow stays as it is, and nothing that its real actions
 * would do happens.
 */
import type * as Layer from "effect/Layer"
import type * as Action from "../action/Action.ts"
import * as Actions from "../action/Actions.ts"
import * as ScriptedAction from "./ScriptedAction.ts"

/** Stand-ins for actions. */
export interface StubActions<Name extends string> {
  /** The stand-ins, for `TestEngine`. */
  readonly actions: ReadonlyArray<Action.Any<never>>
  /** Puts the stand-ins in the place of actions of their names, those included that a flow in TypeScript brings itself. */
  readonly layer: Layer.Layer<never>
  /** How a stand-in was called, in the order of the calls. */
  readonly calls: (name: Name) => ReadonlyArray<ScriptedAction.ActionCall>
  /** The nodes that were worked on, in the order in which their attempts began. */
  readonly order: ReadonlyArray<string>
}

/**
 * Makes stand-ins of scripts, by action name.
 *
 * **Example**
 * ```ts
 * const stubs = StubActions.make({
 *   charge: [ScriptedAction.fail("CardDeclined"), ScriptedAction.succeed({ receipt: "r-1" })],
 *   mail: [ScriptedAction.succeed({})]
 * })
 * ```
 */
export const make = <const Scripts extends Readonly<Record<string, ScriptedAction.Script<object>>>>(
  scripts: Scripts
): StubActions<Extract<keyof Scripts, string>> => {
  const order: Array<string> = []
  const scripted = Object.entries(scripts).map(([name, script]) =>
    ScriptedAction.make(name, (call) => {
      order.push(call.nodeId)
      return ScriptedAction.outcomeOf(script, call)
    })
  )
  const byName = new Map(scripted.map((one) => [one.name, one]))
  const actions = scripted.map((one) => one.action)
  return {
    actions,
    layer: Actions.layerReplacing(...actions),
    calls: (name) => byName.get(name)?.calls ?? [],
    order
  }
}
