/** An action with its schemas made ready once, so that an attempt does not make them again. */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type * as Action from "./Action.ts"
import { type IsPlain, plainValue } from "./plainValue.ts"
import { schemaCopy } from "./schemaCopy.ts"

type Convert = (value: unknown) => Result.Result<unknown, string>

/** A schema made ready for values that come or go. */
interface Conversion {
  readonly convert: Convert
  /** Tells values that the schema would not change. */
  readonly isPlain: IsPlain | undefined
}

/** An action with its schemas made ready. */
export interface CompiledAction {
  readonly action: Action.Any<never>
  readonly decode: Conversion | undefined
  readonly encode: Conversion | undefined
  /** Makes of JSON that another action gave what this one would have given. */
  readonly conform: Conversion | undefined
}

/** Inputs that are null count as absent where the schema does not take null. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
    : value

const makeDecode = (schema: Schema.Codec<unknown>): Convert => {
  const decode = schemaCopy(schema.ast).decodeResult(schema, { errors: "all" })
  return (value) => {
    const first = decode(value)
    if (Result.isSuccess(first)) return Result.succeed(first.success)
    const second = decode(withoutNulls(value))
    return Result.isSuccess(second) ? Result.succeed(second.success) : Result.fail(first.failure.message)
  }
}

const makeEncode = (schema: Schema.Codec<unknown>): Convert => {
  const encode = schemaCopy(schema.ast).encodeResult(schema, { errors: "all" })
  return (value) => Result.mapError(encode(value), (issue) => issue.message)
}

/** There and back again: what comes out has passed every check of the schema, and holds nothing that it does not know. */
const makeConform = (schema: Schema.Codec<unknown>): Convert => {
  const decode = schemaCopy(schema.ast).decodeResult(schema, { errors: "all" })
  const encode = makeEncode(schema)
  return (value) =>
    Result.flatMap(
      Result.mapError(decode(value), (issue) => issue.message),
      encode
    )
}

/** Keeps what was made of a schema for as long as the schema itself is kept. */
const remembering = (make: (schema: Schema.Codec<unknown>) => Convert) => {
  const made = new WeakMap<object, Conversion>()
  return (schema: Action.JsonSchema<never> | undefined): Conversion | undefined => {
    if (schema === undefined) return undefined
    const known = made.get(schema)
    if (known !== undefined) return known
    const codec = schema as unknown as Schema.Codec<unknown>
    const conversion = { convert: make(codec), isPlain: plainValue(codec.ast) }
    made.set(schema, conversion)
    return conversion
  }
}

const decoderOf = remembering(makeDecode)
const encoderOf = remembering(makeEncode)
const conformerOf = remembering(makeConform)

/** The action made ready; the same schemas are made ready once. */
export const compiledAction = (action: Action.Any<never>): CompiledAction => ({
  action,
  decode: decoderOf(action.input),
  encode: encoderOf(action.output),
  conform: conformerOf(action.output)
})

/** A failure handler as an action whose outputs stand in for those of the node's own action, and have to fit its schema. */
export const standIn = (handler: CompiledAction, own: CompiledAction | undefined): CompiledAction => {
  const { encode } = handler
  const conform = own?.conform
  if (own === undefined || conform === undefined) return handler
  const fit = (value: unknown) =>
    Result.mapError(
      conform.convert(value),
      (message) => `the outputs do not fit those of action "${own.action.name}": ${message}`
    )
  const isFit = conform.isPlain
  const isPlain = encode === undefined ? isFit : both(encode.isPlain, isFit)
  const convert: Convert = (value) =>
    encode === undefined ? fit(value ?? {}) : Result.flatMap(encode.convert(value), fit)
  return { ...handler, encode: { convert, isPlain } }
}

const both = (one: IsPlain | undefined, other: IsPlain | undefined): IsPlain | undefined =>
  one === undefined || other === undefined ? undefined : (value) => one(value) && other(value)
