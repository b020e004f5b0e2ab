import { describe, expect, it } from "vitest"
import { Evolve, type RunResult, RunStatus } from "../../src/index.ts"
import { type AnyEvent, flowOf, logOf, nodeCompleted, nodeStarted, owned, started } from "../LogBuilder.ts"

const statuses = ["running", "paused", "completed", "failed", "cancelled"] as const

/** Written down a second time, by hand: rows are where a run stands, columns where it may go. */
const legal: Readonly<Record<RunStatus.RunStatus, ReadonlyArray<RunStatus.RunStatus>>> = {
  running: ["paused", "completed", "failed", "cancelled"],
  paused: ["running", "completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: []
}

const pairs = statuses.flatMap((from) =>
  statuses.map((to) => ({ from, to, isLegal: legal[from].includes(to) }))
)

const failure = { _tag: "TimedOut", timeoutMillis: 1 } as const

const results: Readonly<Record<"completed" | "failed" | "cancelled", RunResult.RunResult>> = {
  completed: { _tag: "Completed" },
  failed: { _tag: "Failed", failure },
  cancelled: { _tag: "Cancelled" }
}

const eventTo: Readonly<Record<RunStatus.RunStatus, AnyEvent>> = {
  running: { _tag: "RunResumed" },
  paused: { _tag: "RunPaused" },
  completed: { _tag: "RunCompleted" },
  failed: { _tag: "RunFailed", failure },
  cancelled: { _tag: "RunCancelled" }
}

const ending = (to: RunStatus.RunStatus): ReadonlyArray<AnyEvent> =>
  to === "running" || to === "paused" ? [] : [{ _tag: "RunEnding", result: results[to] }]

const begin = [started(flowOf({ a: [] })), owned(), nodeStarted("a"), nodeCompleted("a")]

const waysTo = (status: RunStatus.RunStatus): ReadonlyArray<AnyEvent> =>
  status === "running" ? begin : [...begin, ...ending(status), eventTo[status]]

describe("RunStatus", () => {
  it.each(pairs)("from $from to $to is as the table says: $isLegal", ({ from, isLegal, to }) => {
    expect(RunStatus.isLegal(from, to)).toBe(isLegal)
  })

  it.each(pairs.filter(({ from, to }) => from !== to))(
    "events that move a run from $from to $to are folded: $isLegal",
    ({ from, isLegal, to }) => {
      const log = waysTo(from)
      const before = Evolve.fold("run", logOf(log))
      expect(before.status).toBe(from)
      const after = Evolve.fold("run", logOf([...log, ...ending(to), eventTo[to]]))
      expect(after.status).toBe(isLegal ? to : from)
      expect(after.violations.length > 0).toBe(!isLegal)
    }
  )

  it("stays as it is when it is paused while paused, or resumed while running", () => {
    const paused = Evolve.fold(
      "run",
      logOf([...begin, { _tag: "RunPaused", reason: "lunch" }, { _tag: "RunPaused" }])
    )
    expect(paused).toMatchObject({ status: "paused", violations: [] })
    expect(paused.pause?.reason).toBe("lunch")
    const running = Evolve.fold("run", logOf([...begin, { _tag: "RunResumed" }]))
    expect(running).toMatchObject({ status: "running", violations: [], pause: undefined })
  })

  it("is no longer paused once the run is being brought to its end", () => {
    const log = [
      ...begin,
      { _tag: "RunPaused" } as const,
      { _tag: "RunInterrupted", cause: "cancelled" } as const
    ]
    expect(Evolve.fold("run", logOf(log))).toMatchObject({
      status: "running",
      pause: undefined,
      violations: []
    })
  })

  it("ends with completed, failed and cancelled", () => {
    expect(statuses.filter(RunStatus.isEnded)).toEqual(["completed", "failed", "cancelled"])
  })
})
