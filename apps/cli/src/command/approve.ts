/** `dagflow approve` and `dagflow reject`: the answers to what a run asks people, whoever owns it, or nobody. */
import { DagFlow } from "@dagflow/core"
import { AnswerCheck, type WaitView } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { userInfo } from "node:os"
import { CliFailure } from "../output/CliFailure.ts"
import type { SendDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { oneLine, shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import { sendPatiently } from "../run/sendPatiently.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  run: FlowFlags.run,
  node: Argument.String("node").pipe(
    Argument.optional,
    Argument.withDescription("The node that asks; may be left out when only one does")
  ),
  as: Flag.String("as").pipe(
    Flag.optional,
    Flag.withMetavar("<name>"),
    Flag.withDescription("Who answers, for everybody who comes later; default: the name of this user")
  ),
  comment: Flag.String("comment").pipe(
    Flag.optional,
    Flag.withMetavar("<text>"),
    Flag.withDescription("A word about the answer, kept with it")
  )
}

type Asked = WaitView.OpenWait

const trouble = (exit: ExitCode, code: string, message: string, next: ReadonlyArray<string> = []) =>
  new CliFailure({ exit, code, message, next })

/** The wait that is meant: that of the node, or the only one. */
const waitOf = (
  runId: string,
  waits: ReadonlyArray<Asked>,
  node: Option.Option<string>
): Effect.Effect<Asked, CliFailure> => {
  const open = waits.filter(({ kind }) => kind === "signal")
  const asked = Option.isSome(node) ? open.find(({ nodeId }) => nodeId === node.value) : open[0]
  const named = Option.isSome(node)
  const listed = open.map(
    ({ nodeId, prompt }) => `${nodeId}${prompt === undefined ? "" : `: ${oneLine(prompt)}`}`
  )
  if (asked === undefined) {
    const message = named
      ? `node "${node.value}" of ${runId} asks nothing at the moment`
      : `${runId} asks nobody anything`
    return Effect.fail(trouble(ExitCode.notFound, "NotWaiting", message, listed))
  }
  return !named && open.length > 1
    ? Effect.fail(
        trouble(ExitCode.usage, "AmbiguousNode", `${runId} asks more than one thing: name the node`, listed)
      )
    : Effect.succeed(asked)
}

/** The answer has to fit what is asked, so that it is not left for a process which would only refuse it. */
const fitting = (asked: Asked, payload: { readonly approved: boolean }): Effect.Effect<void, CliFailure> => {
  const problem = asked.schema === undefined ? undefined : AnswerCheck.answerProblem(asked.schema, payload)
  if (problem === undefined) return Effect.void
  const message = `"${asked.nodeId}" asks for another answer than yes or no: ${problem}`
  return Effect.fail(
    trouble(ExitCode.invalid, "InvalidInput", message, [
      `${commandName()} send <run> '{ "_tag": "SendSignal", "nodeId": ${JSON.stringify(asked.nodeId)}, "payload": {} }'`
    ])
  )
}

const answering = (name: "approve" | "reject", approved: boolean) =>
  Command.make(
    name,
    flags,
    perform(({ as, comment, node, run }, { globals, output }) =>
      StoredRun.use(run, globals, ({ location, row: { runId, sequence } }) =>
        Effect.gen(function* () {
          const dagflow = yield* DagFlow
          const attached = yield* dagflow.attach(runId)
          const asked = yield* waitOf(runId, yield* attached.waits, node)
          const payload = { approved }
          yield* fitting(asked, payload)
          const { nodeId, prompt } = asked
          if (prompt !== undefined && !output.json) yield* output.note(`${nodeId} asks: ${oneLine(prompt)}`)
          const id = `${name}-${crypto.randomUUID()}`
          const by = Option.getOrElse(as, () => userInfo().username)
          const said = Option.isSome(comment) ? { comment: comment.value } : {}
          const outcome = yield* sendPatiently(runId, {
            _tag: "SendSignal",
            id,
            nodeId,
            payload,
            by,
            ...said
          })
          const document: typeof SendDocument.Type = {
            schema: "dagflow.send/1",
            runId,
            command: "SendSignal",
            id,
            status: outcome === undefined ? "kept" : "done",
            sequence: outcome?.sequence ?? sequence,
            nodeIds: []
          }
          const what = `${runId}: ${nodeId} is ${approved ? "approved" : "rejected"} by ${oneLine(by)}`
          const next = `${commandName()} resume ${shellWord(runId)}${location.option}`
          if (output.json) yield* output.printJson(document)
          else if (outcome === undefined) {
            yield* output.print(`${what}; the answer is kept for whoever takes the run up\n  next  ${next}`)
          } else yield* output.print(`${what} (event ${outcome.sequence})`)
          return ExitCode.ok
        })
      )
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
