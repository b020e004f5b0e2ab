import { type Artifact, type CreateRun, StoreRequest } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { eventBytes, eventColumns, insertEvents } from "./eventColumns.ts"
import type { PostgresNames } from "./postgresNames.ts"
import { endedAt, refusal, selectStanding } from "./postgresRows.ts"
import { ask, type PostgresSession, type Statement } from "./postgresSession.ts"
import { decodeText, encodeText } from "./postgresText.ts"
import type { Outcome, WriteKind } from "./writeKind.ts"

/** A run to be created, and a number that nobody else has used: the run carries it, and so tells who made it. */
export interface Creation {
  readonly run: CreateRun
  readonly number: string
}

/**
 * Finds the artifacts that new runs need and bring no text of. Each of them is locked by whoever begins to refer to it, so that a
 * prune that is about to delete it waits and looks again; where the prune was faster, it is gone.
 */
const findArtifacts = (names: PostgresNames): string => `given AS (
    SELECT * FROM unnest($17::integer[], $18::text[], $19::text[]) AS x (number, hash, content)
  ), held AS MATERIALIZED (
    SELECT hash FROM ${names.artifact} WHERE hash IN (SELECT hash FROM given WHERE content IS NULL)
    ORDER BY hash FOR KEY SHARE
  ), gone AS MATERIALIZED (
    SELECT number, min(hash) AS hash FROM given WHERE content IS NULL AND hash NOT IN (SELECT hash FROM held)
    GROUP BY number
  ), `

/** Keeps the artifacts of new runs, each row of which is written by whoever begins to refer to it, so that no prune deletes it. */
const keepArtifacts = (names: PostgresNames): string => `, refers AS (
    SELECT o.key, x.hash, x.content FROM given x JOIN owned o USING (number)
  ), kept AS (
    INSERT INTO ${names.artifact} (hash, content)
    SELECT DISTINCT ON (hash) hash, content FROM refers WHERE content IS NOT NULL ORDER BY hash
    ON CONFLICT (hash) DO UPDATE SET hash = excluded.hash
  ), referred AS (
    INSERT INTO ${names.artifactRun} (run_key, hash) SELECT key, hash FROM refers
  )`

const statementOf = (names: PostgresNames, withArtifacts: boolean): Statement => ({
  name: withArtifacts ? "create-with-artifacts" : "create",
  text: `WITH ${withArtifacts ? findArtifacts(names) : ""}asked AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[],
      $7::double precision[], $8::text[], $9::integer[], $10::bigint[]) WITH ORDINALITY
      AS a (id, flow, status, tags, now, lease, owner, count, creation, number)
  ), made AS (
    INSERT INTO ${names.run} (id, flow, status, tags, created_at, updated_at, ended_at, sequence, epoch, owner,
      lease_until, lease, creation, claim, change, change_block, changed_by)
    SELECT id, flow, status, ARRAY (SELECT json_array_elements_text(tags::json)), now, now,
      ${endedAt("status", "now")}, count, 1, owner, now + lease, lease, creation, creation,
      pg_current_xact_id(), (pg_current_xact_id()::text::bigint >> 10)::integer, $1::bigint
    FROM asked ${withArtifacts ? "WHERE number NOT IN (SELECT number FROM gone) " : ""}
    ON CONFLICT (id) DO NOTHING RETURNING id, key
  ), owned AS (
    SELECT a.number::integer, m.key, 0 AS after FROM made m JOIN asked a ON a.id = m.id
  ), written AS (${insertEvents(names.event, "owned", 11)}
  )${withArtifacts ? keepArtifacts(names) : ""}
  SELECT number, NULL AS gone FROM owned${
    withArtifacts
      ? ` UNION ALL SELECT g.number, g.hash FROM gone g JOIN asked a USING (number)
    WHERE NOT EXISTS (SELECT FROM ${names.run} r WHERE r.id = a.id)`
      : ""
  }`
})

