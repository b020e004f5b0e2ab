/**
 * Crashes wherever a crash can make a difference: a run that another process takes up ends as it would have ended without
 * the crash.
 */
import { describe, expect, it } from "vitest"
import { fingerprint } from "./fingerprint.ts"
import type { Fault, Scenario } from "./scenario/Scenario.ts"
import { randomScenario } from "./scenario/randomScenario.ts"
import { isWhole, seedsFrom } from "./seeds.ts"
import { simulate } from "./Simulation.ts"
import { describeTrouble } from "./trouble.ts"
import { Dice } from "./world/Dice.ts"

const run = async (scenario: Scenario) => {
  const simulated = await simulate(scenario)
  if (simulated.complaints.length > 0) throw new Error(await describeTrouble(scenario, simulated.complaints))
  const witnesses = [...simulated.witnesses.values()]
  return {
    struck: simulated.struck.length,
    writes: witnesses.reduce((total, { appends }) => total + appends.length, 0),
    ended: new Map(witnesses.map(({ runId, state }) => [runId, fingerprint(state)]))
  }
}

type Plans = ReadonlyArray<ReadonlyArray<Fault>>

/** Lets the faults of each plan strike, and compares the ends with that of a run in peace; answers how many struck. */
const crash = async (scenario: Scenario, plans: (writes: number) => Plans) => {
  const { ended, writes } = await run(scenario)
  let struck = 0
  for (const plan of plans(writes)) {
    const crashed = await run({ ...scenario, faults: plan })
    struck += crashed.struck
    expect(crashed.ended, `seed ${scenario.seed} with ${JSON.stringify(plan)}`).toEqual(ended)
  }
  return struck
}

const around = (kind: Fault["kind"], write: number): Plans => [
  [{ kind, when: { _tag: "BeforeWrite", write } }],
  [{ kind, when: { _tag: "AfterWrite", write } }]
]

describe("a run that is taken up after a crash", () => {
  it("ends as it would have, wherever around its writes the crash was", { timeout: 900_000 }, async () => {
    let struck = 0
    let planned = 0
    for (const seed of seedsFrom(1, 70)) {
      const scenario = randomScenario(seed, "calm")
      struck += await crash(scenario, (writes) => {
        planned += 2 * writes
        return Array.from({ length: writes }, (_, at) => around("killed", at + 1)).flat()
      })
    }
    console.log(`${struck} of ${planned} crashes before and after a write`)
    expect(struck).toBe(planned)
  })

  it(
    "ends as it would have with all runs below it, wherever around their writes the crash was",
    { timeout: 900_000 },
    async () => {
      let struck = 0
      let planned = 0
      for (const seed of seedsFrom(7000, 5)) {
        const scenario = randomScenario(seed, "calm", "children")
        struck += await crash(scenario, (writes) => {
          planned += 2 * writes
          return Array.from({ length: writes }, (_, at) => around("killed", at + 1)).flat()
        })
      }
      console.log(`${struck} of ${planned} crashes before and after a write of a run or of one below it`)
      expect(struck).toBe(planned)
    }
  )

  it("ends as it would have, wherever between two tasks the crash was", { timeout: 900_000 }, async () => {
    let struck = 0
    for (const seed of seedsFrom(2000, 40)) {
      const scenario = randomScenario(seed, "calm")
      for (let step = 1; ; step++) {
        const struckNow = await crash(scenario, () => [[{ kind: "killed", when: { _tag: "AtStep", step } }]])
        if (struckNow === 0) break
        struck += struckNow
      }
    }
    console.log(`${struck} crashes between two tasks`)
    expect(struck).toBeGreaterThan(isWhole ? 300 : 0)
  })

  it(
    "ends as it would have, however its processes were lost, and twice in a row",
    { timeout: 900_000 },
    async () => {
      let struck = 0
      for (const seed of seedsFrom(5000, 100)) {
        const scenario = randomScenario(seed, "calm")
        const dice = new Dice(seed, "losses")
        struck += await crash(scenario, (writes) =>
          (["frozen", "closed", "robbed", "killed"] as const).map((kind) =>
            [1, 2].flatMap(() => dice.pick(around(kind, dice.between(1, writes))))
          )
        )
      }
      console.log(`${struck} losses of a process`)
      expect(struck).toBeGreaterThan(isWhole ? 500 : 0)
    }
  )
})
