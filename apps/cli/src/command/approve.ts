/** `dagflow approve` and `dagflow reject`: the answers to what a run asks people, whoever owns it, or nobody. */
import {
  AnswerCheck,
  type Event,
  type StoreDriverShape,
  type StoreError,
  SubFlow,
  type WaitView
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { userInfo } from "node:os"
import * as OpenedStore from "../config/OpenedStore.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { SendDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import { oneLine, shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import { readOnly } from "../run/EngineLayer.ts"
import { keptAnswer } from "../run/keptAnswer.ts"
import { sendPatiently } from "../run/sendPatiently.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import type { Globals } from "./Globals.ts"
import * as OpenWaits from "./openWaits.ts"
import { perform } from "./perform.ts"
import * as Question from "./question.ts"

const flags = {
  run: FlowFlags.run.pipe(Argument.optional),
  node: Argument.String("node").pipe(
    Argument.optional,
    Argument.withDescription("The node that asks; may be left out when only one does")
  ),
  as: Flag.String("as").pipe(
    Flag.optional,
    Flag.withMetavar("<name>"),
    Flag.withDescription("Who answers, for everybody who comes later; default: the name of this user")
  ),
  answer: Flag.String("answer").pipe(
    Flag.optional,
    Flag.withMetavar("<json>"),
    Flag.withDescription("The whole answer, where more than yes or no is asked")
  ),
  comment: Flag.String("comment").pipe(
    Flag.optional,
    Flag.withMetavar("<text>"),
    Flag.withDescription("A word about the answer, kept with it")
  )
}

const trouble = (exit: ExitCode, code: string, message: string, next: ReadonlyArray<string> = []) =>
  new CliFailure({ exit, code, message, next })

/** The answer has to fit what is asked, so that it is not left for a process which would only refuse it. */
const fitting = (
  runId: string,
  asked: WaitView.OpenWait,
  { isWhole, payload }: { readonly payload: Event.Outputs; readonly isWhole: boolean },
  option: string
): Effect.Effect<void, CliFailure> => {
  const problem = asked.schema === undefined ? undefined : AnswerCheck.answerProblem(asked.schema, payload)
  if (problem === undefined) return Effect.void
  const isPlain = !isWhole && !OpenWaits.takes(asked, true)
  const what = isPlain ? "another answer than yes or no is asked for" : "this answer does not fit"
  const message = `"${asked.nodeId}": ${what}: ${oneLine(problem)}`
  return Effect.fail(
    trouble(ExitCode.invalid, "InvalidInput", message, OpenWaits.commandsOf(runId, asked, option))
  )
}

/** Nobody may have left an answer before that of the id `ours`: it will count, and this one would not. */
const first = (
  driver: StoreDriverShape,
  runId: string,
  asked: WaitView.OpenWait,
  ours?: string
): Effect.Effect<void, CliFailure | StoreError> =>
  Effect.flatMap(keptAnswer(driver, runId, asked), (kept) => {
    if (kept === undefined || kept.id === ours) return Effect.void
    const by = kept.by === undefined ? "" : ` by ${oneLine(kept.by)}`
    const at = new Date(kept.atMillis).toISOString()
    const message = `"${asked.nodeId}" of ${runId} was answered${by} at ${at}, which is kept for whoever takes the run up`
    return Effect.fail(trouble(ExitCode.conflict, "AlreadyAnswered", message))
  })

/** The answer that was given, or a plain yes or no. */
const payloadOf = (
  approved: boolean,
  answer: Option.Option<string>
): Effect.Effect<Event.Outputs, CliFailure> => {
  if (Option.isNone(answer)) return Effect.succeed({ approved })
  const parsed = decodeAnswer(answer.value)
  if (Result.isSuccess(parsed)) return Effect.succeed(parsed.success)
  const message = `--answer has to be a JSON object: ${oneLine(parsed.failure.message)}`
  return Effect.fail(trouble(ExitCode.usage, "InvalidAnswer", message))
}

const decodeAnswer = Schema.decodeResult(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))

const { answer: _, ...refusals } = flags

/** The run above all others that a run is a part of. */
const topOf = (driver: StoreDriverShape, runId: string): Effect.Effect<string, StoreError> =>
  Effect.flatMap(driver.get(runId), (row) => {
    const parent = row && SubFlow.parentOf(row.tags)
    return parent === undefined ? Effect.succeed(runId) : topOf(driver, parent)
  })

/** What the flags of either command give. */
interface Given {
  readonly run: Option.Option<string>
  readonly node: Option.Option<string>
  readonly as: Option.Option<string>
  readonly comment: Option.Option<string>
  readonly answer?: Option.Option<string>
}

/** Without a run: what there is to say yes or no to. */
const listing = (globals: Globals, output: OutputShape) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { driver, location } = yield* OpenedStore.openForReading(globals)
      const lines = OpenWaits.list(driver, location.option, output)
      yield* OpenWaits.print(yield* Effect.provide(lines, readOnly(driver)), { output, store: location.text })
      return ExitCode.ok
    })
  )

const answering = (name: "approve" | "reject", approved: boolean) =>
  Command.make(
    name,
    approved ? flags : refusals,
    perform(
      ({ as, answer = Option.none<string>(), comment, node, run: word }: Given, { globals, output }) => {
        if (Option.isNone(word)) return listing(globals, output)
        return StoredRun.use(word.value, globals, ({ driver, location, row }) =>
          Effect.gen(function* () {
            const found = yield* Question.find(row.runId, Option.getOrUndefined(node), location.option)
            const { asked, runId } = found
            const payload = yield* payloadOf(approved, answer)
            yield* fitting(runId, asked, { payload, isWhole: Option.isSome(answer) }, location.option)
            yield* first(driver, runId, asked)
            const { nodeId, prompt } = asked
            if (prompt !== undefined && !output.json) yield* output.note(`${nodeId} asks: ${oneLine(prompt)}`)
            const id = `${name}-${crypto.randomUUID()}`
            const by = Option.getOrElse(as, () => userInfo().username)
            const said = Option.isSome(comment) ? { comment: comment.value } : {}
            const outcome = yield* sendPatiently(
              runId,
              {
                _tag: "SendSignal",
                id,
                nodeId,
                payload,
                by,
                ...said
              },
              output
            )
            if (outcome === undefined) yield* first(driver, runId, asked, id)
            const document: typeof SendDocument.Type = {
              schema: "dagflow.send/1",
              runId,
              command: "SendSignal",
              id,
              status: outcome === undefined ? "kept" : "done",
              sequence: outcome?.sequence ?? found.sequence,
              nodeIds: []
            }
            const what = `${runId}: ${nodeId} is ${approved ? "approved" : "rejected"} by ${oneLine(by)}`
            // A child goes on with the run that it is a part of.
            const top = yield* topOf(driver, runId)
            const next = `${commandName()} resume ${shellWord(top)}${location.option}`
            if (output.json) yield* output.printJson(document)
            else if (outcome === undefined) {
              yield* output.print(`${what}; the answer is kept for whoever takes the run up\n  next  ${next}`)
            } else yield* output.print(`${what} (event ${outcome.sequence})`)
            return ExitCode.ok
          })
        )
      }
    )
  ).pipe(
    Command.withDescription(
      approved ? "Say yes to what a run asks people" : "Say no to what a run asks people"
    ),
    Command.withExamples([
      {
        command: `dagflow ${name} @last publish --as Ada --comment "as agreed"`,
        description: "Answer, also when another process owns the run, or none"
      }
    ])
  )

/** `dagflow approve`. */
export const approve = answering("approve", true)

/** `dagflow reject`. */
export const reject = answering("reject", false)
