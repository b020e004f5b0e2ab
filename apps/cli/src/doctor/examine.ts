import path from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Globals } from "../command/Globals.ts"
import * as ConfigFile from "../config/ConfigFile.ts"
import * as StoreLocation from "../config/StoreLocation.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { count } from "../output/Phrase.ts"
import { exitOfStoreReason } from "../run/exitOfReason.ts"
import { checkEditor } from "./checkEditor.ts"
import { checkPackages } from "./checkPackages.ts"
import { checkRuns } from "./checkRuns.ts"
import { checkStore } from "./checkStore.ts"
import * as Finding from "./Finding.ts"

/** Looks at everything that a command of this folder depends on. What is missing keeps nothing else from being looked at. */
export const examine = (globals: Globals): Effect.Effect<ReadonlyArray<Finding.Finding>> =>
  Effect.gen(function* () {
    const loaded = yield* Effect.result(ConfigFile.load(globals.config, process.cwd()))
    const named = globals.config ?? ConfigFile.find(process.cwd())
    const folder = named === undefined ? process.cwd() : path.dirname(path.resolve(named))
    const config = Result.getOrElse(loaded, () => ConfigFile.none)
    return [
      // A Node that is too old never comes this far: it is refused before anything is loaded.
      Finding.ok("node", `Node ${process.versions.node} on ${process.platform} ${process.arch}`),
      checkPackages(folder),
      Result.isFailure(loaded)
        ? Finding.ofFailure("configuration", loaded.failure, "correct the file where the message says")
        : Finding.ok("configuration", aboutConfig(config)),
      ...(Result.isFailure(loaded) ? [] : [checkEditor(folder, config)]),
      ...(yield* aboutStore(globals, config))
    ]
  })

// -- internal -------------------------------------------------------------------------------------------------------

const aboutConfig = ({ actions = [], file, hooks = [] }: ConfigFile.LoadedConfig): string =>
  file === undefined
    ? `no ${ConfigFile.names[0]}; flows use the standard actions`
    : `${path.relative(process.cwd(), file)}: ${count(actions.length, "action")}, ${count(hooks.length, "hook")}`

const aboutStore = (
  globals: Globals,
  config: ConfigFile.LoadedConfig
): Effect.Effect<ReadonlyArray<Finding.Finding>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const location = yield* Effect.result(StoreLocation.resolve(globals.store, config))
      if (Result.isFailure(location)) return [Finding.ofFailure("store", location.failure, "")]
      const { driver, finding } = yield* checkStore(location.success)
      if (driver === undefined) return [finding]
      const runs = yield* Effect.result(checkRuns(driver, location.success.option))
      if (Result.isSuccess(runs)) return [finding, runs.success]
      const { message, reason } = runs.failure
      const failure = new CliFailure({ exit: exitOfStoreReason(reason), code: reason._tag, message })
      return [finding, Finding.ofFailure("runs", failure, "see what the message says")]
    })
  )
