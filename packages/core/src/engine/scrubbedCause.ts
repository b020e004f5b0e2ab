import * as Cause from "effect/Cause"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import * as Secrets from "./Secrets.ts"

/**
 * What is left of a cause when the values of secrets are taken out of it: the error's name, its message and the lines of its
 * stack that are the user's. An interruption says nothing, and stays as it is.
 */
export const scrubbedCause = (
  cause: Cause.Cause<unknown>,
  secrets: Secrets.Secrets
): Cause.Cause<unknown> => {
  const description = ErrorDescription.fromCause(cause, (text) => Secrets.scrubText(text, secrets))
  if (description === undefined) return cause
  const { message, stack = [], tag } = Secrets.scrub(description as never, secrets) as typeof description
  const error = new Error(message)
  error.name = tag
  error.stack = [`${tag}: ${message}`, ...stack.map((line) => `    ${line}`)].join("\n")
  return Cause.fail(error)
}
