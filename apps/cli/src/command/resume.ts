/** `dagflow resume`: goes on with a run after a crash, a pause or a parking, and follows it to its end. */
import { type Action, Flow, type RunHandle } from "@dagflow/core"
import { type Command as RunCommand, type RunError, RunStatus, StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as BudgetFlag from "../config/BudgetFlag.ts"
import * as ConfigFile from "../config/ConfigFile.ts"
import * as FlowSource from "../config/FlowSource.ts"
import * as OpenedStore from "../config/OpenedStore.ts"
import * as StoreLocation from "../config/StoreLocation.ts"
import type { CliFailure } from "../output/CliFailure.ts"
import { commandName } from "../output/commandName.ts"
import type { OutputShape } from "../output/Output.ts"
import { shellWord } from "../output/Phrase.ts"
import * as EngineLayer from "../run/EngineLayer.ts"
import * as NextCommand from "../run/NextCommand.ts"
import * as RunSelector from "../run/RunSelector.ts"
import * as SourceMap from "../run/SourceMap.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as Trace from "../run/Trace.ts"
import { withLearning } from "../run/withLearning.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  run: FlowFlags.run,
  flow: Flag.String("flow").pipe(
    Flag.optional,
    Flag.withMetavar("<module>"),
    Flag.withDescription(
      "Of a flow of TypeScript: the module.ts#export that it was started from, whose actions it uses"
    )
  ),
  retry: Flag.String("retry").pipe(
    Flag.atLeast(0),
    Flag.withMetavar("<node>"),
    Flag.withDescription(
      "Of a paused run, try this failed node again; may be repeated (default: those whose failure paused it)"
    )
  ),
  steps: FlowFlags.positive(
    "steps",
    1_000_000,
    "Of a run by the strategy superstep: pause again after so many steps"
  ).pipe(Flag.optional),
  force: Flag.Boolean("force").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription(
      "Take the run from a process that may still be alive; what that one writes is refused"
    )
  ),
  allowChanged: Flag.String("allow-changed").pipe(
    Flag.atLeast(0),
    Flag.withMetavar("<action>"),
    Flag.withDescription("Go on although this action has another version than recorded; may be repeated")
  ),
  budget: BudgetFlag.flag("Set this limit anew before the run goes on"),
  timeout: FlowFlags.timeout,
  grace: FlowFlags.grace,
  live: FlowFlags.live,
  allowShell: FlowFlags.allowShell
}

/** `dagflow resume`. */
export const resume = Command.make(
  "resume",
  flags,
  perform(
    (
      { allowChanged, allowShell, budget: pairs, flow, force, grace, live, retry, run, steps, timeout },
      { globals, output }
    ) =>
      Effect.scoped(
        Effect.gen(function* () {
          const budget = yield* BudgetFlag.read(pairs)
          const module = Option.getOrUndefined(flow)
          const loaded = yield* ConfigFile.load(globals.config, process.cwd())
          const config = module === undefined ? loaded : yield* withActionsOf(module, loaded)
          const location = yield* StoreLocation.resolve(globals.store, config)
          const store = StoreLocation.exists(location)
            ? yield* OpenedStore.open(location)
            : yield* OpenedStore.openForReading(globals)
          const { driver } = store
          const row = yield* Effect.provideService(
            RunSelector.find(run, location.option),
            StoreDriver,
            driver
          )
          // Before anything of the run goes on, so that no value is printed that the log names.
          yield* StoredRun.loadFrom(driver, row.runId, ({ event }) => output.redactor.learnFrom(event))
          const isOver = RunStatus.isEnded(row.status)
          const { perRun } = yield* Effect.promise(() => import("../run/perRun.ts"))
          return yield* perRun({
            output,
            globals,
            driver,
            location,
            engine: EngineLayer.make({
              config: withLearning(config, output.redactor),
              driver,
              allowShell,
              grace
            }),
            begin: (dagflow) =>
              Effect.tap(
                Effect.tapError(
                  dagflow.resume(row.runId, {
                    force,
                    allowChanged,
                    ...(budget !== undefined && { budget }),
                    ...Trace.incoming()
                  }),
                  (error) => (module === undefined ? tellOfModule(error, row.runId, output) : Effect.void)
                ),
                (handle) => (isOver ? Effect.void : wake(handle, retry, Option.getOrUndefined(steps)))
              ),
            known: row,
            timeoutMillis: Option.getOrUndefined(timeout),
            live,
            sources: SourceMap.empty,
            next: (runId) => NextCommand.make({ runId, location, config, allowShell, module })
          })
        })
      )
  )
).pipe(Command.withDescription("Go on with a run after a crash, a pause or a fix"))

// -- internal -------------------------------------------------------------------------------------------------------

/** What is missing may come with a module of TypeScript, which nothing in the store names. */
const tellOfModule = ({ reason }: RunError, runId: string, output: OutputShape): Effect.Effect<void> => {
  const isMissing = reason._tag === "ActionsMissing" || reason._tag === "ReducersMissing"
  if (!isMissing || output.json) return Effect.void
  const command = `${commandName()} resume ${shellWord(runId)} --flow <module.ts>`
  return output.note(`the actions and reducers of a flow in TypeScript come with its module: ${command}`)
}

/** A configuration with the actions and reducers that come with a flow; what the configuration has under a name wins. */
export const withActionsOf = (
  word: string,
  config: ConfigFile.LoadedConfig
): Effect.Effect<ConfigFile.LoadedConfig, CliFailure> =>
  Effect.gen(function* () {
    const source = yield* FlowSource.find(word)
    const { definition } = yield* FlowSource.load(source, { actions: undefined, needsVariables: false })
    if (!Flow.isFlow(definition)) return config
    const actions = definition.actions as ReadonlyArray<Action.Any<never>>
    return {
      ...config,
      actions: together(config.actions ?? [], actions),
      reducers: together(config.reducers ?? [], [...definition.reducers.values()])
    }
  })

const together = <A extends { readonly name: string }>(
  own: ReadonlyArray<A>,
  coming: ReadonlyArray<A>
): ReadonlyArray<A> => {
  const taken = new Set(own.map(({ name }) => name))
  return [...own, ...coming.filter(({ name }) => !taken.has(name))]
}

/** Lets a paused run go on. Naming nodes first retries just those. */
const wake = (
  handle: RunHandle.RunHandle,
  nodes: ReadonlyArray<string>,
  steps: number | undefined
): Effect.Effect<void, RunError> =>
  Effect.gen(function* () {
    const { status } = yield* handle.report
    for (const nodeId of nodes) yield* handle.send({ _tag: "RetryNode", nodeId })
    const command: RunCommand.Command = { _tag: "ResumeRun", ...(steps !== undefined && { steps }) }
    if (status === "paused" || steps !== undefined) yield* handle.send(command)
  })
