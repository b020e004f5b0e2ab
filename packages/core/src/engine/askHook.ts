/** One question to one hook: it is answered once, whatever the hook does, and it can be withdrawn. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import type { HookAnswer } from "../decide/decideAnswer.ts"
import { proposeCommand } from "./proposeCommand.ts"
import { isThenable } from "./thenable.ts"

/** What is asked, and of whom. */
export interface Question {
  /** What the hook returned when it was called, or what it threw. */
  readonly returned: Result.Result<unknown, unknown>
  readonly timeoutMillis: number
  /** Runs an Effect in the environment of the hook. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  readonly onAnswer: (answer: HookAnswer) => void
}

const withdrawn = () => undefined

/** Calls a hook, which may throw anything. */
export const callHook = (call: () => unknown): Result.Result<unknown, unknown> => Result.try(call)

/** Whether a hook has answered already, and with nothing. */
export const isSilent = (returned: Result.Result<unknown, unknown>): boolean =>
  Result.isSuccess(returned) && (returned.success === undefined || returned.success === null)

/**
 * Waits for the answer of a hook that was called. What it gives back withdraws the question: the hook is interrupted, and
 * no answer comes any more.
 */
export const askHook = (question: Question): (() => void) => {
  const { fork, onAnswer, returned, timeoutMillis } = question
  // To see what kind of answer it is may run code of the hook's, such as a getter that throws.
  const answer = Result.flatMap(returned, (value) => callHook(() => read(value)))
  if (Result.isFailure(answer)) onAnswer(failed(answer.failure))
  else {
    const known = answer.success as ReturnType<typeof read>
    if (Effect.isEffect(known)) return awaitAnswer(fork(known), fork, timeoutMillis, onAnswer)
    onAnswer(known)
  }
  return withdrawn
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Waits for an answer, but not for a hook that does not let itself be interrupted. */
const awaitAnswer = (
  asked: Fiber.Fiber<HookAnswer, unknown>,
  fork: Question["fork"],
  timeoutMillis: number,
  onAnswer: (answer: HookAnswer) => void
): (() => void) => {
  const early = asked.pollUnsafe()
  if (early !== undefined) {
    onAnswer(ofExit(early))
    return withdrawn
  }
  const timer = fork(Effect.sleep(timeoutMillis))
  let isOver = false
  const end = (answer: HookAnswer | undefined): void => {
    if (isOver) return
    isOver = true
    asked.interruptUnsafe()
    timer.interruptUnsafe()
    if (answer !== undefined) onAnswer(answer)
  }
  asked.addObserver((exit) => end(ofExit(exit)))
  timer.addObserver((exit) => {
    if (Exit.isSuccess(exit)) end(timedOut(timeoutMillis))
  })
  return () => end(undefined)
}

const timedOut = (timeoutMillis: number): HookAnswer => ({
  _tag: "Failed",
  cause: "TimedOut",
  message: `it did not answer within ${timeoutMillis} ms`
})

const ofExit = (exit: Exit.Exit<HookAnswer, unknown>): HookAnswer => {
  if (Exit.isSuccess(exit)) return exit.value
  const error = ErrorDescription.fromCause(exit.cause)
  const message = error === undefined ? "it was interrupted" : `${error.tag}: ${error.message}`
  return { _tag: "Failed", cause: "Failed", message }
}

/** The answer, or an Effect that gives it. */
const read = (value: unknown): HookAnswer | Effect.Effect<HookAnswer, unknown> => {
  if (Effect.isEffect(value)) return Effect.map(value as Effect.Effect<unknown, unknown>, answered)
  if (isThenable(value))
    return Effect.map(
      Effect.promise(() => Promise.resolve(value)),
      answered
    )
  return answered(value)
}

const answered = (value: unknown): HookAnswer => {
  if (value === undefined || value === null) return { _tag: "Answered", commands: [] }
  if (Array.isArray(value)) return { _tag: "Answered", commands: value.map(proposeCommand) }
  const message = `it answered ${typeof value}; a hook answers nothing or a list of commands`
  return { _tag: "Failed", cause: "InvalidAnswer", message }
}

const failed = (error: unknown): HookAnswer => {
  const { message, tag } = ErrorDescription.describe("Thrown", error)
  return { _tag: "Failed", cause: "Failed", message: `${tag}: ${message}` }
}
