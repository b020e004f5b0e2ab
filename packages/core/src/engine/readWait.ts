/** The wait that an action asked for, as the log can keep it. */
import { AnswerCheck, type AnswerSchema, type Event, Wait } from "@dagflow/protocol"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { CompiledAction } from "../action/compiledAction.ts"
import { frozenJson } from "../action/frozenJson.ts"
import type * as NodeOutput from "../action/NodeOutput.ts"
import { schemaCopy } from "../action/schemaCopy.ts"
import { conformAnswer } from "./conformAnswer.ts"
import { jsonBytes } from "./jsonBytes.ts"

/** A wait as the log can keep it. */
export interface ReadWait {
  readonly wait: Wait.Wait
  /** When it ends without an answer, for one that opens at a moment. */
  readonly deadline: ((nowMillis: number) => Wait.Deadline) | undefined
}

type Read<A> = Result.Result<A, string>

const readTime = (time: NodeOutput.WaitTime): Read<(nowMillis: number) => number> => {
  if (time.timeout !== undefined && time.until !== undefined) {
    return Result.fail("a wait has a timeout or an until, not both")
  }
  if (time.until !== undefined) {
    const { until } = time
    const millis = typeof until === "number" ? until : until.getTime()
    return Number.isFinite(millis)
      ? Result.succeed(() => millis)
      : Result.fail(`the wait is until ${String(until)}, which is no time`)
  }
  const millis = Option.match(Duration.fromInput(time.timeout), {
    onNone: () => Number.NaN,
    onSome: Duration.toMillis
  })
  return Number.isFinite(millis)
    ? Result.succeed((nowMillis) => nowMillis + Math.max(0, millis))
    : Result.fail(`the timeout of the wait is ${JSON.stringify(time.timeout)}, which is no finite time`)
}

const readSchema = (
  schema: NodeOutput.WaitRequest["schema"]
): Read<AnswerSchema.AnswerSchema | undefined> => {
  if (schema === undefined) return Result.succeed(undefined)
  const document = Schema.isSchema(schema)
    ? schemaCopy(schema.ast).answerSchema(schema)
    : Result.flatMap(frozenJson(schema, "schema"), ({ value }) =>
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? Result.succeed(value as AnswerSchema.AnswerSchema)
          : Result.fail("it is no JSON Schema document")
      )
  return Result.mapError(
    Result.flatMap(document, (made) => {
      const problem = AnswerCheck.documentProblem(made)
      return problem === undefined ? Result.succeed(made) : Result.fail(problem)
    }),
    (message) => `the schema of the wait cannot be used: ${message}`
  )
}

const readDefault = (
  action: CompiledAction,
  schema: AnswerSchema.AnswerSchema | undefined,
  given: unknown
): Read<Event.Outputs> =>
  Result.mapError(
    Result.flatMap(frozenJson(given ?? {}, ""), ({ value }) => {
      const problem = schema === undefined ? undefined : AnswerCheck.answerProblem(schema, value)
      if (problem !== undefined) return Result.fail(problem)
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? conformAnswer(action, value as Event.Outputs)
        : Result.fail("outputs are given by name, as an object")
    }),
    (message) => `the default of the wait does not fit: ${message}`
  )

/** Reads the wait that an action asked for, or says why the log cannot hold it. */
export const readWait = (action: CompiledAction, request: NodeOutput.WaitRequest): Read<ReadWait> =>
  Result.gen(function* () {
    const { kind, onTimeout, prompt, time } = request
    const own = action.action.output as Schema.Top | undefined
    const schema = kind === "timer" ? undefined : yield* readSchema(request.schema ?? own)
    const wait: Wait.Wait =
      kind === "timer"
        ? { _tag: "Timer" }
        : {
            _tag: "Signal",
            ...(prompt !== undefined && { prompt: String(prompt) }),
            ...(schema !== undefined && { schema })
          }
    if (time === undefined) {
      if (kind === "timer") return yield* Result.fail("a wait for a time needs one: a timeout or an until")
      return yield* bounded({ wait, deadline: undefined })
    }
    const atMillis = yield* readTime(time)
    if (onTimeout !== "autopilot") {
      return yield* bounded({ wait, deadline: (now) => ({ atMillis: atMillis(now), action: onTimeout }) })
    }
    const outputs = yield* readDefault(action, schema, request.default)
    return yield* bounded({
      wait,
      deadline: (now) => ({ atMillis: atMillis(now), action: "complete", outputs })
    })
  })

/** A wait stays in the log whole, so it is as large as an answer may be at most. */
const bounded = (read: ReadWait): Read<ReadWait> => {
  const bytes = jsonBytes([read.wait, read.deadline?.(0) ?? null] as Schema.Json)
  return bytes <= Wait.answerBytesMax
    ? Result.succeed(read)
    : Result.fail(`the wait has ${bytes} bytes as JSON, and at most ${Wait.answerBytesMax} are allowed`)
}
