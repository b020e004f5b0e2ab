/** Commands to a run that this process does not execute: they go through the store, to whoever does. */
import {
  type Command,
  RunError,
  type Rejection,
  type RunRow,
  RunStatus,
  type StoreError
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type CommandResult, recallCommand } from "../decide/decideCommand.ts"
import type { RunStore } from "../store/RunStore.ts"
import { outcomeOf } from "./commandOutcome.ts"
import { loadRun } from "./loadRun.ts"
import { sendByMail } from "./Mailroom.ts"
import { proposeCommand } from "./proposeCommand.ts"
import { randomId } from "./randomId.ts"
import type { CommandOutcome } from "./RunHandle.ts"
import { untilUnowned } from "./untilUnowned.ts"

/**
 * Commands that may lie in the mail of a run before further ones are refused with `LimitReached`: more than anybody leaves who waits
 * for answers, and few enough to be read by whoever takes the run up. Commands that stop the run are never refused for it.
 */
export const mailMax = 10_000

const refused = (runId: string, command: string, rejection: Rejection.Rejection) =>
  Effect.fail(new RunError({ runId, reason: { _tag: "CommandRejected", command, rejection } }))

/**
 * Sends a command to a run through the store. When nobody executes the run, it is kept for whoever takes the run up next, and
 * the answer is `undefined`; with `awaitsOwner` the answer waits for that.
 *
 * Whether somebody executes the run is never told by comparing a lease with the clock of this process, which may be off by
 * hours: an owner counts as gone once it has not prolonged its claim for as long as that was made for.
 */
export const sendToRun = (
  store: RunStore,
  row: RunRow,
  command: Command.Command,
  awaitsOwner: boolean
): Effect.Effect<CommandOutcome | undefined, RunError | StoreError> =>
  Effect.gen(function* () {
    const { runId } = row
    const id = command?.id ?? (yield* randomId("cmd"))
    const proposed = proposeCommand({ ...command, id })
    if (proposed._tag === "Malformed") {
      return yield* refused(runId, proposed.name, { _tag: "InvalidInput", message: proposed.message })
    }
    const named = { ...proposed.command, id }
    // Only an id that the sender chose can be known already.
    const now = command.id === undefined ? row : (yield* loadRun(store, runId)).state
    const known = "commands" in now ? recallCommand(now, named) : undefined
    if (known !== undefined) return yield* outcomeOf(runId, named._tag, known)
    if (RunStatus.isEnded(now.status)) {
      return yield* refused(runId, named._tag, { _tag: "RunEnded", status: now.status })
    }
    yield* refuseFull(store, runId, named)
    const nowMillis = yield* Clock.currentTimeMillis
    if (row.owner === undefined && !awaitsOwner) {
      const mail = { id, atMillis: nowMillis, command: JSON.stringify(named) }
      yield* store.driver.putMail(runId, mail)
      return undefined
    }
    const result = sendByMail(store, runId, named, now.sequence, nowMillis)
    const settled = awaitsOwner ? result : Effect.raceFirst(result, untilLeft(store, runId))
    const given: CommandResult | undefined = yield* settled
    return given === undefined ? undefined : yield* outcomeOf(runId, named._tag, given)
  })

/** Refuses a command for whose run too much mail lies there already. One that lies there changes nothing. */
const refuseFull = (
  store: RunStore,
  runId: string,
  { _tag, id }: Command.Command
): Effect.Effect<void, RunError | StoreError> =>
  _tag === "CancelRun" || _tag === "PauseRun"
    ? Effect.void
    : Effect.flatMap(store.driver.readMail(runId, mailMax), (mail) =>
        mail.length < mailMax || mail.some((one) => one.id === id)
          ? Effect.void
          : refused(runId, _tag, {
              _tag: "LimitReached",
              limit: "mailMax",
              maximum: mailMax,
              requested: mailMax + 1
            })
      )

/** Waits until the owner of a run is gone; a run that ends answers for itself. */
const untilLeft = (store: RunStore, runId: string): Effect.Effect<undefined, StoreError> =>
  Effect.flatMap(untilUnowned(store, runId), (unowned) =>
    unowned === undefined ? Effect.never : Effect.succeed(undefined)
  )
