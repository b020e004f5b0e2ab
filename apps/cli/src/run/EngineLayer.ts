/** The engine of the command line: the standard actions, those of the project over them, and its hooks. */
import { StandardActions } from "@dagflow/actions"
import { type Action, Actions, ChannelReducers, DagFlow, Hooks } from "@dagflow/core"
import { StoreDriver, type StoreDriverShape } from "@dagflow/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
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
): Layer.Layer<DagFlow> => {
  const engine = DagFlow.layer({ shutdownGrace: grace, spans: isTraced() }).pipe(
    Layer.provide([
      Layer.succeed(StoreDriver, driver),
      Actions.layer(...actions),
      ChannelReducers.layer(...(config.reducers ?? [])),
      Hooks.layer(...(config.hooks ?? []))
    ])
  )
  return isTraced() ? Layer.provide(engine, telemetry) : engine
}

/** Whether somebody wants to have traces: the standard variables say where they go. */
const isTraced = (): boolean =>
  process.env["OTEL_SDK_DISABLED"] !== "true" &&
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].some(
    (name) => (process.env[name] ?? "") !== ""
  )

/** What sends them is loaded only then. */
const telemetry = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("./telemetryLayer.ts")),
    ({ telemetryLayer }) => telemetryLayer
  )
)
