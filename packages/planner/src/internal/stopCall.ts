import type { Guard } from "../Guard.ts"
import type { Call } from "../Turn.ts"

/** The call of the tool that ends a loop, if there is one and nothing is wrong with it. */
export const stopCall = (
  guard: Guard,
  stop: string | undefined,
  calls: ReadonlyArray<Call>
): Call | undefined => {
  if (!calls.some(({ name }) => name === stop)) return undefined
  const refusals = guard.calls(calls)
  return calls.find(({ name }, at) => name === stop && refusals[at] === undefined)
}
