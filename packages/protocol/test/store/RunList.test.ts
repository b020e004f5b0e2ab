import { describe, expect, it } from "@effect/vitest"
import { RunList, type RunQuery, type RunRow } from "../../src/index.ts"

const row = (runId: string, createdAtMillis: number, fields: Partial<RunRow> = {}): RunRow => ({
  runId,
  flow: "f",
  status: "running",
  tags: [],
  createdAtMillis,
  updatedAtMillis: createdAtMillis,
  sequence: 1,
  epoch: 1,
  owner: undefined,
  leaseUntilMillis: 0,
  leaseMillis: 0,
  ...fields
})

const idsOf = (rows: ReadonlyArray<RunRow>, query: Partial<RunQuery> = {}) =>
  RunList.page(rows, { limit: 100, ...query }).runs.map(({ runId }) => runId)

describe("a page of a list", () => {
  it("has the newest run first, and those of one millisecond by their code points", () => {
    const rows = [row("🙂", 5), row("\uffff", 5), row("old", 4), row("new", 6), row("a", 5)]
    expect(idsOf(rows)).toEqual(["new", "a", "\uffff", "🙂", "old"])
  })

  it("goes on after the run that the cursor names, whether it is still there or not", () => {
    const rows = ["a", "b", "c", "d"].map((id) => row(id, 1))
    const first = RunList.page(rows, { limit: 2 })
    const cursor = first.next ?? ""
    expect(idsOf([...rows, row("newer", 2)], { cursor })).toEqual(["c", "d"])
    expect(
      idsOf(
        [rows[0], rows[2]].filter((one) => one !== undefined),
        { cursor }
      )
    ).toEqual(["c"])
    expect(RunList.page(rows, { limit: 2, cursor }).next).toBeUndefined()
    expect(RunList.page([], { limit: 2 })).toEqual({ runs: [], next: undefined })
  })

  it("has the runs for which every filter holds", () => {
    const rows = [
      row("1", 1, { tags: ["x"] }),
      row("2", 2, { tags: ["x", "y"], status: "paused" }),
      row("3", 3, { flow: "g" })
    ]
    expect(idsOf(rows, { tags: ["y", "x"] })).toEqual(["2"])
    expect(idsOf(rows, { status: "running", flow: "f" })).toEqual(["1"])
    expect(idsOf(rows, { createdFromMillis: 2, createdBeforeMillis: 3 })).toEqual(["2"])
  })
})
