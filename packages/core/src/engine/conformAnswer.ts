import type { Event } from "@dagflow/protocol"
import * as Result from "effect/Result"
import type { CompiledAction } from "../action/compiledAction.ts"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import { frozenJson } from "../action/frozenJson.ts"
import { hasStub } from "./artifact.ts"

const byName = (value: unknown): value is Event.Outputs =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Makes of an answer what an action would have given, or says why the action promises something else. */
export const conformAnswer = (
  { action, conform }: CompiledAction,
  outputs: Event.Outputs
): Result.Result<Event.Outputs, string> => {
  if (hasStub(outputs)) {
    return Result.fail(`an output has a member "$artifact", which the log keeps for large outputs`)
  }
  if (conform === undefined || conform.isPlain?.(outputs) === true) return Result.succeed(outputs)
  // Schemas may run code of the user's, which may throw anything.
  const converted = Result.try({
    try: () => Result.flatMap(conform.convert(outputs), (value) => frozenJson(value, "")),
    catch: (error) => ErrorDescription.describe("InvalidOutput", error).message
  })
  return Result.flatMap(converted, (inner) =>
    Result.match(inner, {
      onFailure: (message) =>
        Result.fail(`it does not fit the outputs of action "${action.name}": ${message}`),
      onSuccess: ({ value }) =>
        byName(value)
          ? Result.succeed(value)
          : Result.fail(`the outputs of action "${action.name}" are no object`)
    })
  )
}