/** A run that was made, or one that was not since an artifact that it needs is gone. */
interface Made {
  readonly number: number
  readonly gone: string | null
}

const columns = (handle: string, creations: ReadonlyArray<Creation>): ReadonlyArray<unknown> => {
  const runs = creations.map(({ run }) => run)
  return [
    handle,
    runs.map(({ runId }) => encodeText(runId)),
    runs.map(({ flow }) => encodeText(flow)),
    runs.map(({ status }) => status),
    runs.map(({ tags }) => JSON.stringify(tags.map(encodeText))),
    runs.map(({ nowMillis }) => nowMillis),
    runs.map(({ leaseMillis }) => leaseMillis),
    runs.map(({ owner }) => encodeText(owner)),
    runs.map(({ events }) => events.length),
    creations.map(({ number }) => number),
    ...eventColumns(runs.map(({ events }) => events))
  ]
}

/** The artifacts of a run, each hash once, with its text if any of them brings it. */
const artifactsOf = ({ artifacts = [] }: CreateRun): ReadonlyArray<Artifact> => {
  const byHash = new Map<string, Artifact>()
  for (const artifact of artifacts) {
    if (byHash.get(artifact.hash)?.content === undefined) byHash.set(artifact.hash, artifact)
  }
  return [...byHash.values()]
}

const brings = ({ artifacts = [] }: CreateRun, hash: string): boolean =>
  artifacts.some((artifact) => artifact.hash === hash && artifact.content !== undefined)

const artifactColumns = (creations: ReadonlyArray<Creation>): ReadonlyArray<unknown> => {
  const all = creations.flatMap(({ run }, index) =>
    artifactsOf(run).map((artifact) => ({ ...artifact, number: index + 1 }))
  )
  return [
    all.map(({ number }) => number),
    all.map(({ hash }) => encodeText(hash)),
    all.map(({ content }) => (content === undefined ? null : encodeText(content)))
  ]
}

const artifactBytes = ({ artifacts = [] }: CreateRun): number =>
  artifacts.reduce((sum, { content }) => sum + (content?.length ?? 0), 0)

/** Prepares the creation of runs; `handle` is the number of the store. */
export const writeCreate = (names: PostgresNames, handle: string): WriteKind<Creation, void> => {
  const [plain, rich] = [statementOf(names, false), statementOf(names, true)]
  const standing = selectStanding(names)
  return {
    operation: "create",
    runIdOf: ({ run }) => run.runId,
    rowsOf: ({ run }) => 1 + run.events.length + run.tags.length,
    bytesOf: ({ run }) => eventBytes(run.events) + artifactBytes(run),
    keyOf: ({ run }) => run.runId,
    write: (session: PostgresSession, creations) => {
      const withArtifacts = creations.some(({ run }) => (run.artifacts ?? []).length > 0)
      const given = columns(handle, creations)
      const values = withArtifacts ? [...given, ...artifactColumns(creations)] : given
      return Effect.map(ask<Made>(session, withArtifacts ? rich : plain, values), (rows) => {
        const made = new Map(rows.map(({ gone, number }) => [number, gone]))
        return creations.map(({ run }, index): Outcome<void> => {
          const gone = made.get(index + 1)
          if (gone === null) return Exit.void
          if (gone === undefined) return refusal("create", run.runId, { _tag: "RunExists" })
          const hash = decodeText(gone)
          // Another run of this statement has brought it, too late for this one.
          if (creations.some((other) => brings(other.run, hash))) return "again"
          return Exit.fail(StoreRequest.artifactGone(run.runId, hash))
        })
      })
    },
    settle: (session, creations) =>
      Effect.map(
        standing(
          session,
          creations.map(({ run }) => run.runId)
        ),
        (found) =>
          creations.map(({ number, run }) =>
            found.get(run.runId)?.creation === number ? Exit.void : "absent"
          )
      ),
    changedBy: ({ run }) => run.runId
  }
}
