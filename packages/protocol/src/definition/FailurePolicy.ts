/** What a run does once a node has failed for good and no hook has handled it. */
import * as Schema from "effect/Schema"

/**
 * What a run does once a node has failed for good.
 *
 * - `halt` (default): running nodes are interrupted, the others cancelled, the run fails with the first error.
 * - `continue`: everything that can still run runs; the run fails and lists all errors.
 * - `best_effort`: everything that can still run runs; the run completes and lists the failures.
 * - `pause`: running nodes end, nothing new starts, and the run waits for `RetryNode`, `ResumeRun` or `CancelRun`.
 */
export const FailurePolicy = Schema.Literals(["halt", "continue", "best_effort", "pause"])
/** What a run does once a node has failed for good. */
export type FailurePolicy = typeof FailurePolicy.Type
