/**
 * Which random programs run on the stores, and how: `DAGFLOW_SEED=123` one of them, `DAGFLOW_PROGRAMS=1000` so many on each store.
 */
import type { Fault, Scenario } from "../../packages/core/test/simulation/scenario/Scenario.ts"
import { randomScenario } from "../../packages/core/test/simulation/scenario/randomScenario.ts"
import { fingerprint } from "../../packages/core/test/simulation/fingerprint.ts"
import { Dice } from "../../packages/core/test/simulation/world/Dice.ts"
import { realDatabase } from "../../packages/core/test/simulation/database/realDatabase.ts"
import { simulate, type Simulated } from "../../packages/core/test/simulation/Simulation.ts"
import { complaintsOf, describeTrouble, type Way } from "../../packages/core/test/simulation/trouble.ts"
import type { RealStore } from "./realStores.ts"

const seed = process.env["DAGFLOW_SEED"]
const count = process.env["DAGFLOW_PROGRAMS"]

/** Seeds from a number on: as many as are asked for, or so many. */
export const seedsFrom = (first: number, usual: number): ReadonlyArray<number> =>
  seed === undefined
    ? Array.from({ length: count === undefined ? usual : Number(count) }, (_, at) => first + at)
    : [Number(seed)]

/** Whether seeds are run of which a test knows what they show. */
export const isUsual = seed === undefined

/** Runs a schedule on a store. */
export const onStore = ({ make, name }: RealStore): Way => ({
  simulate: (scenario) => simulate(scenario, realDatabase(make)),
  again: (one) => `DAGFLOW_SEED=${one} pnpm vitest run --project tests tests/simulation -t ${name}`
})

/** Runs a schedule, and tells in words that help what is wrong with it. */
export const run = async (scenario: Scenario, way: Way): Promise<Simulated> => {
  const simulated = await way.simulate(scenario).catch(async (error: unknown) => {
    throw new Error(await describeTrouble(scenario, await complaintsOf(scenario, way), way), { cause: error })
  })
  if (simulated.complaints.length === 0) return simulated
  throw new Error(await describeTrouble(scenario, simulated.complaints, way))
}

const kinds = ["killed", "killed", "frozen", "closed", "robbed"] as const

/** A loss of a process around one of its first writes. */
const loss = (dice: Dice, writes: number): Fault => ({
  kind: dice.pick(kinds),
  when: { _tag: dice.pick(["BeforeWrite", "AfterWrite"] as const), write: dice.between(1, writes) }
})

/** Every third program goes by steps, and its nodes choose where they lead; in another third nodes run flows of their own. */
const focuses = ["routes", "children", undefined] as const

/** A wild program in which some process is lost. */
export const wild = (seed: number): Scenario => {
  const scenario = randomScenario(seed, "wild", focuses[seed % focuses.length])
  if (scenario.faults.length > 0) return scenario
  return { ...scenario, faults: [loss(new Dice(seed, "losses"), 6)] }
}

/** How the runs of a schedule ended, those below others included. */
const endsOf = ({ witnesses }: Simulated) =>
  new Map([...witnesses.values()].map(({ runId, state }) => [runId, fingerprint(state)]))

/** Runs a calm program in peace and with crashes, and answers how both ended. */
export const crash = async (seed: number, way: Way) => {
  const scenario = randomScenario(seed, "calm", seed % 2 === 0 ? "children" : undefined)
  // In peace it runs in memory, and nowhere else: so all stores are held to the same end.
  const peace = await simulate(scenario)
  const writes = [...peace.witnesses.values()].reduce((total, { appends }) => total + appends.length, 0)
  const dice = new Dice(seed, "losses")
  const faults = [1, 2].map(() => loss(dice, writes))
  const crashed = await run({ ...scenario, faults }, way)
  return { crashed, faults, expected: endsOf(peace), ended: endsOf(crashed) }
}
