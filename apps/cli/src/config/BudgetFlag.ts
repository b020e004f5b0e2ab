/** Budgets, as the command line gives them. What reads them is loaded when there are any. */
import type { Budget } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import type { CliFailure } from "../output/CliFailure.ts"

/** `--budget`. */
export const flag = (description: string) =>
  Flag.String("budget").pipe(
    Flag.atLeast(0),
    Flag.withMetavar("<limit=amount>"),
    Flag.withDescription(
      `${description}: tokens, cost, time, nodes or rounds; of a branch: <branch>.tokens; may be repeated`
    )
  )

/** Reads the limits that were given; `undefined` when there are none. */
export const read = (pairs: ReadonlyArray<string>): Effect.Effect<Budget.Budget | undefined, CliFailure> =>
  pairs.length === 0
    ? Effect.succeed(undefined)
    : Effect.flatMap(
        Effect.promise(() => import("./readBudget.ts")),
        ({ readBudget }) => readBudget(pairs)
      )
