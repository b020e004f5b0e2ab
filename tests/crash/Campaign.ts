/** Many trials, until enough processes were killed at every kind of place. */
import { Aim, type PlannedKill } from "./Aim.ts"
import { CrashSite } from "./CrashSite.ts"
import type { CrashStore } from "./CrashStore.ts"
import { type Column, Histogram } from "./Histogram.ts"
import { describe, type KillPoint } from "./KillPoint.ts"
import { afterTheEnd, type KillRow, killRows } from "./KillRow.ts"
import { complaintsAbout, type RunRecord, whoEnded } from "./RunRecord.ts"
import { Standby } from "./Standby.ts"
import { Trial } from "./Trial.ts"

/** What a campaign is to do. */
export interface CampaignOptions {
  readonly stores: ReadonlyArray<CrashStore>
  /** How many processes compete for the same runs. */
  readonly processes: ReadonlyArray<number>
  /** How many kills before the end of a run are wanted. */
  readonly kills: number
  /** Whether every single place is wanted too, and not only every kind of places. */
  readonly isThorough?: boolean
  /** What chance begins with, where nothing else decides. */
  readonly from: number
  /** How many trials go on at once. */
  readonly lanes: number
  /** Lets no further trial begin once it is aborted. */
  readonly signal?: AbortSignal
  /** Told of what goes on. */
  readonly tell?: (line: string) => void
}

/** Kills on a store with a number of processes: all that is needed to repeat a trial. */
export interface TrialPlan extends Column {
  readonly points: ReadonlyArray<KillPoint>
}

/** A trial after which something did not hold. */
export interface Failure extends TrialPlan {
  readonly complaints: ReadonlyArray<string>
  /** Where its store and its ledger are. */
  readonly folder: string
}

/** What came of a campaign. */
export interface Outcome {
  readonly histogram: Histogram
  readonly failures: ReadonlyArray<Failure>
  readonly trials: number
}

/** The runs that the processes of a trial compete for. */
const runs = ["r1", "r2"]

/** Failures after which nothing more is tried. */
const failuresMax = 3

/** Trials for each kill that is wanted, after which a place that is never reached is given up. */
const trialsPerKillMax = 3

/** Many trials. */
export class Campaign {
  readonly #options: CampaignOptions
  readonly #standby: Standby
  /** The records of an undisturbed run and of its child, by the name of the store. */
  readonly #references = new Map<string, Family>()
  #rows: ReadonlyArray<KillRow> = []

  constructor(options: CampaignOptions) {
    this.#options = options
    this.#standby = new Standby(options.lanes + Math.max(...options.processes) - 1)
  }

  /** Tries until there is enough, and ends all processes. */
  async run(): Promise<Outcome> {
    try {
      await this.#prepare()
      return await this.#tryAll()
    } finally {
      await this.#standby.close()
    }
  }

  /** Repeats one trial, and ends all processes. */
  async repeat({ points, processes, store }: TrialPlan): Promise<Failure | undefined> {
    try {
      await this.#prepare()
      const kills = points.map((point) => ({ row: describe(point), point }))
      return await this.#try({ store, processes }, kills, new Histogram([], []))
    } finally {
      await this.#standby.close()
    }
  }

  async #tryAll(): Promise<Outcome> {
    const { from, isThorough, kills, lanes, processes, stores } = this.#options
    const columns = stores.flatMap((store) =>
      processes.map((count) => ({ store: store.name, processes: count }))
    )
    const histogram = new Histogram(this.#rows, columns)
    const aim = new Aim(this.#rows, histogram)
    const failures: Array<Failure> = []
    let trials = 0
    const isComplete = () =>
      histogram.empty.length === 0 && (isThorough !== true || histogram.missed.length === 0)
    const isEnough = () =>
      this.#options.signal?.aborted === true ||
      failures.length >= failuresMax ||
      trials >= trialsPerKillMax * kills ||
      (histogram.total >= kills && isComplete())
    const lane = async (): Promise<void> => {
      while (!isEnough()) {
        const number = trials++
        const column = columns[number % columns.length]
        if (column === undefined) return
        const failure = await this.#try(column, aim.next(column, `${from} ${number}`), histogram)
        if (failure !== undefined) failures.push(failure)
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return { histogram, failures, trials }
  }

  /** Lets each store have a run that is not disturbed: what it does is where others are killed, and how they have to end. */
  async #prepare(): Promise<void> {
    for (const store of this.#options.stores) {
      const site = await CrashSite.make(store)
      const trial = new Trial({ site, standby: this.#standby, processes: 1, runs: ["reference"], points: [] })
      const complaints = [...(await trial.run())]
      const family = await familyOf(site, trial, "reference")
      for (const record of [family.run, family.child]) complaints.push(...complaintsAbout(record, record))
      if (complaints.length > 0) throw new Error(`undisturbed: ${complaints.join("\n")}`)
      this.#references.set(store.name, family)
      if (this.#rows.length === 0) this.#rows = killRows(family.run.log, family.child.log)
      await site.close()
    }
  }

  async #try(
    { processes, store: storeName }: Column,
    planned: ReadonlyArray<PlannedKill>,
    histogram: Histogram
  ): Promise<Failure | undefined> {
    const store = this.#options.stores.find((one) => one.name === storeName)
    const reference = this.#references.get(storeName)
    if (store === undefined || reference === undefined) throw new Error(`there is no store "${storeName}"`)
    const points = planned.map(({ point }) => point)
    const site = await CrashSite.make(store)
    const trial = new Trial({ site, standby: this.#standby, processes, runs, points })
    const complaints = [...(await trial.run())]
    const families =
      complaints.length > 0 ? [] : await Promise.all(runs.map((runId) => familyOf(site, trial, runId)))
    for (const { child, run } of families) {
      complaints.push(...complaintsAbout(run, reference.run), ...complaintsAbout(child, reference.child))
    }
    const counted = new Set<string>()
    for (const [place, victim] of trial.plan.victims.entries()) {
      const kill = planned[place]
      const family = families.find(({ child, run }) => [run.runId, child.runId].includes(victim?.runId ?? ""))
      if (victim === undefined || kill === undefined || family === undefined) continue
      if (!trial.dead.has(victim.owner)) complaints.push(`${victim.owner} survived: ${describe(kill.point)}`)
      const isAfterEnd = whoEnded(family.run) === victim.owner
      if (isAfterEnd !== (kill.row === afterTheEnd) || counted.has(victim.owner)) continue
      // A process that was hit from outside while it killed itself is dead once.
      counted.add(victim.owner)
      histogram.add(kill.row, { processes, store: storeName }, kill.point)
    }
    await site.close(complaints.length > 0)
    this.#options.tell?.(`${storeName} x${processes}: ${points.map(describe).join("; ")}`)
    return complaints.length === 0
      ? undefined
      : { store: storeName, processes, points, complaints, folder: site.folder }
  }
}

/** A run and its child run. */
interface Family {
  readonly run: RunRecord
  readonly child: RunRecord
}

/** Whatever is killed, there is one child: who takes the run up goes on with it. */
const familyOf = async (site: CrashSite, trial: Trial, runId: string): Promise<Family> => ({
  run: await recordOf(site, trial, runId),
  child: await recordOf(site, trial, `${runId}/sub/1`)
})

const recordOf = async (site: CrashSite, trial: Trial, runId: string): Promise<RunRecord> => ({
  runId,
  log: await site.log(runId),
  row: await site.row(runId),
  ledger: site.ledger().filter((entry) => entry.runId === runId),
  dead: trial.dead
})
