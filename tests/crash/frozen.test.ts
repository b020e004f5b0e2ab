/**
 * Goal: an owner that stands still longer than its claim holds loses its run visibly, and what it writes later is refused.
 * Method: of two real processes on the same run, the one that owns it is stopped by the system, or by an action of its own that
 * computes for long; the other one takes over, and then the first one goes on as if nothing had been.
 */
import type { Envelope } from "@dagflow/protocol"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Latch } from "./Assignment.ts"
import type { CrashProcess } from "./CrashProcess.ts"
import { CrashSite } from "./CrashSite.ts"
import { crashStores } from "./CrashStore.ts"
import { complaintsAbout } from "./RunRecord.ts"
import { Standby } from "./Standby.ts"
import { Trial } from "./Trial.ts"

const deadlineMillis = 60_000

/** Long enough for a process that is only late on a busy machine, and short enough to wait for. */
const leaseMillis = 2500

const hourMillis = 3_600_000

/** How long a take-over may take before the frozen process is suspected to hold a lock of the store. */
const patienceMillis = 2 * leaseMillis + 2000

/** What the engine logs for people, with the nodes that were interrupted, or whose work is refused. */
const warning =
  /Warn run "r1" was taken over by another owner.*(interrupted here|done here for nothing): [^;]*"free"/

const standby = new Standby(2)

afterAll(() => standby.close())

const until = async (
  what: string,
  isTrue: () => Promise<boolean> | boolean,
  millis = deadlineMillis
): Promise<void> => {
  const deadline = Date.now() + millis
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await pause(10)
  }
}

/** Whether the log tells that a process owned the run, and the other one after it, each in an epoch of its own. */
const isHandedOver = (log: ReadonlyArray<Envelope.Envelope>, first: string, second: string): boolean => {
  const owners = log.flatMap(({ epoch, event }) =>
    event._tag === "RunOwned" ? [`${event.owner} ${epoch}`] : []
  )
  // On a very busy machine a claim may run out before its time, so that this is not always from epoch 1 to epoch 2.
  return owners.some(
    (owner, place) => owner === `${first} ${place + 1}` && owners[place + 1] === `${second} ${place + 2}`
  )
}

