/** One trial: processes work on the same runs, are killed where a plan says, and others take their place. */
import { RunStatus } from "@dagflow/protocol"
import { writeFileSync } from "node:fs"
import path from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { Latch } from "./Assignment.ts"
import type { CrashProcess, Happening } from "./CrashProcess.ts"
import type { CrashSite } from "./CrashSite.ts"
import { KillPlan } from "./KillPlan.ts"
import type { KillPoint } from "./KillPoint.ts"
import type { Standby } from "./Standby.ts"

/** Longest time in which nothing happens to any run: a run that nobody takes up would wait for ever. A busy machine is only slow. */
const patienceMillis = 60_000

/** How often it is looked whether something has happened. */
const watchMillis = 1000

/** How often it is looked whether a run has an owner that can be killed. */
const lookMillis = 2

/** What is tried. */
export interface TrialOptions {
  readonly site: CrashSite
  readonly standby: Standby
  /** How many processes compete for the runs. */
  readonly processes: number
  readonly runs: ReadonlyArray<string>
  readonly points: ReadonlyArray<KillPoint>
  readonly latch?: Latch
  readonly leaseMillis?: number
  /** How far the clocks of the processes are ahead, in their order; the first one starts the runs. */
  readonly clocks?: ReadonlyArray<number>
}

/** One trial. */
export class Trial {
  readonly #options: TrialOptions
  readonly plan: KillPlan
  /** Names of the processes that were killed. */
  readonly dead = new Set<string>()
  readonly #working = new Map<string, CrashProcess>()
  /** Names of the processes that have begun, or are about to, and have not ended. */
  readonly #open = new Set<string>()
  /** Names of the processes that were hit from outside and may not have noticed yet. */
  readonly #hit = new Set<string>()
  /** Those of them that had done their work all the same. */
  readonly #finished = new Set<string>()
  readonly #strikes: Array<Promise<void>> = []
  readonly #complaints: Array<string> = []
  readonly #waiters: Array<() => void> = []
  #owners = 0
  #isClocked = false
  #isOver = false
  readonly #over = Promise.withResolvers<void>()

  constructor(options: TrialOptions) {
    this.#options = options
    this.plan = new KillPlan(options.site.folder, options.points)
  }

  /** Lets processes work until all runs have ended; answers what went wrong. */
  async run(): Promise<ReadonlyArray<string>> {
    await this.begin()
    return this.end()
  }

  /** Lets the processes begin. */
  async begin(): Promise<void> {
    for (let count = 0; count < this.#options.processes; count++) await this.#employ()
  }

  /** Waits until all runs have ended; answers what went wrong. */
  async end(): Promise<ReadonlyArray<string>> {
    const watching = this.#watch()
    while (this.#open.size > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    this.#isOver = true
    this.#over.resolve()
    await Promise.all([watching, ...this.#strikes])
    return this.#complaints
  }

  /** Whoever owns a run, by name, and its process. */
  async ownerOf(runId: string): Promise<{ readonly owner: string; readonly process: CrashProcess }> {
    const { owner = "nobody" } = (await this.#options.site.row(runId)) ?? {}
    const process = this.#working.get(owner)
    if (process === undefined) throw new Error(`${owner} owns ${runId}, and is no process of this trial`)
    return { owner, process }
  }

  /** Kills whoever owns a run, and waits until it is dead; then another one takes its place. */
  async killOwner(runId: string): Promise<void> {
    const { owner, process } = await this.ownerOf(runId)
    this.#hitFromOutside(owner, process)
    await process.gone
  }

  /** Lets go on what waits at the latch. */
  release(): void {
    writeFileSync(path.join(this.#options.site.folder, "release"), "")
  }

  async #employ(): Promise<void> {
    const { clocks, latch, leaseMillis, points, runs, site, standby } = this.#options
    const number = this.#owners++
    const owner = `p${number + 1}`
    this.#open.add(owner)
    const process = await standby.take()
    this.#working.set(owner, process)
    const assignment = {
      ...site.where,
      owner,
      runs,
      points,
      ...(latch !== undefined && { latch }),
      ...(leaseMillis !== undefined && { leaseMillis }),
      ...(clocks !== undefined && { machine: { aheadMillis: clocks[number] ?? 0, starts: number === 0 } })
    }
    process.assign(assignment, (happening) => this.#hear(owner, process, happening))
  }

  #hear(owner: string, process: CrashProcess, happening: Happening): void {
    switch (happening._tag) {
      case "Ready":
        return
      case "Begun":
        return this.#setClocks()
      case "Now":
        return this.#hitFromOutside(owner, process)
      case "Ended":
        if (this.#hit.has(owner)) {
          this.#finished.add(owner)
          return
        }
        this.#options.standby.giveBack(process)
        return this.#leave(owner)
      case "Broke":
        this.#complaints.push(`${owner} failed: ${happening.message}`)
        return process.kill()
      case "Gone":
        return this.#replace(owner, happening)
    }
  }

  #replace(owner: string, { complaint, signal }: Happening & { readonly _tag: "Gone" }): void {
    this.dead.add(owner)
    this.#working.delete(owner)
    if (signal !== "SIGKILL") this.#complaints.push(`${owner} ended by itself (${signal}): ${complaint}`)
    if (this.#complaints.length > 0 || this.#finished.has(owner)) return this.#leave(owner)
    void this.#employ()
      .catch((error: unknown) => this.#complaints.push(String(error)))
      .finally(() => this.#leave(owner))
  }

  #hitFromOutside(owner: string, process: CrashProcess): void {
    this.#hit.add(owner)
    process.kill()
  }

  #leave(owner: string): void {
    this.#working.delete(owner)
    this.#open.delete(owner)
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Gives up when nothing has happened for long. */
  async #watch(): Promise<void> {
    const { runs, site } = this.#options
    let [seen, sinceMillis] = ["", Date.now()]
    while (!this.#isOver) {
      const rows = await Promise.all(runs.map((runId) => site.row(runId)))
      const ends = rows.map((row) => `${row?.sequence} ${row?.epoch}`)
      const now = [...ends, site.ledger().length, this.#owners].join()
      if (now !== seen) [seen, sinceMillis] = [now, Date.now()]
      else if (Date.now() - sinceMillis > patienceMillis) return this.#giveUp()
      await Promise.race([pause(watchMillis), this.#over.promise])
    }
  }

  #giveUp(): void {
    this.#complaints.push(`the runs go on, and nothing has happened for ${patienceMillis} ms`)
    for (const process of this.#working.values()) process.kill()
  }

  /** Sets the clocks of the kills at a time, once the first process has begun. */
  #setClocks(): void {
    if (this.#isClocked) return
    this.#isClocked = true
    for (const [place, point] of this.#options.points.entries()) {
      if (point.at !== "time") continue
      this.#strikes.push(pause(point.millis).then(() => this.#strike(place)))
    }
  }

  /** Kills the owner of a run that has not ended, as soon as there is one. */
  async #strike(place: number): Promise<void> {
    while (!this.#isOver) {
      for (const runId of this.#options.runs) {
        const row = await this.#options.site.row(runId)
        const process = this.#working.get(row?.owner ?? "")
        if (row?.owner === undefined || process === undefined || RunStatus.isEnded(row.status)) continue
        this.plan.takeAt(place, { owner: row.owner, runId })
        return this.#hitFromOutside(row.owner, process)
      }
      await pause(lookMillis)
    }
  }
}
