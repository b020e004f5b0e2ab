/** `dagflow send`: tells a run anything that a run can be told, whoever owns it. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as CommandText from "../config/CommandText.ts"
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
  command: Argument.String("command").pipe(
    Argument.withDescription("A command as JSON, or - for one on standard input")
  )
}

/** `dagflow send`. */
export const send = Command.make(
  "send",
  flags,
  perform(({ command: word, run }, { globals, output }) =>
    StoredRun.use(run, globals, ({ location, row: { runId, sequence } }) =>
      Effect.gen(function* () {
        const command = yield* CommandText.read(word)
        output.redactor.learnCommand(command)
        const id = command.id ?? `send-${crypto.randomUUID()}`
        const outcome = yield* sendPatiently(runId, { ...command, id }, output)
        const document: typeof SendDocument.Type = {
          schema: "dagflow.send/1",
          runId,
          command: command._tag,
          id,
          status: outcome === undefined ? "kept" : "done",
          sequence: outcome?.sequence ?? sequence,
          nodeIds: outcome?.nodeIds ?? []
        }
        if (output.json) yield* output.printJson(document)
        else if (outcome === undefined) {
          const next = `${commandName()} resume ${shellWord(runId)}${location.option}`
          yield* output.print(
            `${runId} is owned by nobody; ${command._tag} is kept for whoever takes it up\n  next  ${next}`
          )
        } else {
          const added = outcome.nodeIds.length === 0 ? "" : `: ${oneLine(outcome.nodeIds.join(", "))}`
          yield* output.print(`${runId}: ${command._tag} is done (event ${outcome.sequence})${added}`)
        }
        return ExitCode.ok
      })
    )
  )
).pipe(
  Command.withDescription("Send a command to a run, also one that another process owns"),
  Command.withExamples([
    {
      command: `dagflow send @last '{ "_tag": "RetryNode", "nodeId": "load" }'`,
      description: "Try a failed node of a paused run again"
    },
    { command: "dagflow send nightly-1 - < command.json", description: "Send what a file says" }
  ])
)