describe.each(crashStores.map((store) => [store.name, store] as const))(
  "an owner that stands still on %s",
  (_, store) => {
    let site: CrashSite

    beforeEach(async () => {
      site = await CrashSite.make(store)
    })

    afterEach(() => site.close())

    const did = (kind: string, owner: string) =>
      site.ledger().filter((entry) => entry.kind === kind && entry.owner === owner)

    /** Two processes, one of which is in the middle of the node `free`. */
    const begun = async (latch: Omit<Latch, "event"> = {}, clocks?: ReadonlyArray<number>) => {
      const trial = new Trial({
        site,
        standby,
        processes: 2,
        runs: ["r1"],
        points: [],
        leaseMillis,
        latch: { event: "NodeStarted free", ...latch },
        ...(clocks !== undefined && { clocks })
      })
      await trial.begin()
      await until("somebody is in the middle", () => site.ledger().some(({ name }) => name === "free"))
      const { owner, process } = await trial.ownerOf("r1")
      return { trial, process, first: owner, second: owner === "p1" ? "p2" : "p1" }
    }

    const isTakenBy = (owner: string) => async () => (await site.row("r1"))?.owner === owner

    /** Lets a process stand still until another one has its run. */
    const freezeUntilTaken = async (process: CrashProcess, by: string): Promise<void> => {
      for (let tries = 0; tries < 10; tries++) {
        process.freeze()
        const taken = until(`${by} takes over`, isTakenBy(by), patienceMillis)
        if (
          await taken.then(
            () => true,
            () => false
          )
        )
          return
        // One that was stopped inside of a transaction holds its lock for as long as it stands still.
        const seen = (await site.row("r1"))?.leaseUntilMillis
        process.thaw()
        await until("it prolongs its claim, outside of any transaction", async () => {
          const row = await site.row("r1")
          return row?.leaseUntilMillis !== seen || row?.owner === by
        })
        if (await isTakenBy(by)()) return
      }
      throw new Error(`${by} has never taken over`)
    }

    const recordOf = async (trial: Trial) => ({
      runId: "r1",
      log: await site.log("r1"),
      ledger: site.ledger().filter((entry) => entry.runId === "r1"),
      row: await site.row("r1"),
      dead: trial.dead
    })

    it("has its late result refused and told, and the log stays as it is", { timeout: 120_000 }, async () => {
      const { first, process, second, trial } = await begun()
      await freezeUntilTaken(process, second)
      trial.release()
      await until("the other one ends the run", async () => (await site.row("r1"))?.status === "completed")
      const ended = await site.log("r1")
      process.thaw()
      expect(await trial.end()).toEqual([])
      const record = await recordOf(trial)
      expect(record.log).toEqual(ended)
      expect(isHandedOver(record.log, first, second)).toBe(true)
      expect(did("lost", first).length).toBeGreaterThan(0)
      expect(complaintsAbout(record, record)).toEqual([])
    })

    it("has what it does interrupted once it goes on, and says so", { timeout: 120_000 }, async () => {
      const { first, process, second, trial } = await begun()
      await freezeUntilTaken(process, second)
      await until("the other one is in the middle", () =>
        did("action", second).some(({ name }) => name === "free")
      )
      process.thaw()
      await until("it is interrupted", () => did("stopped", first).some(({ name }) => name === "free"))
      await until("it is told", () => did("lost", first).length > 0)
      await until("the loss is logged", () => warning.test(process.logged))
      trial.release()
      expect(await trial.end()).toEqual([])
      const record = await recordOf(trial)
      expect(isHandedOver(record.log, first, second)).toBe(true)
      expect(complaintsAbout(record, record)).toEqual([])
    })

    it(
      "by an action that stops its whole process loses the run, and nothing is recorded twice",
      { timeout: 120_000 },
      async () => {
        const { first, process, second, trial } = await begun({ isBlocking: true })
        await until("the other one takes over", isTakenBy(second))
        await until("the other one is in the middle", () =>
          did("action", second).some(({ name }) => name === "free")
        )
        trial.release()
        expect(await trial.end()).toEqual([])
        const record = await recordOf(trial)
        expect(isHandedOver(record.log, first, second)).toBe(true)
        expect(did("lost", first).length).toBeGreaterThan(0)
        await until("the loss is logged", () => warning.test(process.logged))
        expect(complaintsAbout(record, record)).toEqual([])
      }
    )

    it.each([
      ["ahead", hourMillis],
      ["behind", -hourMillis]
    ])(
      "keeps its run while it lives, and loses it once it stands still, when its clock is an hour %s",
      { timeout: 120_000 },
      async (_direction, aheadMillis) => {
        const { first, process, second, trial } = await begun({}, [aheadMillis, 0])
        expect(first).toBe("p1")
        const prolonged = new Set<number | undefined>()
        // Each prolongation comes a third of a claim after the one before: this is longer than a claim lasts.
        await until("the claim is prolonged again and again", async () => {
          prolonged.add((await site.row("r1"))?.leaseUntilMillis)
          return prolonged.size > 5
        })
        expect(await site.row("r1")).toMatchObject({ owner: "p1", epoch: 1 })
        await freezeUntilTaken(process, second)
        await until("the other one is in the middle", () =>
          did("action", second).some(({ name }) => name === "free")
        )
        process.thaw()
        await until("it is told", () => did("lost", first).length > 0)
        await until("the loss is logged", () => warning.test(process.logged))
        trial.release()
        expect(await trial.end()).toEqual([])
        const record = await recordOf(trial)
        expect(isHandedOver(record.log, first, second)).toBe(true)
        expect(complaintsAbout(record, record)).toEqual([])
      }
    )
  }
)
