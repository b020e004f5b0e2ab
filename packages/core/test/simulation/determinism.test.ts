/** The same flow, seed, clock and order of messages give the same log, byte for byte. */
import { describe, expect, it } from "vitest"
import { randomScenario } from "./scenario/randomScenario.ts"
import { simulate } from "./Simulation.ts"

describe("I8: a schedule that is run again", () => {
  it("gives the same log, byte for byte", { timeout: 300_000 }, async () => {
    for (let seed = 0; seed < 60; seed++) {
      const scenario = randomScenario(seed, "wild")
      const first = await simulate(scenario)
      const second = await simulate(scenario)
      expect(second.logs, `seed ${seed}`).toBe(first.logs)
    }
  })

  it("gives another log when chance decides otherwise", { timeout: 300_000 }, async () => {
    const logs = new Set<string>()
    for (let seed = 0; seed < 10; seed++) {
      const scenario = { ...randomScenario(7, "wild"), seed }
      logs.add((await simulate(scenario)).logs)
    }
    expect(logs.size).toBe(10)
  })
})
