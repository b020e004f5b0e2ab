/** The configuration file of a project: found upwards from the flow, or named by `--config`. */
import { existsSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { DagflowConfig } from "./DagflowConfig.ts"
import { importModule } from "./importModule.ts"

/** The names that are looked for, in this order. */
export const names = ["dagflow.config.ts", "dagflow.config.js", "dagflow.config.mjs"] as const

/** A configuration with its file; without a file it is empty. */
export interface LoadedConfig extends DagflowConfig {
  readonly file: string | undefined
}

/** No configuration. */
export const none: LoadedConfig = { file: undefined }

/** The configuration file of a folder, or of the nearest folder above it that has one. */
export const find = (folder: string): string | undefined => {
  const found = names.map((name) => path.join(folder, name)).find((file) => existsSync(file))
  const parent = path.dirname(folder)
  return found ?? (parent === folder ? undefined : find(parent))
}

/** Loads the configuration that is named, or the one nearest to a folder. */
export const load = (named: string | undefined, folder: string): Effect.Effect<LoadedConfig, CliFailure> =>
  Effect.gen(function* () {
    const file = named === undefined ? find(path.resolve(folder)) : path.resolve(named)
    if (file === undefined) return none
    if (!existsSync(file)) {
      return yield* new CliFailure({
        exit: ExitCode.notFound,
        code: "ConfigNotFound",
        message: `there is no configuration ${file}`
      })
    }
    const module = yield* importModule(file, "the configuration")
    const config = module["default"]
    const problem = problemOf(config)
    if (problem !== undefined) {
      return yield* new CliFailure({
        exit: ExitCode.invalid,
        code: "InvalidConfig",
        message: `the configuration ${file}: ${problem}`,
        next: ["export default defineConfig({ actions: [], hooks: [] })"]
      })
    }
    return { ...(config as DagflowConfig), file }
  })

// -- internal -------------------------------------------------------------------------------------------------------

const keys: ReadonlySet<string> = new Set<keyof DagflowConfig>([
  "actions",
  "reducers",
  "hooks",
  "store",
  "allowShell",
  "standardActions"
])

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const named = (value: unknown): string | undefined =>
  isRecord(value) && typeof value["name"] === "string" ? value["name"] : undefined

const firstDuplicate = (names: ReadonlyArray<string | undefined>): string | undefined =>
  names.find((name, index) => name !== undefined && names.indexOf(name) < index)

/** What is wrong with what a configuration exports: it may be JavaScript, which no compiler has checked. */
const problemOf = (config: unknown): string | undefined => {
  if (!isRecord(config)) return "it has no default export that is an object"
  const unknown = Object.keys(config).find((key) => !keys.has(key))
  if (unknown !== undefined) return `it has a key "${unknown}", which means nothing here`
  const { actions = [], allowShell = false, hooks = [], reducers = [], store = "" } = config
  if (!Array.isArray(actions)) return `"actions" is not a list`
  const action = actions.findIndex((one) => named(one) === undefined || typeof one.run !== "function")
  if (action >= 0) return `actions[${action}] is not an action: make it with Action.make or Action.fn`
  if (!Array.isArray(reducers)) return `"reducers" is not a list`
  const reducer = reducers.findIndex((one) => named(one) === undefined || typeof one.reduce !== "function")
  if (reducer >= 0) return `reducers[${reducer}] is not a reducer: make it with ChannelReducer.make`
  if (!Array.isArray(hooks)) return `"hooks" is not a list`
  const hook = hooks.findIndex((one) => named(one) === undefined)
  if (hook >= 0) return `hooks[${hook}] is not a hook: make it with Hook.make`
  const twice = firstDuplicate(actions.map(named))
  if (twice !== undefined) return `two actions are called "${twice}"`
  const twiceReducer = firstDuplicate(reducers.map(named))
  if (twiceReducer !== undefined) return `two reducers are called "${twiceReducer}"`
  const twiceHook = firstDuplicate(hooks.map(named))
  if (twiceHook !== undefined) return `two hooks are called "${twiceHook}"`
  if (typeof store !== "string" && !Layer.isLayer(store)) return `"store" is neither a text nor a layer`
  return typeof allowShell === "boolean" ? undefined : `"allowShell" is neither true nor false`
}
