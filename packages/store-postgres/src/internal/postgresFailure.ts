/**
 * Says in the words of a store what PostgreSQL or the network complained about. It is the one place where foreign errors
 * become ours; whatever is not a complaint of theirs is a mistake of this package, and stays a defect.
 */
import { StoreError, type StoreReason } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import pg from "pg"

/** An operation, for messages. */
export interface About {
  readonly operation: string
  readonly runId?: string
}

/**
 * A statement that failed. `Refused`: the server says that it did not carry it out. `Lost`: the connection ended before an
 * answer came, so that only the database knows.
 */
export interface QueryFailure {
  readonly _tag: "Refused" | "Lost"
  readonly error: unknown
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined

/** The server says that it ends, or it is not there: classes 08 and 57P of PostgreSQL's codes. */
const isGoodbye = (code: string): boolean => code.startsWith("08") || code.startsWith("57P")

/**
 * Codes with which a statement fails and never a connection. The word for how bad an error is comes in the language of the
 * server (`lc_messages`), so that it may tell of an error only in English.
 */
const isOfStatement = (code: string): boolean =>
  /^(0A|21|22|23|40(?!003)|42|54|55)|^(25006|57014)$/.test(code)

/** Which of both a failed statement is. In doubt the connection counts as lost, and the database is asked. */
export const queryFailure = (error: unknown): QueryFailure => {
  if (!(error instanceof pg.DatabaseError)) return { _tag: "Lost", error }
  const { code = "08", severity } = error
  const isRefused = isOfStatement(code) || (severity === "ERROR" && !isGoodbye(code))
  return { _tag: isRefused ? "Refused" : "Lost", error }
}

/** Why no connection came about. A server that says that it does not let anybody in is not asked again; one that is full is. */
export const connectFailure = (error: unknown): QueryFailure => {
  const isFinal = error instanceof pg.DatabaseError && /^(28|3D|42)/.test(error.code ?? "")
  return { _tag: isFinal ? "Refused" : "Lost", error }
}

/** Two transactions stood in each other's way, and the same statement may succeed at once: it has done nothing. */
export const isConflict = ({ _tag, error }: QueryFailure): boolean =>
  _tag === "Refused" && ["40001", "40P01"].includes(codeOf(error) ?? "")

const pooler =
  "PgBouncer and poolers like it cannot stand between: connect to PostgreSQL itself, the store keeps few connections"

/** What to do about each code, or the first two letters of it, of what may pass. */
const remedies: Readonly<Record<string, string>> = {
  "08": "check that the server runs and can be reached",
  "08P01": pooler,
  "25006": "the server takes no writes: connect to the primary one",
  "28": "check the user, the password, and pg_hba.conf of the server",
  "3D": "make the database, or name another one",
  "40": "other transactions keep standing in the way; try again",
  "42501": "give this role the rights on the tables that docs/guides/postgres.md lists",
  "53": "the server has run out of something; see its message",
  "53100": "the disk of the server is full; free some space",
  "53300": "the server has no free connection: lower poolSize, or raise max_connections",
  "55P03": "another transaction keeps it locked; end what holds it",
  "57": "the server ended the statement; try again",
  "57014": "it took longer than statementTimeout; find out what the server is busy with, or raise it",
  "58": "the disk of the server failed; see its log",
  ECONNREFUSED: "no server listens there; check the address, and that it runs",
  ENOTFOUND: "no machine of this name is known; check the address",
  EAI_AGAIN: "the name of the machine cannot be looked up; check the address and the network"
}

const damaged = "restore a backup"

/** What to do about each code of what does not pass. */
const damages: Readonly<Record<string, string>> = {
  "3F000": "the schema is missing; run dagflow migrate",
  "42P01": "a table is missing; run dagflow migrate, or restore a backup",
  "42P07": "a table or an index of another program has this name; choose another schema or prefix",
  "42703": `a table has other columns than this release knows; ${damaged}`,
  "23505": `it holds events that it ought not to hold; ${damaged}`,
  XX001: damaged,
  XX002: damaged
}

const messageOf = (error: unknown): string => {
  // Node tries several addresses of one name, and puts what each of them said into one error without a message.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ")
  return error instanceof Error ? error.message : String(error)
}

const reasonOf = (error: unknown, place: string): StoreReason | undefined => {
  const code = codeOf(error)
  const what = `${place}: ${messageOf(error)}${code === undefined ? "" : ` (${code})`}`
  const damage = damages[code ?? ""]
  if (damage !== undefined) return { _tag: "Corrupt", message: `${what}: ${damage}` }
  const remedy =
    remedies[code ?? ""] ??
    (error instanceof pg.DatabaseError ? remedies[code?.slice(0, 2) ?? ""] : undefined)
  if (remedy !== undefined) return { _tag: "Unavailable", message: `${what}: ${remedy}` }
  return undefined
}

/** What an error means to whoever asked for an operation, or the defect that any other error is. */
export const failOf = (
  failure: QueryFailure,
  about: About,
  place: string
): Effect.Effect<never, StoreError> => {
  const { _tag, error } = failure
  const lost: StoreReason = {
    _tag: "Unavailable",
    message: `${place}: ${messageOf(error)}: the connection was lost; try again`
  }
  const reason = reasonOf(error, place) ?? (_tag === "Lost" ? lost : undefined)
  return reason === undefined ? Effect.die(error) : Effect.fail(new StoreError({ ...about, reason }))
}
