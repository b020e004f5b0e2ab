import { describe, expect, it } from "vitest"
import { Evolve } from "../../src/index.ts"
import { dice } from "../Dice.ts"
import { logOf, nodeStarted } from "../LogBuilder.ts"
import { illegalEvents } from "./IllegalEvents.ts"
import { stateText } from "./plainState.ts"
import { randomLog } from "./RandomLog.ts"

/** Everything that is tried; a fault that no log gave a chance for would be missing. */
const allFaults: ReadonlyArray<string> = [
  "adds a node below an unknown one",
  "adds a node twice",
  "adds one id twice at once",
  "answers a wait that is not open",
  "answers a wait twice",
  "begins a step again",
  "begins a step inside of another one",
  "begins a step with an unknown node",
  "begins a step without steps",
  "cancels an unknown node",
  "cancels what has ended",
  "comes a second time",
  "completes an attempt that never began",
  "completes an unknown node",
  "completes before its items",
  "completes what is not in flight",
  "disables an unknown node",
  "emits after its end",
  "enables an unknown node",
  "ends Cancelled without a result",
  "ends Cancelled, against its result",
  "ends Completed without a result",
  "ends Completed, against its result",
  "ends Failed without a result",
  "ends Failed, against its result",
  "ends a step that does not go on",
  "ends a step without steps",
  "ends a wait by a signal that nobody sent",
  "ends a wait by nothing",
  "ends another step than goes on",
  "expands an unknown node",
  "expands out of turn",
  "fails an attempt that never began",
  "fails an unknown node",
  "fails what goes on as its items",
  "fails what is not in flight",
  "goes on as a child run out of turn",
  "goes on as the attempt after the next one",
  "goes on in an unknown node",
  "grows after its result",
  "is of a fenced writer",
  "is of another run",
  "is owned after its end",
  "is paused after its end",
  "keeps a signal for what waits",
  "leaves a gap",
  "lets an unknown node wait",
  "pauses after its result",
  "refuses a signal that was not kept",
  "resumes a cancelled branch",
  "retries an unknown node",
  "retries what has not failed",
  "routes an unknown node",
  "routes through what is no dependency",
  "sets a channel that there is not",
  "sets inputs of an unknown node",
  "sets inputs of what has started",
  "settles its result again",
  "signals to an unknown node",
  "signals to what has ended",
  "skips an unknown node",
  "skips what has started",
  "starts an unknown node",
  "starts the attempt after the next one",
  "starts the run again",
  "starts the same attempt again",
  "starts what has a flow",
  "starts what has a list",
  "starts what has ended",
  "visits a node out of turn",
  "visits a node that has not begun",
  "visits a node that nobody led to",
  "visits an unknown node",
  "waits twice",
  "waits without an attempt"
]

/**
 * Goal: an event that no sound writer appends changes nothing but `violations`, wherever it stands in a log. Method: cut
 * random logs at random places, append each wrong event that fits there, and compare the states before and after.
 */
describe("Evolve", () => {
  it("changes nothing but violations for late, repeated, foreign and misplaced events", () => {
    const tried = new Set<string>()
    for (let seed = 0; seed < 70; seed++) {
      const log = randomLog(seed)
      const random = dice(seed + 1000)
      const cuts = [log.length, ...Array.from({ length: 3 }, () => 2 + random.roll(log.length - 1))]
      for (const cut of cuts) {
        const state = Evolve.fold(`run-${seed}`, log.slice(0, cut))
        const { epoch, sequence } = state
        const before = stateText(state)
        for (const { envelope, fault } of illegalEvents(state, random)) {
          const place = `seed ${seed}, after event ${cut}: ${fault}`
          Evolve.evolve(state, envelope)
          expect(state.violations, place).not.toEqual([])
          // Apart from the note and from how far the log was read, it is the state that it was.
          state.violations.length = 0
          Object.assign(state, { epoch, sequence })
          expect(stateText(state), place).toBe(before)
          tried.add(fault)
        }
      }
    }
    expect([...tried].sort()).toEqual(allFaults)
  })

  it("refuses every event before the start of the run", () => {
    const state = Evolve.fold("run", logOf([nodeStarted("a")]))
    expect(state.violations).toEqual(["NodeStarted at 1: the run has not started"])
  })
})
