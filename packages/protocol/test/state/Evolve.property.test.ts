import { describe, expect, it } from "vitest"
import { Event, Evolve, Invariants } from "../../src/index.ts"
import { plainState } from "./plainState.ts"
import { randomLog } from "./RandomLog.ts"

const seeds = Array.from({ length: 400 }, (_, index) => index)

/** The logs are read only, and writing them is most of the work. */
const logs = seeds.map((seed) => ({ seed, log: randomLog(seed) }))

describe("Evolve", () => {
  it("is tried with every kind of event, and with runs that end in every way", () => {
    const met = new Set(logs.flatMap(({ log }) => log.map(({ event }) => event._tag)))
    expect(Event.tags.filter((tag) => !met.has(tag) && tag !== "CommandRejected")).toEqual([])
    const ends = logs.map(({ log }) => log.at(-1)?.event).filter((event) => event && Event.isTerminal(event))
    expect(new Set(ends.map((event) => event?._tag))).toEqual(
      new Set(["RunCompleted", "RunFailed", "RunCancelled"])
    )
  })

  it("folds every prefix of a legal log into a state that breaks no invariant", () => {
    for (const { log, seed } of logs) {
      let state = Evolve.fold(`run-${seed}`, [])
      for (const envelope of log) {
        state = Evolve.evolve(state, envelope)
        expect(Invariants.check(state), `seed ${seed}, event ${envelope.sequence}`).toEqual([])
      }
    }
  })

  it("folds a log twice into equal states, also after the log went through JSON", () => {
    for (const { log, seed } of logs.slice(0, 100)) {
      const first = plainState(Evolve.fold(`run-${seed}`, log))
      expect(plainState(Evolve.fold(`run-${seed}`, log))).toEqual(first)
      expect(plainState(Evolve.fold(`run-${seed}`, JSON.parse(JSON.stringify(log))))).toEqual(first)
    }
  })

  it("goes on from a prefix to the state of the whole log", () => {
    for (const { log, seed } of logs.slice(0, 100)) {
      const half = Math.floor(log.length / 2)
      const prefix = Evolve.fold(`run-${seed}`, log.slice(0, half))
      const whole = log.slice(half).reduce(Evolve.evolve, prefix)
      expect(plainState(whole)).toEqual(plainState(Evolve.fold(`run-${seed}`, log)))
    }
  })

  it("leaves the events that it folds as they are", () => {
    for (const { log, seed } of logs.slice(0, 50)) {
      const before = structuredClone(log)
      Evolve.fold(`run-${seed}`, log)
      expect(log).toEqual(before)
    }
  })
})
