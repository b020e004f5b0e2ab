/**
 * Kills processes for a long time: `pnpm crash [--kills 2000] [--from SEED] [--stores sqlite,postgres] [--processes 1,3] [--lanes 4]`.
 * Ctrl-C lets it end with what it has. `--repeat TRIAL` repeats one trial, as its failure says.
 */
import { parseArgs } from "node:util"
import { Campaign, type Failure, type TrialPlan } from "./Campaign.ts"
import { crashStore, crashStores } from "./CrashStore.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "2000" },
    from: { type: "string" },
    repeat: { type: "string" },
    stores: { type: "string", default: crashStores.map(({ name }) => name).join(",") },
    processes: { type: "string", default: "1,3" },
    lanes: { type: "string", default: "4" }
  }
})

/** Another beginning of chance every day, so that nights differ. */
const today = Math.floor(Date.now() / 86_400_000)

const whole = (text: string, name: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`--${name} is "${text}", and has to be a whole number`)
}

const kills = whole(values.kills, "kills")

/** From so many kills on, every single place has its turn, also those that not every trial reaches. */
const thoroughKills = 1500

let trials = 0

/** Says now and then that it goes on, which takes its time. */
const count = (): void => {
  if (++trials % 50 === 0) console.error(`${trials} trials`)
}

/** Whoever presses Ctrl-C wants to see what has come of it so far. */
const stop = new AbortController()
process.once("SIGINT", () => stop.abort())

const campaign = new Campaign({
  stores: values.stores.split(",").map(crashStore),
  processes: values.processes.split(",").map((text) => whole(text, "processes")),
  kills,
  isThorough: kills >= thoroughKills,
  from: values.from === undefined ? today : whole(values.from, "from"),
  lanes: whole(values.lanes, "lanes"),
  signal: stop.signal,
  tell: values.repeat === undefined ? count : console.log
})

const show = ({ complaints, folder, points, processes, store }: Failure): void => {
  const plan: TrialPlan = { store, processes, points }
  console.error(`\n${store} with ${processes} processes: what is left of it is in ${folder}`)
  for (const complaint of complaints) console.error(`- ${complaint}`)
  console.error(`repeat it with: pnpm crash --repeat '${JSON.stringify(plan)}'`)
}

const repeat = async (text: string): Promise<boolean> => {
  const failure = await campaign.repeat(JSON.parse(text) as TrialPlan)
  if (failure !== undefined) show(failure)
  return failure === undefined
}

const run = async (): Promise<boolean> => {
  const { failures, histogram } = await campaign.run()
  failures.forEach(show)
  console.log(`${histogram.toString()}, in ${trials} trials`)
  for (const cell of histogram.empty) console.error(`nobody was killed ${cell}`)
  const missed = kills >= thoroughKills ? histogram.missed : []
  for (const place of missed) console.error(`nobody was killed ${place}`)
  if (stop.signal.aborted) console.error(`stopped before there were ${kills} kills`)
  return failures.length + histogram.empty.length + missed.length === 0 && histogram.total >= kills
}

const isSound = await (values.repeat === undefined ? run() : repeat(values.repeat))
if (!isSound) process.exitCode = 1
