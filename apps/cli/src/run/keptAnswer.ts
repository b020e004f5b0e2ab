import {
  AnswerCheck,
  Command,
  type StoreDriverShape,
  type StoreError,
  type WaitView
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** An answer that somebody has left for a run which nobody executes. */
export interface KeptAnswer {
  /** The id of the command. */
  readonly id: string
  readonly by: string | undefined
  readonly atMillis: number
}

/** Letters of a run that are looked through. */
const lettersMax = 10_000

const readCommand = Schema.decodeUnknownOption(Schema.fromJsonString(Command.Command))

/**
 * The first answer to a wait that lies in the mailbox of its run and fits what is asked. It is the one that will count: whoever
 * answers after it is told so now, and not only when somebody takes the run up.
 */
export const keptAnswer = (
  driver: StoreDriverShape,
  runId: string,
  { nodeId, schema }: WaitView.OpenWait
): Effect.Effect<KeptAnswer | undefined, StoreError> =>
  Effect.map(driver.readMail(runId, lettersMax), (letters) => {
    for (const { atMillis, command, id } of letters) {
      const sent = Option.getOrUndefined(readCommand(command))
      if (sent?._tag !== "SendSignal" || sent.nodeId !== nodeId) continue
      const isFitting = schema === undefined || AnswerCheck.answerProblem(schema, sent.payload) === undefined
      if (isFitting) return { id, by: sent.by, atMillis }
    }
    return undefined
  })
