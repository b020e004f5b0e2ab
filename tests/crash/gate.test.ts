/**
 * Goal: nothing passes a gate before it is answered, also when the process dies at the gate. Method: a gate hook of a real
 * process waits for a file. That nothing happens meanwhile is not guessed from time that passes: another process sends the run
 * a command, and once that is recorded the run has had its turn and could have gone on.
 */
import { DagFlow } from "@dagflow/core"
import { Evolve, type Envelope } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest"
import { CrashSite } from "./CrashSite.ts"
import { crashStores } from "./CrashStore.ts"
import { eventName } from "./eventName.ts"
import { complaintsAbout } from "./RunRecord.ts"
import { Standby } from "./Standby.ts"
import { Trial } from "./Trial.ts"

const deadlineMillis = 60_000

/** Least time of a claim: an owner that is only late on a busy machine keeps its run, and can be sent commands. */
const leaseMillis = 4000

const standby = new Standby(1)

afterAll(() => standby.close())

describe.each(crashStores.map((store) => [store.name, store] as const))(
  "a gate of a process on %s",
  (_, store) => {
    let site: CrashSite
    let pokes = 0

    beforeEach(async () => {
      site = await CrashSite.make(store)
    })

    afterEach(() => site.close())

    const held = async (event: string): Promise<Trial> => {
      const trial = new Trial({
        site,
        standby,
        processes: 1,
        runs: ["r1"],
        points: [],
        latch: { event },
        leaseMillis: Math.max(leaseMillis, store.leaseMillis)
      })
      await trial.begin()
      return trial
    }

    const names = async (): Promise<ReadonlyArray<string>> =>
      (await logOf()).map(({ event }) => eventName(event))

    const logOf = async (): Promise<ReadonlyArray<Envelope.Envelope>> =>
      (await site.row("r1")) === undefined ? [] : site.log("r1")

    const questions = () => site.ledger().filter(({ kind }) => kind === "hook")

    const until = async (what: string, isTrue: () => Promise<boolean>): Promise<void> => {
      const deadline = Date.now() + deadlineMillis
      while (!(await isTrue())) {
        if (Date.now() > deadline) throw new Error(`waited in vain: ${what}\n${(await names()).join("\n")}`)
        await pause(10)
      }
    }

    /** Lets the run have a turn, and answers what it has recorded by then. */
    const afterATurn = async (): Promise<ReadonlyArray<string>> => {
      const send = Effect.flatMap(DagFlow, (dagflow) =>
        dagflow.send("r1", { _tag: "EmitEvent", id: `poke ${++pokes}`, name: "poked" })
      )
      expect(await site.use(send)).toMatchObject({ sequence: expect.any(Number) })
      return names()
    }

    it("lets other branches go on, and nothing behind it, until its hook has answered", async () => {
      const trial = await held("NodeCompleted a")
      await until("the other branches are done", async () => {
        const now = await names()
        return ["b", "c", "free-2"].every((id) => now.includes(`NodeCompleted ${id}`))
      })
      const behind = (now: ReadonlyArray<string>) =>
        now.filter((name) => /^NodeStarted (after-a|grown|z)|^NodesAdded|^RunEnding/.test(name))
      expect(behind(await afterATurn())).toEqual([])
      expect((await site.row("r1"))?.status).toBe("running")
      trial.release()
      expect(await trial.end()).toEqual([])
      expect(behind(await names())).toHaveLength(8)
    })

    it("keeps the run from ending while an answer about its last node is owed", async () => {
      const trial = await held("NodeCompleted grown-3")
      await until("the last node is done", async () => (await names()).includes("NodeCompleted grown-3"))
      expect(await afterATurn()).not.toContain("RunEnding")
      trial.release()
      expect(await trial.end()).toEqual([])
      expect((await names()).at(-1)).toBe("RunCompleted")
    })

    it("keeps the run from ending while the question about its result is open", async () => {
      const trial = await held("RunEnding")
      await until("the result is settled", async () => (await names()).includes("RunEnding"))
      const now = await afterATurn()
      expect(now).not.toContain("EventEmitted closing")
      expect(now).not.toContain("RunCompleted")
      trial.release()
      expect(await trial.end()).toEqual([])
      expect((await names()).filter((name) => name === "EventEmitted closing")).toHaveLength(1)
    })

    it("is asked again when its process is killed, and its commands are carried out once", async () => {
      const trial = await held("NodeCompleted a")
      const asked = () => {
        const about = questions().filter(({ name, number }) => name === "grow" && number === sequence)
        return about.map(({ owner }) => owner)
      }
      await until("a is done", async () => (await names()).includes("NodeCompleted a"))
      const sequence = (await names()).indexOf("NodeCompleted a") + 1
      await until("the hook is asked", async () => asked().length === 1)
      await trial.killOwner("r1")
      await until("another process asks again", async () => asked().length === 2)
      expect(asked()).toEqual(["p1", "p2"])
      expect((await afterATurn()).filter((name) => name.startsWith("NodesAdded"))).toEqual([])
      await trial.killOwner("r1")
      trial.release()
      expect(await trial.end()).toEqual([])
      const log = await logOf()
      const grown = log.filter(
        ({ event }) => event._tag === "NodesAdded" || eventName(event) === "EventEmitted grown"
      )
      expect(grown.map(({ event }) => eventName(event))).toEqual([
        "NodesAdded grown-1 grown-2",
        "EventEmitted grown",
        "NodesAdded grown-3"
      ])
      expect(new Set(grown.map(({ cause, epoch }) => `${cause?.sequence} ${epoch}`))).toEqual(
        new Set([`${sequence} 3`])
      )
      expect(Evolve.fold("r1", log).counts.completed).toBe(12)
      const ledger = site.ledger().filter(({ runId }) => runId === "r1")
      const record = { runId: "r1", log, ledger, row: await site.row("r1"), dead: trial.dead }
      expect(complaintsAbout(record, record)).toEqual([])
    })
  }
)
