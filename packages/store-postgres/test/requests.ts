import type { Append, CreateRun, StoredEvent } from "@dagflow/protocol"

/** `count` events of one time after the number `after`, each with a text of about `bytes` bytes. */
export const events = (after: number, count: number, bytes = 60): ReadonlyArray<StoredEvent> =>
  Array.from({ length: count }, (_, index) => ({
    sequence: after + index + 1,
    atMillis: 1_700_000_000_000 + after,
    epoch: 1,
    cause: undefined,
    event: `{"_tag":"NodeStarted","nodeId":"n${after + index}"}`.padEnd(bytes)
  }))

/** A run without events, whose owner holds it for ten minutes. */
export const run = (runId: string, fields: Partial<CreateRun> = {}): CreateRun => ({
  runId,
  flow: "flow",
  tags: [],
  owner: "a",
  nowMillis: 1_000,
  leaseMillis: 600_000,
  status: "running",
  events: [],
  ...fields
})

/** One event after the number `afterSequence`. */
export const append = (runId: string, afterSequence: number, fields: Partial<Append> = {}): Append => ({
  runId,
  epoch: 1,
  afterSequence,
  nowMillis: 1_100,
  status: "running",
  events: events(afterSequence, 1).map((event) => ({ ...event, epoch: fields.epoch ?? 1 })),
  consumed: [],
  ...fields
})

/** A claim at the time 1,001, when no lease of these tests is over. */
export const claim = (runId: string, nowMillis = 1_001) => ({
  runId,
  owner: "b",
  nowMillis,
  leaseMillis: 600_000,
  force: false
})
