/** Requests as an engine makes them, with whatever does not matter to a case filled in. */
import type { Append, CachedOutput, CreateRun, Mail, Parking, Prune, StoredEvent } from "@dagflow/protocol"

/** `count` events after the number `after`. */
export const events = (
  after: number,
  count: number,
  fields: Partial<StoredEvent> = {}
): ReadonlyArray<StoredEvent> =>
  Array.from({ length: count }, (_, index) => ({
    sequence: after + index + 1,
    atMillis: 1_700_000_000_000 + after + index,
    epoch: 1,
    cause: undefined,
    event: `{"_tag":"NodeStarted","nodeId":"n${after + index}"}`,
    ...fields
  }))

/** A run with two events, whose owner `a` holds it for a second from the time 1,000 on. */
export const run = (runId: string, fields: Partial<CreateRun> = {}): CreateRun => ({
  runId,
  flow: "flow",
  tags: [],
  owner: "a",
  nowMillis: 1_000,
  leaseMillis: 1_000,
  status: "running",
  events: events(0, 2),
  ...fields
})

/** One event after the number `afterSequence`. */
export const append = (runId: string, afterSequence: number, fields: Partial<Append> = {}): Append => ({
  runId,
  epoch: 1,
  afterSequence,
  nowMillis: 1_100,
  status: "running",
  events: events(afterSequence, 1, { epoch: fields.epoch ?? 1 }),
  consumed: [],
  ...fields
})

/** A claim of owner `b` for a second. */
export const claim = (
  runId: string,
  nowMillis: number,
  fields: {
    owner?: string
    force?: boolean
    watched?: { readonly epoch: number; readonly leaseUntilMillis: number }
  } = {}
) => ({
  runId,
  owner: "b",
  nowMillis,
  leaseMillis: 1_000,
  force: false,
  ...fields
})

/** The parking of a run of the first owner, or of that of another epoch. */
export const park = (runId: string, wakeAtMillis: number, epoch = 1): Parking => ({
  runId,
  epoch,
  wakeAtMillis
})

/** A command for the owner of a run. */
export const mail = (id: string, fields: Partial<Mail> = {}): Mail => ({
  id,
  atMillis: 1_050,
  command: `{"_tag":"PauseRun","id":${JSON.stringify(id)}}`,
  ...fields
})

/** Outputs that were recorded at the time 1,000 and do not expire. */
export const cached = (key: string, fields: Partial<CachedOutput> = {}): CachedOutput => ({
  key,
  content: `{"of":${JSON.stringify(key)}}`,
  atMillis: 1_000,
  expiresAtMillis: undefined,
  ...fields
})

/** A prune of all runs that ended before a time; it takes no cached outputs along that expire later than never. */
export const prune = (endedBeforeMillis: number, fields: Partial<Prune> = {}): Prune => ({
  endedBeforeMillis,
  nowMillis: 0,
  limit: Infinity,
  isDryRun: false,
  ...fields
})

/** Texts that look like nothing. */
export const falsy: ReadonlyArray<string> = [
  "null",
  "false",
  "0",
  '""',
  "[]",
  "{}",
  "",
  " ",
  "\0",
  "undefined"
]

/** Half of a surrogate pair, which is no Unicode. */
export const half = "\ud83d"

/** So many copies of a text that they have 2^20 code units. */
export const mebibyte = (text: string): string => text.repeat(2 ** 20 / text.length)

/** Ids that break a store which builds them into statements, paths or patterns. */
export const hostileTexts: ReadonlyArray<string> = [
  "%",
  "_",
  "*",
  "?",
  ":",
  "a:1:b",
  "",
  " ",
  "'; DROP TABLE run; --",
  '"',
  "\\",
  "\0",
  "before\0after",
  "before\0",
  "../../etc/passwd",
  "[a-z]",
  "🙂",
  "e\u0301",
  "\u00e9",
  "\uffff",
  "\ufffd",
  "null",
  "0",
  "00",
  "1e3",
  "true",
  "a",
  "A",
  "a ",
  "a\n",
  "__proto__",
  "x".repeat(1024),
  "🙂".repeat(256)
]
