import { describe, expect, it } from "@effect/vitest"
import { type Append, type CreateRun, StoreAbility, type StoredEvent, StoreRequest } from "../../src/index.ts"

const event = (sequence: number, fields: Partial<StoredEvent> = {}): StoredEvent => ({
  sequence,
  atMillis: 0,
  epoch: 1,
  cause: undefined,
  event: "{}",
  ...fields
})

const create = (fields: Partial<CreateRun> = {}): CreateRun => ({
  runId: "r",
  flow: "f",
  tags: [],
  owner: "a",
  nowMillis: 0,
  leaseMillis: 0,
  status: "running",
  events: [event(1), event(2)],
  ...fields
})

const append = (fields: Partial<Append> = {}): Append => ({
  runId: "r",
  epoch: 1,
  afterSequence: 2,
  nowMillis: 0,
  status: "running",
  events: [event(3), event(4)],
  consumed: [],
  ...fields
})

const half = "\udc00"
const maximum = StoreRequest.textBytesMax

describe("StoreRequest", () => {
  it("lets through what every store can keep", () => {
    expect(StoreRequest.refuseCreate(create())).toBeUndefined()
    expect(StoreRequest.refuseCreate(create(), StoreAbility.none)).toBeUndefined()
    expect(StoreRequest.refuseAppend(append())).toBeUndefined()
    expect(StoreRequest.refuseAppend(append({ events: [] }))).toBeUndefined()
    expect(StoreRequest.refuseClaim({ runId: "r", owner: "a", nowMillis: 0, leaseMillis: 0 })).toBeUndefined()
    expect(StoreRequest.refuseMail("r", { id: "m", atMillis: 0, command: "{}" })).toBeUndefined()
    expect(StoreRequest.refuseArtifact("r", "h", "🙂".repeat(1_000))).toBeUndefined()
    expect(StoreRequest.refuseQuery({ limit: 1 })).toBeUndefined()
    expect(StoreRequest.refuseQuery({ limit: 1, cursor: "5:r" })).toBeUndefined()
  })

  it("refuses a run with artifacts where none are kept", () => {
    const run = create({ artifacts: [{ hash: "h", content: "c" }] })
    expect(StoreRequest.refuseCreate(run)).toBeUndefined()
    expect(StoreRequest.refuseCreate(run, { ...StoreAbility.none, artifacts: true })).toBeUndefined()
    expect(StoreRequest.refuseCreate(run, StoreAbility.none)?.reason).toEqual({
      _tag: "Unsupported",
      ability: "artifacts"
    })
  })

  it("measures a text in bytes of UTF-8, up to the last one", () => {
    expect(StoreRequest.refuseArtifact("r", "h", "x".repeat(maximum))).toBeUndefined()
    expect(StoreRequest.refuseArtifact("r", "h", "é".repeat(maximum / 2))).toBeUndefined()
    expect(StoreRequest.refuseArtifact("r", "h", "x".repeat(maximum + 1))?.reason).toEqual({
      _tag: "TooLarge",
      bytes: maximum + 1,
      maximum
    })
    expect(StoreRequest.refuseArtifact("r", "h", "é".repeat(maximum / 2) + "x")?.reason).toEqual({
      _tag: "TooLarge",
      bytes: maximum + 1,
      maximum
    })
  })

  it("refuses a text that UTF-8 cannot write, in every place, and names the run", () => {
    const refusals = [
      StoreRequest.refuseCreate(create({ runId: half })),
      StoreRequest.refuseCreate(create({ flow: half })),
      StoreRequest.refuseCreate(create({ owner: half })),
      StoreRequest.refuseCreate(create({ tags: ["x", half] })),
      StoreRequest.refuseCreate(create({ events: [event(1, { event: half })] })),
      StoreRequest.refuseAppend(append({ events: [event(3), event(4, { cause: half })] })),
      StoreRequest.refuseClaim({ runId: "r", owner: half, nowMillis: 0, leaseMillis: 0 }),
      StoreRequest.refuseMail("r", { id: half, atMillis: 0, command: "{}" }),
      StoreRequest.refuseMail("r", { id: "m", atMillis: 0, command: half })
    ]
    expect(refusals.map((refusal) => refusal?.reason._tag)).toEqual(refusals.map(() => "Unsupported"))
    expect(refusals.map((refusal) => refusal?.runId)).toEqual([half, ...refusals.slice(1).map(() => "r")])
    expect(StoreRequest.refuseArtifact("r", half, "")?.reason._tag).toBe("Unsupported")
    expect(StoreRequest.refuseArtifact("r", "h", half)?.reason._tag).toBe("Unsupported")
  })

  it("throws on events with a gap and on numbers that are none, which no engine may ask for", () => {
    const asked = [
      () => StoreRequest.refuseCreate(create({ events: [event(2)] })),
      () => StoreRequest.refuseCreate(create({ nowMillis: NaN })),
      () => StoreRequest.refuseCreate(create({ leaseMillis: Infinity })),
      () => StoreRequest.refuseAppend(append({ events: [event(3), event(5)] })),
      () => StoreRequest.refuseAppend(append({ events: [event(3), event(3)] })),
      () => StoreRequest.refuseAppend(append({ afterSequence: 1 })),
      () => StoreRequest.refuseAppend(append({ events: [event(3, { atMillis: NaN })] })),
      () => StoreRequest.refuseAppend(append({ epoch: NaN })),
      () => StoreRequest.refuseMail("r", { id: "m", atMillis: Infinity, command: "{}" })
    ]
    for (const ask of asked) expect(ask).toThrow(RangeError)
  })

  it("takes the nearest limit that is allowed", () => {
    const pages = [0, -1, 1, 2.9, 1_000, 1_001, Infinity, NaN].map((limit) =>
      StoreRequest.pageRuns({ limit })
    )
    expect(pages).toEqual([1, 1, 1, 2, 1_000, 1_000, 1_000, 1])
    expect(StoreRequest.rows(-5, 0, 10)).toBe(0)
  })
})
