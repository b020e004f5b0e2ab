import { describe, expect, it } from "vitest"
import { Evolve, RunReport, StepView } from "../../src/index.ts"
import { type AnyEvent, flowOf, logOf, nodeCompleted, nodeStarted, owned, started } from "../LogBuilder.ts"

/** A run of that many steps, of one node each, whose last step goes on. */
const stateOf = (count: number) => {
  const ids = Array.from({ length: count }, (_, at) => `n${at + 1}`)
  const nodes = Object.fromEntries(ids.map((id, at) => [id, at === 0 ? [] : [`n${at}`]]))
  const steps = ids.flatMap((id, at): ReadonlyArray<AnyEvent> => {
    const begun: ReadonlyArray<AnyEvent> = [
      { _tag: "StepStarted", step: at + 1, frontier: [id] },
      nodeStarted(id),
      nodeCompleted(id)
    ]
    return at + 1 === count
      ? begun
      : [...begun, { _tag: "StepCompleted", step: at + 1, ran: [id], skipped: [], updated: [`c${at % 3}`] }]
  })
  return Evolve.fold("run", logOf([started(flowOf(nodes), { strategy: "superstep" }), owned(), ...steps]))
}

describe("StepView", () => {
  it("tells of the step that goes on what has happened so far", () => {
    const [step] = StepView.find(stateOf(2), { after: 1 }).steps
    expect(step).toMatchObject({ step: 2, status: "running", frontier: ["n2"], ran: ["n2"], waiting: [] })
    expect(step).not.toHaveProperty("endedAtMillis")
    expect(RunReport.make(stateOf(2), 0).steps).toEqual(StepView.ofRun(stateOf(2)))
  })

  it("gives a thousand steps at once and not more, whatever is asked for", () => {
    const state = stateOf(1003)
    const page = StepView.find(state, { limit: 5000 })
    expect([page.steps.length, page.next]).toEqual([StepView.pageMax, 1000])
    expect(StepView.find(state, { after: page.next ?? 0 }).steps.map(({ step }) => step)).toEqual([
      1001, 1002, 1003
    ])
    expect(StepView.find(state).steps).toHaveLength(100)
  })

  it("finds steps by the channels that they changed", () => {
    expect(StepView.find(stateOf(7), { updated: ["c1"] }).steps.map(({ step }) => step)).toEqual([2, 5])
  })

  it("knows no steps of a run by another strategy", () => {
    const state = Evolve.fold("run", logOf([started(flowOf({ a: [] })), owned()]))
    expect(StepView.find(state)).toEqual({ steps: [], next: undefined })
    expect(RunReport.make(state, 0)).not.toHaveProperty("steps")
  })
})
