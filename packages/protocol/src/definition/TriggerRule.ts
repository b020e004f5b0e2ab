/**
 * When a node starts, given how its dependencies ended.
 *
 * The names and meanings are Airflow's (https://airflow.apache.org/docs/, "Trigger Rules").
 */
import * as Schema from "effect/Schema"

/** When a node starts, given how its dependencies ended; evaluated once all of them have ended. */
export const TriggerRule = Schema.Literals([
  "all_success",
  "all_done",
  "all_failed",
  "one_success",
  "one_failed",
  "none_failed",
  "none_failed_min_one_success",
  "always"
])
/** When a node starts, given how its dependencies ended; evaluated once all of them have ended. */
export type TriggerRule = typeof TriggerRule.Type

/** How many dependencies of a node ended in which way. Skipped counts skipped, cancelled and disabled ones. */
export interface DependencyEnds {
  readonly succeeded: number
  readonly failed: number
  readonly skipped: number
}

/**
 * Tells whether a node whose dependencies have all ended may start. A node without dependencies always may.
 *
 * As in Airflow, `all_done` and `none_failed` also start after skipped dependencies. Airflow's `always` does not even
 * wait; here every rule is evaluated when the last dependency has ended, so that `always` equals `all_done`.
 */
export const isMet = (rule: TriggerRule, ends: DependencyEnds): boolean => {
  const { succeeded, failed, skipped } = ends
  if (succeeded + failed + skipped === 0) return true
  switch (rule) {
    case "all_success":
      return failed === 0 && skipped === 0
    case "all_done":
      return true
    case "all_failed":
      return succeeded === 0 && skipped === 0
    case "one_success":
      return succeeded > 0
    case "one_failed":
      return failed > 0
    case "none_failed":
      return failed === 0
    case "none_failed_min_one_success":
      return failed === 0 && succeeded > 0
    case "always":
      return true
  }
}
