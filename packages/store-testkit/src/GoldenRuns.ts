/**
 * What a golden file holds: something of each kind that a store keeps. A store keeps such a file for every version of its
 * schema, for ever, and a test opens a copy of each with the present version. So nothing of this may ever change; what a
 * later version keeps in addition is added.
 */
import type { StoreAbilities, StoreDriverShape, StoreError, StoredEvent } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { same, type StoreCaseFailed } from "./StoreCase.ts"

/** Writes the golden runs into a store without runs: all that it offers, or what an earlier version did. */
export const write = (
  store: StoreDriverShape,
  abilities: StoreAbilities = store.abilities
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const created = { status: "running", owner: "a", leaseMillis: 600_000 } as const
    const tags = ["nightly", "🙂"]
    yield* store.create({ ...created, runId: "first", flow: "flow", tags, nowMillis: 1_000, events: begun })
    const append = { runId: "first", epoch: 1, afterSequence: 20, nowMillis: 1_100, consumed: [] }
    yield* store.append({ ...append, status: "failed", events: failed })
    yield* store.create({
      ...created,
      runId: "second",
      flow: "other",
      tags: [],
      nowMillis: 2_000,
      events: []
    })
    yield* store.claim({ runId: "second", owner: "b", nowMillis: 700_000, leaseMillis: 5_000, force: false })
    yield* store.putMail("second", letter)
    if (abilities.parking) {
      yield* store.create({
        ...created,
        runId: "parked",
        flow: "flow",
        tags: [],
        nowMillis: 500,
        events: begun
      })
      yield* store.park({ runId: "parked", epoch: 1, wakeAtMillis: 800_000 })
    }
    if (abilities.artifacts) {
      yield* store.putArtifact("second", "hash", "content")
      for (const id of ["first", "second"]) yield* store.putArtifact(id, "of both", "content")
    }
    if (abilities.cache) yield* store.putCached(output)
  })

/**
 * Fails unless a store holds the golden runs and goes on with them: a run is taken, written to and ended, mail is consumed,
 * and all of it is pruned. Leave out of `abilities` what the version that wrote the file did not keep.
 */
export const check = (
  store: StoreDriverShape,
  abilities: StoreAbilities = store.abilities
): Effect.Effect<void, StoreError | StoreCaseFailed> =>
  Effect.gen(function* () {
    yield* checkRows(store)
    if (abilities.parking) yield* checkParked(store)
    yield* same("the log of the first", yield* store.read("first", 0, 100), [...begun, ...failed])
    yield* same("the log of the second", yield* store.read("second", 0, 100), [])
    yield* same("the mail", yield* store.readMail("second", 10), [letter])
    if (abilities.artifacts) {
      const kept = yield* Effect.forEach(["hash", "of both"], (hash) => store.getArtifact(hash))
      yield* same("the artifacts", kept, ["content", "content"])
    }
    if (abilities.cache) yield* same("the cached outputs", yield* store.getCached("asked", 1_000), output)
    yield* goOn(store)
    if (abilities.prune) {
      const request = { endedBeforeMillis: 1e15, nowMillis: 1e15, limit: 10, isDryRun: false }
      const { artifactCount, cachedCount, ...pruned } = yield* store.prune(request)
      yield* same("what is pruned", pruned, { runIds: ["second", "first"], eventCount: 24 })
      if (abilities.artifacts) yield* same("pruned artifacts", artifactCount, 2)
      if (abilities.cache) yield* same("pruned outputs", cachedCount, 1)
    }
  })

// -- internal -------------------------------------------------------------------------------------------------------

const events = (
  after: number,
  count: number,
  fields: Partial<StoredEvent> = {}
): ReadonlyArray<StoredEvent> =>
  Array.from({ length: count }, (_, index) => ({
    sequence: after + index + 1,
    atMillis: 1_700_000_000_000 + after + index,
    epoch: 1,
    cause: undefined,
    event: `{"_tag":"NodeStarted","nodeId":"n${after + index}"}`.padEnd(60),
    ...fields
  }))

const begun = events(0, 20)

const failed = events(20, 2, { cause: '{"hook":"review"}' })

const letter = { id: "pause", atMillis: 3_000, command: '{"_tag":"PauseRun"}' }

const output = { key: "asked", content: "{}", atMillis: 1_000, expiresAtMillis: 9_000 }

const checkRows = (store: StoreDriverShape): Effect.Effect<void, StoreError | StoreCaseFailed> =>
  Effect.gen(function* () {
    const { runs } = yield* store.list({ limit: 10, createdFromMillis: 1_000 })
    const rows = runs.map(({ epoch, flow, leaseUntilMillis, owner, runId, sequence, status, tags }) => [
      [runId, flow, status, tags],
      [sequence, epoch, owner, leaseUntilMillis]
    ])
    yield* same("the runs", rows, [
      [
        ["second", "other", "running", []],
        [0, 2, "b", 705_000]
      ],
      [
        ["first", "flow", "failed", ["nightly", "🙂"]],
        [22, 1, "a", 601_000]
      ]
    ])
    const tagged = yield* store.list({ limit: 10, tags: ["nightly"] })
    yield* same("those of a tag", tagged.runs, runs.slice(1))
  })

const checkParked = (store: StoreDriverShape): Effect.Effect<void, StoreError | StoreCaseFailed> =>
  Effect.gen(function* () {
    const row = yield* store.get("parked")
    yield* same("the parked run", [row?.wakeAtMillis, row?.owner, row?.sequence], [800_000, undefined, 20])
    yield* same("who wakes next", yield* store.nextWake(0), 800_000)
    const due = yield* store.list({ limit: 10, dueAtMillis: 799_999 })
    yield* same(
      "who is due",
      due.runs.map(({ runId }) => runId),
      ["second"]
    )
    const claim = { runId: "parked", owner: "c", nowMillis: 800_000, leaseMillis: 5_000, force: false }
    const taken = { _tag: "Claimed", epoch: 2, sequence: 20 }
    yield* same("its claim", yield* store.claim(claim), taken)
    yield* same("once claimed", (yield* store.get("parked"))?.wakeAtMillis, undefined)
  })

const goOn = (store: StoreDriverShape): Effect.Effect<void, StoreError | StoreCaseFailed> =>
  Effect.gen(function* () {
    const claim = { runId: "first", owner: "c", nowMillis: 900_000, leaseMillis: 5_000, force: false }
    const taken = { _tag: "Claimed", epoch: 2, sequence: 22 }
    yield* same("a claim", yield* store.claim(claim), taken)
    const end = { epoch: 2, status: "completed" } as const
    const last = events(22, 1, { epoch: 2 })
    const first = {
      ...end,
      runId: "first",
      afterSequence: 22,
      nowMillis: 900_001,
      events: last,
      consumed: []
    }
    yield* store.append(first)
    yield* same("the end of the log", yield* store.read("first", 22, 10), last)
    const only = events(0, 1, { epoch: 2 })
    const second = { ...end, runId: "second", afterSequence: 0, nowMillis: 900_000, events: only }
    yield* store.append({ ...second, consumed: ["pause"] })
    yield* same("the mail afterwards", yield* store.readMail("second", 10), [])
  })
