/** Why a hook gave no answer that could be carried out. */
import * as Schema from "effect/Schema"

/**
 * Why a hook gave no answer that could be carried out.
 *
 * - `Failed`: it failed or threw. `TimedOut`: it took longer than its time-out.
 * - `InvalidAnswer`: what it answered is not a list of commands.
 * - `Missing`: the process that has taken the run up has no hook of that name.
 */
export const HookFailureCause = Schema.Literals(["Failed", "TimedOut", "InvalidAnswer", "Missing"])
/** Why a hook gave no answer that could be carried out. */
export type HookFailureCause = typeof HookFailureCause.Type
