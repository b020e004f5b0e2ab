/** An action with its schemas made ready once, so that an attempt does not make them again. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Action from "./Action.ts"

type Decode = (value: unknown) => Result.Result<unknown, string>

/** An action with its schemas made ready. */
export interface CompiledAction {
  readonly action: Action.Any<never>
  readonly decode: Decode | undefined
  readonly encode: Decode | undefined
}

/** Inputs that are null count as absent where the schema does not take null. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
    : value

const compiled = new WeakMap<object, CompiledAction>()

const compile = (action: Action.Any<never>): CompiledAction => {
  const { input, output } = action
  const decode = input && Schema.decodeUnknownResult(input as Schema.Codec<unknown>, { errors: "all" })
  const encode = output && Schema.encodeUnknownResult(output as Schema.Codec<unknown>, { errors: "all" })
  return {
    action,
    decode:
      decode &&
      ((value) => {
        const first = decode(value)
        if (Result.isSuccess(first)) return Result.succeed(first.success)
        const second = decode(withoutNulls(value))
        return Result.isSuccess(second) ? Result.succeed(second.success) : Result.fail(first.failure.message)
      }),
    encode: encode && ((value) => Result.mapError(encode(value), (issue) => issue.message))
  }
}

/** The action made ready, the same one each time it is asked for. */
export const compiledAction = (action: Action.Any<never>): CompiledAction => {
  const known = compiled.get(action)
  if (known !== undefined) return known
  const made = compile(action)
  compiled.set(action, made)
  return made
}
