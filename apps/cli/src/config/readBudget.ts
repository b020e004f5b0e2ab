/** Budgets, as the command line gives them: `tokens=1000`, `research.cost=2.5`, `time=10m`, `onExhausted=stop`. */
import { Budget } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { parseDuration } from "../output/parseDuration.ts"

/** Reads limits. */
export const readBudget = (pairs: ReadonlyArray<string>): Effect.Effect<Budget.Budget, CliFailure> =>
  Effect.gen(function* () {
    let own: Record<string, unknown> = {}
    const branches: Record<string, Record<string, unknown>> = {}
    for (const pair of pairs) {
      const limit = limitOf(pair)
      if (limit === undefined) return yield* refuse(pair)
      const { branch, key, value } = limit
      if (branch === undefined) own = { ...own, [key]: value }
      else Object.assign((branches[branch] ??= {}), { [key]: value })
      const one = Schema.decodeUnknownResult(Budget.BudgetLimits)({ [key]: value })
      if (Result.isFailure(one)) return yield* refuse(pair)
    }
    const budget: unknown = { ...own, ...(Object.keys(branches).length > 0 && { branches }) }
    return budget as Budget.Budget
  })

// -- internal -------------------------------------------------------------------------------------------------------

const names = ["tokens", "cost", "time", "nodes", "rounds", "onExhausted"]

const limitOf = (pair: string) => {
  const equals = pair.lastIndexOf("=")
  const dot = pair.lastIndexOf(".", equals)
  const name = pair.slice(dot + 1, equals)
  const text = pair.slice(equals + 1)
  if (equals < 1 || text === "" || !names.includes(name)) return undefined
  const branch = dot < 1 ? undefined : pair.slice(0, dot)
  if (name === "onExhausted") return { branch, key: name, value: text }
  if (name === "time") return { branch, key: "timeMillis", value: parseDuration(text) }
  return { branch, key: name, value: Number(text) }
}

const refuse = (pair: string): Effect.Effect<never, CliFailure> =>
  Effect.fail(
    new CliFailure({
      exit: ExitCode.usage,
      code: "InvalidFlag",
      message: `--budget "${pair}" is no limit: write tokens=1000, cost=2.5, time=10m, nodes=100, rounds=3 or onExhausted=stop, of a branch <branch>.tokens=1000`
    })
  )
