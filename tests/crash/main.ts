/**
 * Kills processes for a long time: `pnpm crash [--kills 2000] [--from SEED] [--stores sqlite] [--processes 1,3] [--lanes 3]`.
 * Ctrl-C lets it end with what it has. `--seed SEED` repeats one trial, with the `--stores` and `--processes` that its failure names.
 */
import { parseArgs } from "node:util"
import { Campaign, type Failure } from "./Campaign.ts"
import { crashStore, crashStores } from "./CrashStore.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "2000" },
    from: { type: "string" },
    seed: { type: "string" },
    stores: { type: "string", default: crashStores.map(({ name }) => name).join(",") },
    processes: { type: "string", default: "1,3" },
    lanes: { type: "string", default: "3" }
  }
})

/** A new seed every day, so that nights differ and each can be repeated. */
const today = Math.floor(Date.now() / 86_400_000) * 10_000

const whole = (text: string, name: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`--${name} is "${text}", and has to be a whole number`)
}

const kills = whole(values.kills, "kills")

let trials = 0

/** Says now and then that it goes on, which takes its time. */
const count = (): void => {
  if (++trials % 100 === 0) console.error(`${trials} trials`)
}

/** Whoever presses Ctrl-C wants to see what has come of it so far. */
const stop = new AbortController()
process.once("SIGINT", () => stop.abort())

const campaign = new Campaign({
  stores: values.stores.split(",").map(crashStore),
  processes: values.processes.split(",").map((text) => whole(text, "processes")),
  kills,
  from: values.from === undefined ? today : whole(values.from, "from"),
  lanes: whole(values.lanes, "lanes"),
  signal: stop.signal,
  tell: values.seed === undefined ? count : console.log
})

const show = ({ complaints, folder, processes, seed, store }: Failure): void => {
  console.error(`\n${store} with ${processes} processes, seed ${seed}: what is left of it is in ${folder}`)
  for (const complaint of complaints) console.error(`- ${complaint}`)
  console.error(`repeat it with: pnpm crash --seed ${seed} --stores ${store} --processes ${processes}`)
}

const repeat = async (seed: number): Promise<boolean> => {
  const [store = ""] = values.stores.split(",")
  const [processes = ""] = values.processes.split(",")
  const failure = await campaign.repeat({ seed, store, processes: whole(processes, "processes") })
  if (failure !== undefined) show(failure)
  return failure === undefined
}

/** Kills after which every single place has had its turn, also those that not every trial reaches. */
const killsForAllPlaces = 1500

const run = async (): Promise<boolean> => {
  const { failures, histogram } = await campaign.run()
  failures.forEach(show)
  console.log(`${histogram.toString()}, in ${trials} trials`)
  for (const cell of histogram.empty) console.error(`nobody was killed ${cell}`)
  const missed = kills >= killsForAllPlaces ? histogram.missed : []
  for (const place of missed) console.error(`nobody was killed ${place}`)
  if (stop.signal.aborted) console.error(`stopped before there were ${kills} kills`)
  return failures.length + histogram.empty.length + missed.length === 0 && histogram.total >= kills
}

const isSound = await (values.seed === undefined ? run() : repeat(whole(values.seed, "seed")))
if (!isSound) process.exitCode = 1
