/** The engine of the command line: the standard actions, those of the project over them, and its hooks. */
import { StandardActions } from "@dagflow/actions"
import { type Action, Actions, DagFlow, Hooks } from "@dagflow/core"
import { StoreDriver, type StoreDriverShape } from "@dagflow/protocol"
import type * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type { DagflowConfig } from "../config/DagflowConfig.ts"

/** How the engine is set up. */
export interface EngineSetUp {
  readonly config: DagflowConfig
  readonly driver: StoreDriverShape
  readonly allowShell?: boolean
  /** How long a run that is parked waits for what runs. */
  readonly grace?: Duration.Input
}

/** The actions that flows may name, those of the project in place of standard ones of the same name. */
export const actionsOf = (config: DagflowConfig, allowShell = false): ReadonlyArray<Action.Any<never>> => {
  const standard = StandardActions.make({
    ...config.standardActions,
    allowShell: allowShell || config.allowShell === true
  }) as ReadonlyArray<Action.Any<never>>
  const own = config.actions ?? []
  const taken = new Set(own.map((action) => action.name))
  return [...standard.filter((action) => !taken.has(action.name)), ...own]
}

/** An engine that knows nothing but a store: it lists, reads and commands runs, and runs none. */
export const readOnly = (driver: StoreDriverShape): Layer.Layer<DagFlow> =>
  DagFlow.layer().pipe(Layer.provide(Layer.succeed(StoreDriver, driver)))

/** An engine that runs flows. */
export const make = ({ allowShell, config, driver, grace = 0 }: EngineSetUp): Layer.Layer<DagFlow> =>
  withActions(driver, config, actionsOf(config, allowShell), grace)

/** An engine with just these actions. */
export const withActions = (
  driver: StoreDriverShape,
  config: DagflowConfig,
  actions: ReadonlyArray<Action.Any<never>>,
  grace: Duration.Input
): Layer.Layer<DagFlow> =>
  DagFlow.layer({ shutdownGrace: grace }).pipe(
    Layer.provide([
      Layer.succeed(StoreDriver, driver),
      Actions.layer(...actions),
      Hooks.layer(...(config.hooks ?? []))
    ])
  )
