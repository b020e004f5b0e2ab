/** Any thrown value or failed Effect, as the log of a run records it. */
import { NodeError } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Result from "effect/Result"

/** Longest message that is recorded, in UTF-16 code units; the rest is cut off. */
export const messageMax = 4000

/** Links of a chain of causes that are recorded at most. */
const chainMax = 5

/** Lines of a stack that are recorded at most. */
const stackMax = 5

/** Takes out of a text what nobody may see. It sees texts before they are cut, or a part of that could be left. */
export type Hide = (text: string) => string

const hideNothing: Hide = (text) => text

const cut = (text: string): string =>
  text.length <= messageMax ? text : `${text.slice(0, messageMax)}… (${text.length} characters)`

const read = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined

const tagOf = (error: unknown): string => {
  for (const name of [read(error, "_tag"), read(error, "name")]) {
    if (typeof name === "string" && name !== "") return name
  }
  return "Error"
}

const messageOf = (error: unknown): string => {
  // Node says only by its code why none of several addresses could be connected to.
  for (const said of [read(error, "message"), read(error, "code")]) {
    if (typeof said === "string" && said !== "") return said
  }
  if (typeof error !== "object" || error === null) return String(error)
  const tag = tagOf(error)
  return tag === "Error" && !(error instanceof Error) ? (jsonOf(error) ?? tag) : tag
}

/** What an object holds that is no error, as some libraries throw it. */
const jsonOf = (value: object): string | undefined => {
  const text = Result.getOrUndefined(Result.try(() => JSON.stringify(value)))
  return text === "{}" || text === "[]" ? undefined : text
}

/** A hint for the mistake that the error of the language itself does not explain. */
const hintFor = (error: unknown): string =>
  error instanceof TypeError && /read only property|not extensible|Cannot delete property/.test(error.message)
    ? " (inputs are shared between nodes and cannot be changed: copy the value first)"
    : ""

const linkOf = (error: unknown, hide: Hide): NodeError.ErrorLink => ({
  tag: tagOf(error),
  message: cut(hide(messageOf(error)))
})

/** What an error was caused by, and below the last cause, the errors that it stands for. */
const chainOf = (error: unknown, hide: Hide): ReadonlyArray<NodeError.ErrorLink> => {
  const chain: Array<NodeError.ErrorLink> = []
  let last = error
  let below = read(error, "cause") ?? read(error, "reason")
  while (below !== undefined && below !== null && chain.length < chainMax) {
    chain.push(linkOf(below, hide))
    last = below
    below = read(below, "cause")
  }
  const parts = read(last, "errors")
  if (!Array.isArray(parts)) return chain
  return [...chain, ...parts.slice(0, chainMax - chain.length).map((part) => linkOf(part, hide))]
}

/** Lines of a stack that belong neither to Node nor to installed packages. */
const stackOf = (error: unknown): ReadonlyArray<string> => {
  const stack = read(error, "stack")
  if (typeof stack !== "string") return []
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line) && !/node:internal|node_modules|\(<anonymous>\)/.test(line))
    .slice(0, stackMax)
    .map((line) => line.trim())
}

const describeReadable = (cause: NodeError.FailureCause, error: unknown, hide: Hide): NodeError.NodeError => {
  const chain = chainOf(error, hide)
  const stack = stackOf(error)
  return {
    cause,
    tag: tagOf(error),
    message: cut(hide(messageOf(error)) + hintFor(error)),
    isRetryable: read(error, "isRetryable") !== false && NodeError.isRetryableCause(cause),
    ...(chain.length > 0 && { chain }),
    ...(stack.length > 0 && { stack })
  }
}

/** Describes an error of this kind. An error that says `isRetryable: false` is not tried again. */
export const describe = (
  cause: NodeError.FailureCause,
  error: unknown,
  hide: Hide = hideNothing
): NodeError.NodeError =>
  Result.getOrElse(
    Result.try(() => describeReadable(cause, error, hide)),
    () => make(cause, "the error cannot be described: reading it throws")
  )

/** Describes a problem that has no error of its own. */
export const make = (
  cause: NodeError.FailureCause,
  message: string,
  hide: Hide = hideNothing
): NodeError.NodeError => ({
  cause,
  tag: cause,
  message: cut(hide(message)),
  isRetryable: NodeError.isRetryableCause(cause)
})

/** Describes why an Effect failed, or answers `undefined` when it was only interrupted. */
export const fromCause = (
  cause: Cause.Cause<unknown>,
  hide: Hide = hideNothing
): NodeError.NodeError | undefined => {
  const failed = cause.reasons.find((reason) => reason._tag === "Fail")
  if (failed !== undefined) return describe("Failed", failed.error, hide)
  const died = cause.reasons.find((reason) => reason._tag === "Die")
  if (died !== undefined) return describe("Thrown", died.defect, hide)
  return Cause.hasInterruptsOnly(cause) ? undefined : describe("Thrown", Cause.squash(cause), hide)
}
