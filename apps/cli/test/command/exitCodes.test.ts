/*
 * Goal: each exit code means what the table says.
 * Method: the real command is brought into each of the situations, one test per row of the table.
 */
import { StoreDriver } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { exitCodes } from "../../src/output/ExitCode.ts"
import { dagflow, Place, start, until } from "../Dagflow.ts"

let place: Place

beforeEach(() => {
  place = new Place()
})

afterEach(() => place.remove())

const memory = ["--store", "memory:"]

/** A run that holds, once it does. */
const holding = async (...words: ReadonlyArray<string>) => {
  const running = start(["run", "hold.yaml", "--id", "r1", "--store", place.store, ...place.inputs, ...words])
  await until("the flow holds", () => place.journaled().includes("held 1"))
  return running
}

describe("exit code", () => {
  it("exits with 0: a run completed", async () => {
    const { exit, stdout } = await dagflow(["run", "hello.yaml", ...memory])
    expect(exit).toBe(0)
    expect(stdout).toContain("completed")
  })

  it("exits with 1: a run failed", async () => {
    const { exit, stderr } = await dagflow(["run", "fail.yaml", ...memory])
    expect(exit).toBe(1)
    expect(stderr).toContain("error[NodesFailed]")
  })

  it.each([
    [["run"], "the argument <flow> is missing"],
    [["rnu", "hello.yaml"], 'unknown command "rnu"; did you mean run?'],
    [["run", "hello.yaml", "--stroe", "memory:"], "unknown flag --stroe; did you mean --store?"],
    [["run", "hello.yaml", "--concurrency", "0"], "a whole number from 1 to 10000"],
    [["run", "hello.yaml", "--timeout", "soon"], "a duration such as"],
    [["run", "hello.yaml", "--input", "name", ...memory], "not of the form name=value"],
    [["run", "hello.yaml", "--store", "flow.db"], '"flow.db" is no store'],
    [["completion", "tcsh"], "tcsh"]
  ])("exits with 2: the command line %j is wrong", async (words, message) => {
    const { exit, stderr, stdout } = await dagflow(words)
    expect(exit).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(3)
    expect(stdout).toBe("")
  })

  it("exits with 3: a definition is invalid", async () => {
    expect((await dagflow(["run", "invalid.yaml", ...memory])).exit).toBe(3)
    expect((await dagflow(["validate", "invalid.yaml"])).exit).toBe(3)
    const unknown = await dagflow(["run", "hello.yaml", "--input", "nmae=Ada", ...memory])
    expect(unknown.exit).toBe(3)
    expect(unknown.stderr).toContain("nmae")
  })

  it("exits with 4: a run is paused and waits for somebody, who can resume it", async () => {
    const paused = await dagflow(["run", "pause.yaml", "--id", "r1", "--store", place.store])
    expect(paused.exit).toBe(4)
    expect(paused.stdout).toContain(`next  dagflow resume r1 --store ${place.store}`)
    const resumed = await dagflow(["resume", "r1", "--store", place.store])
    expect(resumed.exit).toBe(0)
    expect(resumed.stderr).toMatch(/completed retried .*attempt=2/)
  })

  it("exits with 5: a run was cancelled by another process while this one followed it", async () => {
    const running = await holding()
    const cancelled = await dagflow(["cancel", "r1", "--reason", "not today", "--store", place.store])
    expect(cancelled.exit).toBe(0)
    const { exit, stdout } = await running.ended
    expect(exit).toBe(5)
    expect(stdout).toContain("not today")
  })

  it.each([
    [["run", "helo.yaml"], "did you mean hello.yaml?"],
    [["show", "no-such-run"], 'there is no run "no-such-run"'],
    [["run", "flows.ts#double"], "it exports the flows broken, doubled, halved"],
    [["run", "hello.yaml", "--config", "gone.ts"], "there is no configuration"],
    [["-C", "gone", "runs"], "there is no folder gone"]
  ])("exits with 6: %j names what is not there", async (words, message) => {
    const { exit, stderr } = await dagflow([...words, "--store", place.store])
    expect(exit).toBe(6)
    expect(stderr).toContain(message)
  })

  it("exits with 7: the store cannot be opened", async () => {
    const file = path.join(place.folder, "no-database")
    writeFileSync(file, "this is text, and long enough to be no database at all".repeat(20))
    for (const words of [["run", "hello.yaml"], ["runs"], ["events", "r1"]]) {
      const { exit, stderr } = await dagflow([...words, "--store", `sqlite:${file}`])
      expect([words, exit]).toEqual([words, 7])
      expect(stderr).toContain("cannot be opened")
    }
    mkdirSync(path.join(place.folder, "folder"))
    expect((await dagflow(["runs", "--store", `sqlite:${place.folder}/folder`])).exit).toBe(7)
  })

  it("exits with 8: another process owns the run, or the run refuses the command", async () => {
    const running = await holding()
    const taken = await dagflow(["resume", "r1", "--store", place.store])
    expect(taken.exit).toBe(8)
    expect(taken.stderr).toContain("RunNotOwned")
    const changed = await dagflow(["run", "hello.yaml", "--id", "r1", "--store", place.store])
    expect(changed.exit).toBe(8)
    writeFileSync(place.until, "")
    expect((await running.ended).exit).toBe(0)
    const late = await dagflow(["cancel", "r1", "--store", place.store])
    expect(late.exit).toBe(8)
    expect(late.stderr).toContain("the run is completed")
  })

  it("exits with 9: a limit was hit", async () => {
    const { exit, stderr } = await dagflow(["run", "huge.yaml", ...memory])
    expect(exit).toBe(9)
    expect(stderr).toContain("payloadBytesMax")
  })

  it("exits with 70: code threw where nothing could catch it, and no stack is printed", async () => {
    const { exit, stderr } = await dagflow(["run", "stray.yaml", ...memory])
    expect(exit).toBe(70)
    expect(stderr).toContain("RangeError: thrown in a timer")
    expect(stderr).toMatch(/report it .* with the trace in \S+\.txt/)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it("exits with 70: an action ended the process, and what was asked for is not done", async () => {
    const { exit, stderr, stdout } = await dagflow(["run", "quit.yaml", "--id", "r1", "--store", place.store])
    expect(exit).toBe(70)
    expect(stdout).toBe("")
    expect(stderr).toContain("error[ProcessEnded]")
    expect(stderr).toContain("process.exit(0)")
    expect(stderr).toContain("resume goes on with them")
    const shown = await dagflow(["run", "quit.yaml", "--id", "r1", "--json", "--store", place.store])
    const last: unknown = JSON.parse(shown.stderr.trimEnd().split("\n").at(-1) ?? "")
    expect(last).toMatchObject({ schema: "dagflow.error/1", code: "ProcessEnded", exit: 70 })
  })

  it("exits with 124: the time of --timeout was over, and the run can be resumed", async () => {
    const words = ["run", "hold.yaml", "--id", "r1", "--timeout", "1500ms", "--grace", "0s"]
    const { exit, stdout } = await dagflow([...words, "--store", place.store, ...place.inputs])
    expect(exit).toBe(124)
    expect(stdout).toContain("parked at event")
    writeFileSync(place.until, "")
    const resumed = await dagflow(["resume", "r1", "--store", place.store])
    expect(resumed.exit).toBe(0)
    expect(place.journaled().filter((line) => line.startsWith("before"))).toEqual(["before 1"])
  })

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143]
  ] as const)(
    "%s: the run is parked, exit code %i, and the printed command resumes it",
    async (signal, code) => {
      const running = await holding("--grace", "100ms")
      running.child.kill(signal)
      const { exit, stderr, stdout } = await running.ended
      expect(exit).toBe(code)
      expect(stderr).toContain("Parking: no new nodes; waiting for 1 running attempt;")
      const [, command = ""] = /next {2}dagflow (.*)/.exec(stdout) ?? []
      expect(command).toBe(`resume r1 --store ${place.store}`)
      writeFileSync(place.until, "")
      expect((await dagflow(command.split(" "))).exit).toBe(0)
      expect(place.journaled().filter((line) => !line.startsWith("held"))).toEqual(["before 1", "after 1"])
    }
  )

  it("help exit-codes lists each of them", async () => {
    const { stdout } = await dagflow(["help", "exit-codes"])
    for (const { code, meaning } of exitCodes) expect(stdout).toContain(`${code}  ${meaning}`)
    expect(exitCodes.map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70, 124, 130, 143])
  })
})

