/** The store of a command, opened for as long as its scope lasts. */
import { MemoryStore } from "@dagflow/store-memory"
import { StoreDriver, type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Globals } from "../command/Globals.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { exitOfStoreReason } from "../run/exitOfReason.ts"
import * as ConfigFile from "./ConfigFile.ts"
import * as StoreLocation from "./StoreLocation.ts"

/** The store of a command. */
export interface OpenedStore {
  readonly driver: StoreDriverShape
  readonly location: StoreLocation.StoreLocation
}

/** Opens a store. */
export const open = (
  location: StoreLocation.StoreLocation,
  tables?: StoreLocation.Tables
): Effect.Effect<OpenedStore, CliFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const layer = yield* StoreLocation.open(location, tables)
    const scope = yield* Effect.scope
    const context = yield* Effect.catchCause(Layer.buildWithScope(layer, scope), (cause) =>
      Effect.fail(unopened(location, cause.reasons[0]))
    )
    return { driver: Context.get(context, StoreDriver), location }
  })

/**
 * Opens the store that a command reads from. One that does not exist yet is empty, and stays so: only `run` makes one.
 * The configuration is loaded only when it decides where the store is.
 */
export const openForReading = (globals: Globals): Effect.Effect<OpenedStore, CliFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const isNamed = globals.store !== undefined || (process.env["DAGFLOW_STORE"] ?? "") !== ""
    const config = isNamed ? ConfigFile.none : yield* ConfigFile.load(globals.config, process.cwd())
    const location = yield* StoreLocation.resolve(globals.store, config)
    return StoreLocation.exists(location) ? yield* open(location) : { location, driver: MemoryStore.make() }
  })

// -- internal -------------------------------------------------------------------------------------------------------

const unopened = (location: StoreLocation.StoreLocation, reason: unknown): CliFailure => {
  const error: unknown =
    typeof reason === "object" && reason !== null && "error" in reason
      ? reason.error
      : typeof reason === "object" && reason !== null && "defect" in reason
        ? reason.defect
        : reason
  const isStoreError = error instanceof StoreError
  // The reason of a store says it all; what stands before it says once more that the store could not be opened.
  const told = error instanceof Error ? error.message : String(error)
  const message = isStoreError && "message" in error.reason ? error.reason.message : told
  return new CliFailure({
    exit: isStoreError ? exitOfStoreReason(error.reason) : ExitCode.store,
    code: isStoreError ? error.reason._tag : "Unavailable",
    message: `the store ${location.text} cannot be opened: ${message}`
  })
}
