/**
 * What a request makes of a run, for stores that look at its row and then write it: who may write, which epoch and which
 * number come next, when a claim is over. A store that looks and writes in one statement says the same in its own language.
 *
 * Each function is given the row as it stands, or `undefined` when there is no such run. It refuses, for the reasons that
 * `StoreDriver` names, or gives what is to be answered and the row as it is to be written; without a row nothing changes.
 * Nobody else may write between the look and the write: the store holds the run meanwhile, or writes only if the row is still
 * the one that it looked at, and else asks anew.
 *
 * **Example** (Appending to a run whose row is locked)
 *
 * ```ts
 * const append = (request: Append) =>
 *   database.transaction(() =>
 *     Result.map(RowChange.append(database.row(request.runId), request), ({ row }) => {
 *       database.write(row, request.events, request.consumed)
 *     })
 *   )
 * ```
 */
import * as Result from "effect/Result"
import { StoreError } from "../error/StoreError.ts"
import type {
  Append,
  Claim,
  CreateRun,
  Mail,
  Parking,
  RunRow,
  StoreAbilities,
  StoreDriverShape
} from "./StoreDriver.ts"
import * as StoreRequest from "./StoreRequest.ts"

/** What is to be answered, and the row as it is to be written; `undefined` when nothing changes. */
export interface RowChange<A> {
  readonly answer: A
  readonly row: RunRow | undefined
}

/** A change, or why there is none. */
export type Decided<A = void> = Result.Result<RowChange<A>, StoreError>

/** The request for a claim. */
export type ClaimRequest = Parameters<StoreDriverShape["claim"]>[0]

/** A run with its first events, owned by its creator. Artifacts are for the store to look after. */
export const create = (row: RunRow | undefined, request: CreateRun, abilities?: StoreAbilities): Decided => {
  const refusal = StoreRequest.refuseCreate(request, abilities)
  if (refusal !== undefined) return Result.fail(refusal)
  const { events, flow, nowMillis, runId, status, tags } = request
  if (row !== undefined) return refuse("create", runId, { _tag: "RunExists" })
  const times = { createdAtMillis: nowMillis, updatedAtMillis: nowMillis }
  const log = { sequence: events.length, epoch: 1 }
  return changed({ runId, flow, status, tags: [...tags], ...times, ...log, ...leaseOf(request) }, undefined)
}

/** The row behind appended events. Events and consumed mail are written with it, in the same transaction. */
export const append = (row: RunRow | undefined, request: Append): Decided => {
  const refusal = StoreRequest.refuseAppend(request)
  if (refusal !== undefined) return Result.fail(refusal)
  const { events, nowMillis: updatedAtMillis, status } = request
  const lost = notWriter(row, request)
  if (row === undefined || lost !== undefined) return refuse("append", request.runId, lost ?? notFound)
  return changed({ ...row, status, updatedAtMillis, sequence: row.sequence + events.length }, undefined)
}

/** The row of a run that is taken, which is parked no longer, or who holds it. */
export const claim = (row: RunRow | undefined, request: ClaimRequest): Decided<Claim> => {
  const refusal = StoreRequest.refuseClaim(request)
  if (refusal !== undefined) return Result.fail(refusal)
  if (row === undefined) return refuse("claim", request.runId, notFound)
  const { leaseUntilMillis, owner, sequence } = row
  if (owner !== undefined && !isClaimable(row, request)) {
    return unchanged({ _tag: "Owned", owner, leaseUntilMillis })
  }
  const epoch = row.epoch + 1
  return changed({ ...awake(row), ...leaseOf(request), epoch }, { _tag: "Claimed", epoch, sequence })
}

/** The row of a claim that is prolonged, and whether its owner still has the run. */
export const renew = (
  row: RunRow | undefined,
  epoch: number,
  { leaseMillis, nowMillis }: { readonly leaseMillis: number; readonly nowMillis: number }
): Decided<boolean> =>
  isHeld(row, epoch)
    ? changed({ ...row, leaseMillis, leaseUntilMillis: nowMillis + leaseMillis }, true)
    : unchanged(false)

/** The row of a run that its owner gives up. */
export const release = (row: RunRow | undefined, epoch: number): Decided =>
  isHeld(row, epoch) ? changed(released(row), undefined) : unchanged(undefined)

/** The row of a run that its owner gives up until a time, and whether it does: not while there is mail. */
export const park = (row: RunRow | undefined, parking: Parking, hasMail: boolean): Decided<boolean> => {
  StoreRequest.assertParking(parking)
  if (!isHeld(row, parking.epoch) || hasMail) return unchanged(false)
  return changed({ ...released(row), wakeAtMillis: parking.wakeAtMillis }, true)
}

/** The row of a run that gets mail, which is parked no longer. `isThere`: mail of this id lies there. */
export const putMail = (row: RunRow | undefined, runId: string, mail: Mail, isThere: boolean): Decided => {
  const refusal = StoreRequest.refuseMail(runId, mail)
  if (refusal !== undefined) return Result.fail(refusal)
  if (row === undefined) return refuse("putMail", runId, notFound)
  return isThere ? unchanged(undefined) : changed(awake(row), undefined)
}

/** Why whoever asks may not append to a run, or not at this place; `undefined` when both are the run's. */
export const notWriter = (
  row: Pick<RunRow, "epoch" | "sequence"> | undefined,
  { afterSequence, epoch }: Pick<Append, "afterSequence" | "epoch">
): StoreError["reason"] | undefined => {
  if (row === undefined) return notFound
  if (row.epoch !== epoch) return { _tag: "OwnershipLost", epoch, actual: row.epoch }
  if (row.sequence === afterSequence) return undefined
  return { _tag: "SequenceConflict", expected: afterSequence, actual: row.sequence }
}

/** Whether a claim may take a run from its owner: its lease is over, it is the claim that was watched, or it is forced. */
export const isClaimable = (
  { epoch, leaseUntilMillis }: Pick<RunRow, "epoch" | "leaseUntilMillis">,
  { force, nowMillis, watched }: Pick<ClaimRequest, "force" | "nowMillis" | "watched">
): boolean => {
  if (force) return true
  if (watched === undefined) return leaseUntilMillis <= nowMillis
  return watched.epoch === epoch && watched.leaseUntilMillis === leaseUntilMillis
}

// -- internal -------------------------------------------------------------------------------------------------------

const notFound = { _tag: "RunNotFound" } as const

const refuse = (
  operation: string,
  runId: string,
  reason: StoreError["reason"]
): Result.Result<never, StoreError> => Result.fail(new StoreError({ operation, runId, reason }))

const changed = <A>(row: RunRow, answer: A): Decided<A> => Result.succeed({ answer, row })

const unchanged = <A>(answer: A): Decided<A> => Result.succeed({ answer, row: undefined })

const leaseOf = ({
  leaseMillis,
  nowMillis,
  owner
}: Pick<ClaimRequest, "leaseMillis" | "nowMillis" | "owner">) => ({
  owner,
  leaseMillis,
  leaseUntilMillis: nowMillis + leaseMillis
})

const isHeld = (row: RunRow | undefined, epoch: number): row is RunRow =>
  row?.epoch === epoch && row.owner !== undefined

const released = (row: RunRow): RunRow => ({ ...row, owner: undefined, leaseMillis: 0, leaseUntilMillis: 0 })

const awake = (row: RunRow): RunRow => {
  const { wakeAtMillis: _, ...rest } = row
  return rest
}
