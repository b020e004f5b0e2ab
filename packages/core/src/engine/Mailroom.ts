/** Commands from other processes: they lie in the store until the owner of the run has recorded them. */
import {
  ChildEnd,
  type Command,
  type Envelope,
  Event,
  type Mail,
  RunError,
  type RunStatus,
  type StoreError
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { commandHash, type CommandResult, otherCommand } from "../decide/decideCommand.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { Coordinator } from "./Coordinator.ts"
import type { Message } from "./Message.ts"
import { followLog } from "./followLog.ts"
import { proposeCommand } from "./proposeCommand.ts"

/** Letters taken in at once. */
const batchMax = 256

const readChildEnd = Schema.decodeUnknownOption(ChildEnd.ChildEnd)

/** What a letter says: how a child run ended, or, of anything else, which command it is. */
const open = ({ atMillis, command, id: mailId }: Mail): Message => {
  const parsed = Result.try({ try: () => JSON.parse(command) as unknown, catch: String })
  const end =
    Result.isSuccess(parsed) && command.startsWith('{"_tag":"ChildEnd"')
      ? readChildEnd(parsed.success)
      : Option.none()
  if (Option.isSome(end)) return { _tag: "ChildEnded", end: end.value, mailId }
  const proposed = Result.isSuccess(parsed)
    ? proposeCommand(parsed.success)
    : ({ _tag: "Malformed", name: "unknown", message: `the mail is no JSON: ${parsed.failure}` } as const)
  return { _tag: "Command", proposed, mailId, sentAtMillis: atMillis, reply: undefined }
}

/** Takes in what other processes have left for a run, as much as is read at once. Answers whether there may be more. */
export const takeMail = (store: RunStore, coordinator: Coordinator): Effect.Effect<boolean, StoreError> =>
  Effect.map(store.driver.readMail(coordinator.state.runId, batchMax), (letters) => {
    for (const mail of letters) coordinator.offerMail(mail.id, open(mail))
    return letters.length === batchMax && !coordinator.isOver
  })

/** Takes in all that other processes have left for a run, the next batch when the one before has been settled. */
export const takeAllMail = (store: RunStore, coordinator: Coordinator): Effect.Effect<void, StoreError> => {
  const { mail } = coordinator
  const again = Effect.suspend(() => {
    mail.lookAgain()
    return takeAllMail(store, coordinator)
  })
  return Effect.flatMap(takeMail(store, coordinator), (isMore) =>
    mail.mustLookAgain() || isMore ? Effect.andThen(mail.empty, again) : Effect.void
  )
}

const resultOf = (envelope: Envelope.Envelope, hash: string): CommandResult => {
  const { cause, event, sequence } = envelope
  if (cause?.commandHash !== hash) {
    return { sequence, rejection: otherCommand(cause?.commandId ?? ""), nodeIds: [] }
  }
  return {
    sequence,
    rejection: event._tag === "CommandRejected" ? event.rejection : undefined,
    nodeIds: event._tag === "NodesAdded" ? event.nodes.map((node) => node.id) : [],
    ...(event._tag === "SignalReceived" && event.attempt === undefined && { isKept: true })
  }
}

/** What a run has become, by its last event. */
const endOf = (event: Event.Event | undefined): RunStatus.RunStatus => {
  switch (event?._tag) {
    case "RunFailed":
      return "failed"
    case "RunCancelled":
      return "cancelled"
    default:
      return "completed"
  }
}

/** Leaves a command for the owner of a run and waits until that owner has recorded it. The command has an id. */
export const sendByMail = (
  store: RunStore,
  runId: string,
  command: Command.Command & { readonly id: string },
  afterSequence: number,
  nowMillis: number
): Effect.Effect<CommandResult, StoreError | RunError> =>
  Effect.gen(function* () {
    const mail = { id: command.id, atMillis: nowMillis, command: JSON.stringify(command) }
    yield* store.driver.putMail(runId, mail)
    const settling = yield* followLog(store, runId, afterSequence).pipe(
      Stream.filter(
        (envelope) => envelope.cause?.commandId === command.id || Event.isTerminal(envelope.event)
      ),
      Stream.runHead
    )
    const found = Option.getOrUndefined(settling)
    if (found?.cause?.commandId === command.id) return resultOf(found, commandHash(command))
    return yield* new RunError({
      runId,
      reason: {
        _tag: "CommandRejected",
        command: command._tag,
        rejection: { _tag: "RunEnded", status: endOf(found?.event) }
      }
    })
  })
