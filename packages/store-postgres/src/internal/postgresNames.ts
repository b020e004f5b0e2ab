import { createHash } from "node:crypto"
import * as Result from "effect/Result"

/** What a store is called in its database. Names of tables are quoted, with their schema. */
export interface PostgresNames {
  /** Name of the schema, quoted. */
  readonly schema: string
  readonly run: string
  readonly event: string
  readonly mail: string
  readonly artifact: string
  readonly artifactRun: string
  readonly cached: string
  readonly version: string
  /** The bare names of the schema, of the table of the version, and of that of the runs. */
  readonly bare: { readonly schema: string; readonly version: string; readonly run: string }
  /** Begins the names of indexes, which lie in the schema of their table. */
  readonly index: (name: string) => string
  /** Channel on which processes tell each other that runs have changed. */
  readonly changesChannel: string
  /** Channel on which processes tell each other that mail was put. */
  readonly arrivalsChannel: string
  /** Number of the lock that whoever changes the tables holds. */
  readonly migrationLock: string
}

/** Longer names are cut by PostgreSQL. */
const nameBytesMax = 63

/** The longest name that a prefix stands before: `run_newest_by_status`. */
const suffixBytesMax = 20

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const problemOf = (what: string, name: string, bytesMax: number): string | undefined => {
  if (name.includes("\0") || !name.isWellFormed()) {
    return `a ${what} with a NUL character or half of a surrogate pair`
  }
  const bytes = Buffer.byteLength(name)
  return bytes > bytesMax ? `a ${what} of ${bytes} bytes: at most ${bytesMax} are possible` : undefined
}

/** Names everything of a store; the failure says what is wrong with the schema or the prefix. */
export const postgresNames = (schema: string, prefix: string): Result.Result<PostgresNames, string> => {
  if (schema === "") return Result.fail("a schema without a name")
  const problem =
    problemOf("schema", schema, nameBytesMax) ?? problemOf("prefix", prefix, nameBytesMax - suffixBytesMax)
  if (problem !== undefined) return Result.fail(problem)
  const digest = createHash("sha256").update(`${schema}\0${prefix}`).digest()
  const hash = digest.toString("hex", 0, 10)
  const table = (name: string): string => `${quoted(schema)}.${quoted(prefix + name)}`
  return Result.succeed({
    schema: quoted(schema),
    run: table("run"),
    event: table("event"),
    mail: table("mail"),
    artifact: table("artifact"),
    artifactRun: table("artifact_run"),
    cached: table("cached"),
    version: table("schema_version"),
    bare: { schema, version: `${prefix}schema_version`, run: `${prefix}run` },
    index: (name) => quoted(prefix + name),
    changesChannel: `dagflow_changes_${hash}`,
    arrivalsChannel: `dagflow_arrivals_${hash}`,
    migrationLock: digest.readBigInt64BE(10).toString()
  })
}
