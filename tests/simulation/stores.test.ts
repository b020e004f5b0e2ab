/*
 * Goal: on every store, random programs of all features at once keep every rule through crashes and recovery. Method: the
 * programs, the oracle and the simulated time are those of `packages/core/test/simulation`; under them is a store as it ships,
 * with its file or its server. Engines are killed, frozen, closed and robbed around random appends, before one reaches the store
 * or after it was stored and before the answer, and others take their runs up by the same store; connections to a server are
 * lost, with a question or with its answer. What has become durable is judged append by append, and the store's own log once
 * more in the end.
 *
 * `DAGFLOW_SEED=123` repeats one program, `pnpm programs` runs 1,000 on each store; DAGFLOW_PROGRAMS sets another number.
 */
import { describe, expect, it } from "vitest"
import type { Simulated } from "../../packages/core/test/simulation/Simulation.ts"
import { storeAdapters } from "../stores/storeAdapters.ts"
import { crash, isUsual, onStore, run, seedsFrom, wild } from "./programs.ts"
import { realStores } from "./realStores.ts"

/** How many programs run where nobody asks for more: a server takes longer. */
const usual: Readonly<Record<string, number>> = {
  "store-memory": 60,
  "store-sqlite": 40,
  "store-postgres": 12
}

/** What programs show of what there is. */
const shownBy = ({ struck, witnesses }: Simulated): ReadonlyArray<string> => [
  ...struck.map(({ kind }) => kind),
  ...struck.map(({ when }) => when._tag),
  ...[...witnesses.values()].flatMap(({ log, mail, oracle, runId }) => [
    ...(runId.includes("/") ? ["child run"] : []),
    ...log.map(({ event }) => event._tag),
    ...log.flatMap(({ event }) => (event._tag === "RunStarted" ? [event.config.strategy ?? ""] : [])),
    ...[...oracle.model.nodes.values()].flatMap((node) => [
      ...(node.list === undefined ? [] : ["item"]),
      ...(node.of === undefined ? [] : ["visit"])
    ]),
    ...(mail.size > 0 ? ["mail"] : [])
  ])
]

/** What has to be among what the programs show: on every store, and where there are many of them. */
const always = [
  "killed",
  "frozen",
  "closed",
  "BeforeWrite",
  "AfterWrite",
  "AtStep",
  "child run",
  "mail",
  "superstep",
  "NodesAdded"
]
const often = `
  robbed reactive work_queue level item visit RunPaused RunCompleted RunFailed RunCancelled NodeFailed NodeWaiting NodeSkipped
  NodeCancelled NodeRouted SubFlowStarted StepCompleted HookAnswered HookFailed CommandRejected SignalReceived
`
  .trim()
  .split(/\s+/)

describe.each(realStores)("random programs on $name", (store) => {
  const way = onStore(store)
  const count = usual[store.name] ?? 0

  it("keep every rule through crashes and recovery", { timeout: 7_200_000 }, async () => {
    const shown = new Set<string>()
    for (const seed of seedsFrom(0, count)) {
      for (const name of shownBy(await run(wild(seed), way))) shown.add(name)
    }
    const wanted = seedsFrom(0, count).length < 40 ? always : [...always, ...often]
    expect(isUsual ? wanted.filter((name) => !shown.has(name)) : []).toEqual([])
  })

  it("end as they would have without the crash", { timeout: 7_200_000 }, async () => {
    let struck = 0
    const seeds = seedsFrom(5000, Math.ceil(count / 2))
    for (const seed of seeds) {
      const { crashed, ended, expected, faults } = await crash(seed, way)
      struck += crashed.struck.length
      expect(ended, `seed ${seed} with ${JSON.stringify(faults)}`).toEqual(expected)
    }
    expect(struck).toBeGreaterThanOrEqual(seeds.length)
  })
})

it("random programs run on every store of this repository", () => {
  expect(realStores.map(({ name }) => name)).toEqual(storeAdapters.map(({ name }) => name))
})
