/** When nodes that may start do. Which nodes may start is the same under every strategy, and so is what a run gives. */
import * as Schema from "effect/Schema"

/**
 * When nodes that may start do.
 *
 * - `reactive`: at once, as slots are free; of several the one with the greatest priority first.
 * - `work_queue`: one priority after the other; nothing starts beside an attempt of a greater priority.
 * - `level`: one topological level after the other; nothing starts before what runs in the levels above it has ended.
 * - `superstep`: step by step; what may start when a step begins is the step, and everything else waits for the next one.
 */
export const Strategy = Schema.Literals(["reactive", "work_queue", "level", "superstep"])
/** When nodes that may start do. */
export type Strategy = typeof Strategy.Type
