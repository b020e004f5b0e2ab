import { Budget, type Command, type Envelope, type RunState } from "@dagflow/protocol"
import type { Turn } from "./Turn.ts"

const accountOf = ({ budget }: RunState.RunState, branch: string | undefined) =>
  branch === undefined ? budget?.run : budget?.branches.get(branch)

/** Sets limits anew. What had paused only because this budget was used up goes on, and is measured by the new limits. */
export const setBudget = (
  turn: Turn,
  command: Command.Command & { readonly _tag: "SetBudget" },
  cause: Envelope.EventCause | undefined
): void => {
  const { state } = turn
  const { branch } = command
  const account = accountOf(state, branch)
  const known = account?.limits ?? {}
  const keys = [...Budget.resources, "onExhausted"] as const
  const named = keys.filter((key) => command[key] !== undefined && command[key] !== known[key])
  if (named.length === 0) return
  const wasShort = account?.shortage !== undefined
  const limits: Budget.BudgetLimits = Object.fromEntries(named.map((key) => [key, command[key]]))
  turn.record({ _tag: "BudgetSet", ...limits, ...(branch !== undefined && { branch }) }, cause)
  if (!wasShort) return
  if (branch === undefined) {
    const isAlone = state.pause?.isCommanded === false && state.pausedBy.size === 0
    if (state.status === "paused" && isAlone) turn.record({ _tag: "RunResumed" }, cause)
  } else if (state.branches.get(branch)?.status === "paused") {
    turn.record({ _tag: "BranchResumed", branch }, cause)
  }
}

/** The commands that set a whole budget anew, that of the run first. */
export const budgetCommands = ({
  branches = {},
  ...limits
}: Budget.Budget): ReadonlyArray<Command.Command & { readonly _tag: "SetBudget" }> => [
  ...(Object.keys(limits).length === 0 ? [] : [{ _tag: "SetBudget", ...limits } as const]),
  ...Object.entries(branches).map(([branch, own]) => ({ _tag: "SetBudget", branch, ...own }) as const)
]
