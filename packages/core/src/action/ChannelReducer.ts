/**
 * Reducers of one's own: named functions that say what an update makes of the value of a channel, where none of the
 * built-in ones (`last`, `append`, `merge`, `sum`, `union`) does.
 */
import type { Reducer } from "@dagflow/protocol"
import * as Result from "effect/Result"
import { frozenJson } from "./frozenJson.ts"

/**
 * A reducer of one's own. `Value` is the JSON form of what the channel holds, `Update` that of what nodes write to it.
 *
 * It is called once for each update when a step ends, in the order of the frontier, and never again: the log holds the
 * value that the step came to.
 */
export interface ChannelReducer<in out Value, in Update = Value> {
  readonly name: string
  /** Recorded with each run; a run is not taken up by a process whose reducer has another version. */
  readonly version: string | undefined
  readonly reduce: (current: Value | undefined, update: Update) => Value
}

/** Any reducer of one's own. */
// oxlint-disable-next-line typescript/no-explicit-any -- a reducer of any types.
export type Any = ChannelReducer<any, any>

/**
 * Makes a reducer. The function has to be pure: it gets the value, `undefined` where there is none yet, and an update, may
 * change neither, and answers the next value at once.
 *
 * **Failures**
 * An update that makes it throw, or answer what JSON cannot hold, fails its node with `InvalidUpdate`; when that shows only
 * once the updates of several nodes meet, the run fails with `ChannelFailed`.
 *
 * **Example**
 * ```ts
 * const highest = ChannelReducer.make("highest", (current: number | undefined, update: number) =>
 *   current === undefined ? update : Math.max(current, update)
 * )
 * ```
 */
export const make = <Value, Update = Value>(
  name: string,
  reduce: (current: Value | undefined, update: Update) => Value,
  options: { readonly version?: string } = {}
): ChannelReducer<Value, Update> => ({ name, version: options.version, reduce })

/** The reducer as the engine calls it: what it throws is a failure, and what it gives can be changed by nobody. */
export const toReduce =
  (reducer: Any): Reducer.Reduce =>
  (current, update) => {
    const reduced = Result.try({
      try: () => reducer.reduce(current, update) as unknown,
      catch: (error) =>
        `reducer "${reducer.name}" throws: ${error instanceof Error ? error.message : String(error)}`
    })
    if (Result.isFailure(reduced)) return Result.fail(reduced.failure)
    return Result.mapBoth(frozenJson(reduced.success, "its value"), {
      onFailure: (message) => `reducer "${reducer.name}": ${message}`,
      onSuccess: ({ value }) => value
    })
  }
