/*
 * Goal: runs outlive their process, and other processes can watch and command them.
 * Method: one process runs a flow that holds at a node until a file is there; others follow it, cancel it, pause it or
 * go on with it after kill -9. What ran is noted by the actions themselves, in a file.
 */
import { writeFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { dagflow, lines, Place, type Running, start, until } from "../Dagflow.ts"

let place: Place
let started: Array<Running>

beforeEach(() => {
  place = new Place()
  started = []
})

afterEach(async () => {
  for (const { child, ended } of started) {
    child.kill("SIGKILL")
    await ended
  }
  place.remove()
})

const spawn = (...words: ReadonlyArray<string>): Running => {
  const running = start([...words, "--store", place.store])
  started.push(running)
  return running
}

/** A run that holds, in a process of its own. */
const holding = async (): Promise<Running> => {
  const running = spawn("run", "hold.yaml", "--id", "r1", ...place.inputs)
  await until("the flow holds", () => place.journaled().includes("held 1"))
  return running
}

const release = (): void => writeFileSync(place.until, "")

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", place.store])

describe("a run of another process", () => {
  it("is followed by events -f to its end", async () => {
    const running = await holding()
    const following = spawn("events", "r1", "-f", "--json")
    await until("the past is there", () =>
      following.printed().stdout.includes('"NodeStarted","nodeId":"held"')
    )
    release()
    const followed = await following.ended
    expect((await running.ended).exit).toBe(0)
    expect(followed.exit).toBe(0)
    const all = lines(followed.stdout)
    expect(all.at(-2)).toMatchObject({ event: { _tag: "RunCompleted" } })
    expect(all.at(-1)).toMatchObject({ type: "cli.result", state: "completed", exit: 0 })
    const recorded = await ask("events", "r1", "--json")
    expect(all.slice(0, -1)).toEqual(lines(recorded.stdout))
  })

  it("is cancelled by its owner when told so", async () => {
    const running = await holding()
    const cancelled = await ask("cancel", "r1")
    expect([cancelled.exit, cancelled.stderr]).toEqual([0, ""])
    expect(cancelled.stdout).toMatch(/^r1 cancelled \(event \d+\)\n$/)
    expect((await running.ended).exit).toBe(5)
    expect((await ask("cancel", "r1")).stdout).toBe("r1 was cancelled already\n")
  })

  it("is paused by its owner when told so, and goes on with resume", async () => {
    const running = await holding()
    const paused = await ask("pause", "r1", "--reason", "lunch")
    expect(paused.exit).toBe(0)
    expect(paused.stdout).toContain("dagflow resume r1")
    release()
    const left = await running.ended
    expect(left.exit).toBe(4)
    expect(left.stdout).toContain("lunch")
    expect(place.journaled()).toEqual(["before 1", "held 1"])
    expect((await ask("resume", "r1")).exit).toBe(0)
    expect(place.journaled()).toEqual(["before 1", "held 1", "after 1"])
  })

  it("shows where it stands, in a list and in sentences", async () => {
    await holding()
    expect((await ask("runs")).stdout).toMatch(/^● running {4}r1 {2}hold .*\n$/)
    const shown = await ask("show", "r1")
    expect(shown.stdout).toMatch(/^● running r1 of flow hold, for /)
    expect(shown.stdout).toMatch(/^● running {3}held/m)
    expect(shown.stdout).toMatch(/^· pending {3}after .* waits for held$/m)
  })
})

describe("after kill -9", () => {
  it("resume goes on at once, and no node that had completed runs again", async () => {
    const running = await holding()
    running.child.kill("SIGKILL")
    await running.ended
    release()
    const begun = Date.now()
    const resumed = await ask("resume", "r1")
    expect(resumed.exit).toBe(0)
    expect(place.journaled()).toEqual(["before 1", "held 1", "held 2", "after 1"])
    // The claim of the dead process would have lasted ten seconds: nobody waited for it to run out.
    const { stdout } = await ask("events", "r1", "--json")
    const owned = lines(stdout).filter((line) => (line["event"] as { _tag: string })._tag === "RunOwned")
    expect(owned).toHaveLength(2)
    expect((owned[1]?.["at"] as number) - begun).toBeLessThan(9000)
    expect(resumed.stderr).toContain("taken up at event")
  })

  it("run with the same id goes on instead of starting anew", async () => {
    const running = await holding()
    running.child.kill("SIGKILL")
    await running.ended
    release()
    expect((await ask("run", "hold.yaml", "--id", "r1", ...place.inputs)).exit).toBe(0)
    expect(place.journaled()).toEqual(["before 1", "held 1", "held 2", "after 1"])
    // And once more: the run has ended, nothing runs, and the answer is the same.
    const again = await ask("run", "hold.yaml", "--id", "r1", ...place.inputs)
    expect([again.exit, place.journaled().length]).toEqual([0, 4])
    expect(again.stdout).toContain("completed")
    expect(again.stderr).toMatch(/^r1 has ended: it was completed at event \d+, and nothing of it runs again/)
    // Other inputs under the same id would be answered with what the old ones gave.
    const other = await ask("run", "hold.yaml", "--id", "r1", ...place.inputs, "--input", "until=elsewhere")
    expect([other.exit, other.stdout]).toEqual([8, ""])
    expect(other.stderr).toContain(
      'error[InputsChanged]: run "r1": it was started with other inputs than those given (until)'
    )
  })

  it("cancel takes the run up and cancels it, without running any of its actions", async () => {
    const running = await holding()
    running.child.kill("SIGKILL")
    await running.ended
    const cancelled = await ask("cancel", "r1", "--reason", "the machine went down")
    expect(cancelled.exit).toBe(0)
    expect(place.journaled()).toEqual(["before 1", "held 1"])
    const shown = await ask("show", "r1")
    expect(shown.stdout).toContain("cancelled r1")
    // Not even the log has a start of what was about to be cancelled.
    const { stdout } = await ask("events", "r1", "--json")
    const starts = lines(stdout).filter((line) => (line["event"] as { _tag: string })._tag === "NodeStarted")
    expect(starts.map(({ epoch }) => epoch)).toEqual([1, 1])
  })

  it("a process without the run's actions can cancel it, and says why it cannot resume it", async () => {
    const running = await holding()
    running.child.kill("SIGKILL")
    await running.ended
    const elsewhere = { cwd: place.folder }
    const resumed = await dagflow(["resume", "r1", "--store", place.store], elsewhere)
    expect(resumed.exit).toBe(3)
    expect(resumed.stderr).toContain("not registered here: hold, note")
    expect(resumed.stderr).toContain("come with its module: dagflow resume r1 --flow <module.ts>")
    expect((await dagflow(["cancel", "r1", "--store", place.store], elsewhere)).exit).toBe(0)
  })
})

describe("after kill -9 of a run with child runs", () => {
  it("cancel ends those below it, too, without any of their actions", async () => {
    const running = spawn("run", "nested.yaml", "--id", "r1", ...place.inputs)
    await until("both hold", () => place.journaled().filter((line) => line === "held 1").length === 2)
    running.child.kill("SIGKILL")
    await running.ended
    const before = place.journaled()
    const cancelled = await dagflow(["cancel", "r1", "--store", place.store], { cwd: place.folder })
    expect([cancelled.exit, cancelled.stderr]).toEqual([0, ""])
    expect(place.journaled()).toEqual(before)
    const listed = lines((await ask("runs", "--json")).stdout)[0]?.["runs"]
    expect(listed).toHaveLength(5)
    expect(new Set((listed as ReadonlyArray<{ status: string }>).map(({ status }) => status))).toEqual(
      new Set(["cancelled"])
    )
  })
})

describe("after kill -9 of a run with a reducer of its own", () => {
  const climbing = async (): Promise<void> => {
    const running = spawn("run", "climb.ts", "--id", "r1", ...place.inputs)
    await until("the first step is there", () => place.journaled().includes("first 1"))
    running.child.kill("SIGKILL")
    await running.ended
  }

  it("resume goes on with the flow's module", async () => {
    await climbing()
    release()
    const resumed = await ask("resume", "r1", "--flow", "climb.ts")
    expect([resumed.exit, resumed.stdout]).toEqual([0, expect.stringContaining("top.best 7")])
  })

  it("cancel needs neither the module nor the reducer", async () => {
    await climbing()
    const cancelled = await dagflow(["cancel", "r1", "--store", place.store], { cwd: place.folder })
    expect([cancelled.exit, cancelled.stderr]).toEqual([0, ""])
    expect(place.journaled()).toEqual(["first 1"])
  })
})

describe("naming a run", () => {
  it("takes the whole id, a beginning that no other run has, and @last", async () => {
    for (const id of ["nightly-1", "nightly-2", "weekly-1"]) {
      await ask("run", "hello.yaml", "--id", id, "-q")
    }
    expect((await ask("show", "weekly")).stdout).toContain("weekly-1")
    expect((await ask("show", "nightly-1")).stdout).toContain("nightly-1")
    expect((await ask("show", "@last")).stdout).toContain("weekly-1")
    const ambiguous = await ask("show", "night")
    expect(ambiguous.exit).toBe(2)
    expect(ambiguous.stderr).toContain("nightly-2, nightly-1")
  })
})
