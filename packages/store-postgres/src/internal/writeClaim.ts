import { type Claim, RowChange } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { PostgresNames } from "./postgresNames.ts"
import { markChange, refusal, selectStanding, type Standing } from "./postgresRows.ts"
import { ask, type PostgresSession, type Statement } from "./postgresSession.ts"
import { decodeText, encodeText, soughtText } from "./postgresText.ts"
import type { Outcome, WriteKind } from "./writeKind.ts"

/** A claim, and a number that nobody else has used: the run carries it, and so tells whose claim was the last one. */
export interface NumberedClaim {
  readonly claim: RowChange.ClaimRequest
  readonly number: string
}

const statementOf = (names: PostgresNames): Statement => ({
  name: "claim",
  text: `UPDATE ${names.run} r
    SET epoch = r.epoch + 1, owner = c.owner, lease_until = c.now + c.lease, lease = c.lease, claim = c.claim, wake_at = -1,
      ${markChange}
    FROM unnest($2::text[], $3::text[], $4::double precision[], $5::double precision[], $6::boolean[], $7::bigint[],
      $8::double precision[], $9::double precision[])
      WITH ORDINALITY AS c (id, owner, now, lease, force, claim, watched_epoch, watched_until, number)
    WHERE r.id = c.id AND (c.force OR r.owner IS NULL
      OR CASE WHEN c.watched_epoch IS NULL THEN r.lease_until <= c.now
        ELSE r.epoch = c.watched_epoch AND r.lease_until = c.watched_until END)
    RETURNING c.number::integer, r.epoch, r.sequence`
})

const columns = (handle: string, claims: ReadonlyArray<NumberedClaim>): ReadonlyArray<unknown> => [
  handle,
  claims.map(({ claim }) => soughtText(claim.runId)),
  claims.map(({ claim }) => encodeText(claim.owner)),
  claims.map(({ claim }) => claim.nowMillis),
  claims.map(({ claim }) => claim.leaseMillis),
  claims.map(({ claim }) => claim.force),
  claims.map(({ number }) => number),
  claims.map(({ claim }) => claim.watched?.epoch ?? null),
  claims.map(({ claim }) => claim.watched?.leaseUntilMillis ?? null)
]

/** Why a claim did not get its run. */
const refuse = ({ claim }: NumberedClaim, run: Standing | undefined): Outcome<Claim> => {
  if (run === undefined) return refusal("claim", claim.runId, { _tag: "RunNotFound" })
  const { leaseUntilMillis, owner } = run
  if (owner === null || RowChange.isClaimable(run, claim)) return "again"
  return Exit.succeed({ _tag: "Owned", owner: decodeText(owner), leaseUntilMillis })
}

interface Taken {
  readonly number: number
  readonly epoch: number
  readonly sequence: number
}

/** Prepares the claiming of runs; `handle` is the number of the store. */
export const writeClaim = (names: PostgresNames, handle: string): WriteKind<NumberedClaim, Claim> => {
  const statement = statementOf(names)
  const standing = selectStanding(names)
  const runIds = (claims: ReadonlyArray<NumberedClaim>) => claims.map(({ claim }) => claim.runId)
  return {
    operation: "claim",
    runIdOf: ({ claim }) => claim.runId,
    rowsOf: () => 1,
    bytesOf: () => 0,
    keyOf: ({ claim }) => claim.runId,
    write: (session: PostgresSession, claims) =>
      Effect.gen(function* () {
        const rows = yield* ask<Taken>(session, statement, columns(handle, claims))
        const taken = new Map(rows.map((row) => [row.number, row]))
        const refused = claims.filter((_, index) => !taken.has(index + 1))
        const found = refused.length === 0 ? undefined : yield* standing(session, runIds(refused))
        return claims.map((claim, index): Outcome<Claim> => {
          const row = taken.get(index + 1)
          if (row === undefined) return refuse(claim, found?.get(claim.claim.runId))
          return Exit.succeed({ _tag: "Claimed", epoch: row.epoch, sequence: row.sequence })
        })
      }),
    settle: (session, claims) =>
      Effect.map(standing(session, runIds(claims)), (found) =>
        claims.map((one) => {
          const run = found.get(one.claim.runId)
          if (run?.claim === one.number) {
            return Exit.succeed<Claim>({ _tag: "Claimed", epoch: run.epoch, sequence: run.sequence })
          }
          // One that gets no run now either was refused, or would be: that is an answer. Any other one has to be sent again.
          const refused = refuse(one, run)
          return refused === "again" ? "absent" : refused
        })
      ),
    changedBy: ({ claim }, answer) => (answer._tag === "Claimed" ? claim.runId : undefined)
  }
}
