/** One question to one hook: it is answered once, whatever the hook does, and it can be withdrawn. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import type { HookAnswer } from "../decide/decideAnswer.ts"
import { proposeCommand } from "./proposeCommand.ts"

/** What is asked, and of whom. */
export interface Question {
  /** Calls the hook. */
  readonly call: () => unknown
  readonly timeoutMillis: number
  /** Runs an Effect in the environment of the hook. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  readonly onAnswer: (answer: HookAnswer) => void
}

const withdrawn = () => undefined

/** Asks a hook. What it gives back withdraws the question: the hook is interrupted, and no answer comes any more. */
export const askHook = (question: Question): (() => void) => {
  const { call, fork, onAnswer, timeoutMillis } = question
  const returned = attempted(() => read(call()))
  if (Result.isFailure(returned)) onAnswer(failed(returned.failure))
  else if (!Effect.isEffect(returned.success)) onAnswer(returned.success)
  else return awaitAnswer(fork(returned.success), fork, timeoutMillis, onAnswer)
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

const attempted = <A>(body: () => A): Result.Result<A, unknown> =>
  Result.try({ try: body, catch: (error) => error })

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"
