/*
 * Goal: what becomes of a row is what the contract of stores says. Method: a table of requests on one row each; that the rules
 * are those of every store is shown by the conformance cases, which the memory store and the guide's store pass by them.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { type CreateRun, RowChange, type RunRow, type StoreError, type StoredEvent } from "../../src/index.ts"

const event = (sequence: number): StoredEvent => ({
  sequence,
  atMillis: 0,
  epoch: 1,
  cause: undefined,
  event: "{}"
})

const row: RunRow = {
  runId: "r",
  flow: "f",
  status: "running",
  tags: ["t"],
  createdAtMillis: 10,
  updatedAtMillis: 20,
  sequence: 2,
  epoch: 3,
  owner: "a",
  leaseUntilMillis: 1_000,
  leaseMillis: 500
}

const free: RunRow = { ...row, owner: undefined, leaseUntilMillis: 0, leaseMillis: 0 }

/** What is answered and which fields of the row become others, or why it is refused. */
const outcome = <A>(before: RunRow | undefined, decided: RowChange.Decided<A>) =>
  Result.match(decided, {
    onFailure: ({ reason }: StoreError) => reason,
    onSuccess: ({ answer, row: after }) => ({
      answer,
      changed:
        after &&
        Object.fromEntries(
          Object.entries({ ...before, ...after }).filter(([key, value]) => {
            const key_ = key as keyof RunRow
            return before?.[key_] !== value || !(key_ in after)
          })
        )
    })
  })

const request: CreateRun = {
  runId: "r",
  flow: "f",
  tags: ["t"],
  owner: "a",
  nowMillis: 10,
  leaseMillis: 5,
  status: "paused",
  events: [event(1), event(2)]
}

describe("a run is created", () => {
  it("with epoch 1, the number of its events, and a lease from now on", () => {
    expect(outcome(undefined, RowChange.create(undefined, request))).toMatchObject({
      changed: {
        runId: "r",
        status: "paused",
        createdAtMillis: 10,
        updatedAtMillis: 10,
        sequence: 2,
        epoch: 1,
        owner: "a",
        leaseUntilMillis: 15,
        leaseMillis: 5
      }
    })
  })

  it("once, and only with what the store keeps", () => {
    expect(outcome(row, RowChange.create(row, request))).toEqual({ _tag: "RunExists" })
    const half = RowChange.create(undefined, { ...request, runId: "\udc00" })
    expect(outcome(undefined, half)).toMatchObject({ _tag: "Unsupported" })
  })
})

describe("an append", () => {
  const append = {
    runId: "r",
    epoch: 3,
    afterSequence: 2,
    nowMillis: 30,
    status: "paused",
    events: [event(3)],
    consumed: []
  } as const

  it("moves number, status and time on, and leaves the claim as it is", () => {
    expect(outcome(row, RowChange.append(row, append))).toEqual({
      answer: undefined,
      changed: { sequence: 3, status: "paused", updatedAtMillis: 30 }
    })
  })

  it.each([
    ["of an old epoch, whatever its place", row, { epoch: 2, afterSequence: 9, events: [] }, "OwnershipLost"],
    ["at another place", row, { afterSequence: 1, events: [event(2)] }, "SequenceConflict"],
    ["to a run that is not there", undefined, {}, "RunNotFound"]
  ] as const)("%s is refused", (_, before, fields, tag) => {
    expect(outcome(before, RowChange.append(before, { ...append, ...fields }))).toMatchObject({ _tag: tag })
  })
})

describe("a claim", () => {
  const claim = { runId: "r", owner: "b", nowMillis: 999, leaseMillis: 50, force: false }
  const watched = { epoch: 3, leaseUntilMillis: 1_000 }

  it.each([
    ["when nobody holds the run", free, {}],
    ["at the moment at which the lease is over", row, { nowMillis: 1_000 }],
    ["by force", row, { force: true }],
    ["by having watched this very claim, whatever the time", row, { watched, nowMillis: 0 }]
  ])("takes the run %s", (_, before, fields) => {
    const asked = { ...claim, ...fields }
    expect(outcome(before, RowChange.claim(before, asked))).toEqual({
      answer: { _tag: "Claimed", epoch: 4, sequence: 2 },
      changed: { epoch: 4, owner: "b", leaseMillis: 50, leaseUntilMillis: asked.nowMillis + 50 }
    })
  })

  it.each([
    ["while the lease holds", {}],
    ["that was watched with another lease", { watched: { ...watched, leaseUntilMillis: 999 } }],
    ["that was watched with another epoch", { watched: { ...watched, epoch: 2 }, nowMillis: 5_000 }]
  ])("names the owner %s", (_, fields) => {
    expect(outcome(row, RowChange.claim(row, { ...claim, ...fields }))).toEqual({
      answer: { _tag: "Owned", owner: "a", leaseUntilMillis: 1_000 },
      changed: undefined
    })
  })

  it("ends the parking, and needs a run", () => {
    const parked = { ...free, wakeAtMillis: 7 }
    const taken = Result.getOrThrow(RowChange.claim(parked, claim))
    expect(taken.row).not.toHaveProperty("wakeAtMillis")
    expect(outcome(undefined, RowChange.claim(undefined, claim))).toEqual({ _tag: "RunNotFound" })
  })
})

describe("whoever holds a run", () => {
  it("prolongs the claim also when the lease is over, and nobody else does", () => {
    const lease = { nowMillis: 5_000, leaseMillis: 50 }
    expect(outcome(row, RowChange.renew(row, 3, lease))).toEqual({
      answer: true,
      changed: { leaseMillis: 50, leaseUntilMillis: 5_050 }
    })
    for (const [before, epoch] of [
      [row, 2],
      [free, 3],
      [undefined, 3]
    ] as const) {
      const nothing = { answer: false, changed: undefined }
      expect(outcome(before, RowChange.renew(before, epoch, lease))).toEqual(nothing)
      expect(outcome(before, RowChange.release(before, epoch))).toMatchObject({ changed: undefined })
      const parking = { runId: "r", epoch, wakeAtMillis: 7 }
      expect(outcome(before, RowChange.park(before, parking, false))).toEqual(nothing)
    }
  })

  it("gives it up, until a time if there is no mail", () => {
    const gone = { owner: undefined, leaseMillis: 0, leaseUntilMillis: 0 }
    expect(outcome(row, RowChange.release(row, 3))).toEqual({ answer: undefined, changed: gone })
    const parking = { runId: "r", epoch: 3, wakeAtMillis: 7 }
    expect(outcome(row, RowChange.park(row, parking, false))).toEqual({
      answer: true,
      changed: { ...gone, wakeAtMillis: 7 }
    })
    expect(outcome(row, RowChange.park(row, parking, true))).toEqual({ answer: false, changed: undefined })
  })
})

describe("mail", () => {
  const mail = { id: "m", atMillis: 0, command: "{}" }

  it("wakes a parked run, is there once, and needs a run", () => {
    const parked = { ...free, wakeAtMillis: 7 }
    expect(Result.getOrThrow(RowChange.putMail(parked, "r", mail, false)).row).toEqual(free)
    expect(Result.getOrThrow(RowChange.putMail(parked, "r", mail, true)).row).toBeUndefined()
    expect(outcome(undefined, RowChange.putMail(undefined, "r", mail, false))).toEqual({
      _tag: "RunNotFound"
    })
  })
})