describe("signals", () => {
  it("parking lets running attempts end, and starts nothing more", async () => {
    const running = await holding("--grace", "20s")
    running.child.kill("SIGINT")
    await until("it parks", () => running.printed().stderr.includes("Parking"))
    writeFileSync(place.until, "")
    const { exit } = await running.ended
    expect(exit).toBe(130)
    expect(place.journaled()).toEqual(["before 1", "held 1"])
    const resumed = await dagflow(["resume", "@last", "--store", place.store])
    expect(resumed.exit).toBe(0)
    expect(place.journaled()).toEqual(["before 1", "held 1", "after 1"])
  })

  it("SIGTERM lets running attempts end, gives the run back, and exits with 143", async () => {
    const running = await holding("--grace", "20s")
    running.child.kill("SIGTERM")
    await until("it parks", () => running.printed().stderr.includes("Parking"))
    writeFileSync(place.until, "")
    expect((await running.ended).exit).toBe(143)
    expect(place.journaled()).toEqual(["before 1", "held 1"])
    const get = Effect.flatMap(StoreDriver, (store) => store.get("r1"))
    const row = await Effect.runPromise(Effect.provide(get, SqliteStore.layer(place.store)))
    expect(row).toMatchObject({ status: "running", owner: undefined, leaseUntilMillis: 0 })
    expect((await dagflow(["resume", "r1", "--store", place.store])).exit).toBe(0)
    expect(place.journaled()).toEqual(["before 1", "held 1", "after 1"])
  })

  it("a second Ctrl-C cancels the run", async () => {
    const running = await holding("--grace", "20s")
    running.child.kill("SIGINT")
    await until("it parks", () => running.printed().stderr.includes("Parking"))
    running.child.kill("SIGINT")
    const { exit, stdout } = await running.ended
    expect(exit).toBe(5)
    expect(stdout).toContain("cancelled")
    expect((await dagflow(["show", "r1", "--store", place.store])).stdout).toContain("cancelled r1")
  })

  it("a third Ctrl-C ends the process at once, also when an action does not listen", async () => {
    const words = ["run", "deaf.yaml", "--id", "r1", "--grace", "1h", "--store", place.store, ...place.inputs]
    const running = start(words)
    await until("the flow holds", () => place.journaled().length > 0)
    running.child.kill("SIGINT")
    await until("it parks", () => running.printed().stderr.includes("Parking"))
    running.child.kill("SIGINT")
    await until("it cancels", () => running.printed().stderr.includes("Cancelling"))
    running.child.kill("SIGINT")
    expect((await running.ended).exit).toBe(130)
    // What is in the store is whole, and whoever takes the run up cancels what was left.
    expect((await dagflow(["cancel", "r1", "--store", place.store])).exit).toBe(0)
  })
})
