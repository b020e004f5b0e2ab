/*
 * Goal: on a terminal the window keeps its manners: a few lines, no flood, nothing of the user's lost, and the terminal
 * as it was on every way out.
 * Method: the real command runs on a pseudo-terminal whose output goes to a terminal emulator with scrollback.
 */
import { writeFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { Place, until } from "../Dagflow.ts"
import { TerminalSession } from "../TerminalSession.ts"

let place: Place
let session: TerminalSession | undefined

beforeEach(() => {
  place = new Place()
  session = undefined
})

afterEach(() => {
  session?.kill()
  place.remove()
})

const open = (words: ReadonlyArray<string>, columns = 80, rows = 24): TerminalSession => {
  session = new TerminalSession([...words, "--store", place.store], columns, rows, {
    DAGFLOW_TEST_UNTIL: place.until
  })
  return session
}

/** The lines of a frame's window: those from its rule on. */
const windowOf = (frame: string): ReadonlyArray<string> => {
  const rule = frame.lastIndexOf("─".repeat(8))
  return rule < 0 ? [] : frame.slice(frame.lastIndexOf("\n", rule) + 1).split("\n")
}

describe("on a terminal", () => {
  it.each(["alike", "mixed"])(
    "of ten rows, two hundred parallel nodes (%s) take eight lines, and lose nothing above",
    async (flow) => {
      const { ended, terminal } = open(["run", `wide.mjs#${flow}`, "--id", "r1"], 80, 10)
      await until(
        "all run",
        () => session?.shown.includes(flow === "alike" ? "200 running" : "180 running") === true
      )
      writeFileSync(place.until, "")
      await ended
      const heights = (session?.frames ?? []).map((frame) => windowOf(frame).length)
      expect(Math.max(...heights)).toBeLessThanOrEqual(8)
      expect(heights.length).toBeGreaterThan(1)
      const lines = await terminal.lines()
      expect(lines[0]).toBe("before the run")
      expect(lines.at(-1)).toBe("exit code 0")
      expect(lines.some((line) => line.startsWith("─"))).toBe(false)
      expect(lines.filter((line) => line === "printed by 50")).toHaveLength(1)
      expect(terminal.hasCursor).toBe(true)
    }
  )

  it("nothing clears the screen or its scrollback, and frames come at most ten times a second", async () => {
    const { ended } = open(["run", "wide.mjs#mixed"], 100, 30)
    await until("all run", () => session?.shown.includes("180 running") === true)
    writeFileSync(place.until, "")
    await ended
    const text = session?.text ?? ""
    for (const code of ["\u001b[2J", "\u001b[3J", "\u001bc", "\u001b[?1049h"])
      expect(text).not.toContain(code)
    const starts = (session?.pieces ?? []).filter((piece) => piece.text.includes("\u001b[?2026h"))
    const seconds = ((starts.at(-1)?.atMillis ?? 0) - (starts[0]?.atMillis ?? 0)) / 1000
    expect(session?.frames.length ?? 0).toBeLessThanOrEqual(10 * (seconds + 1) + 1)
  })

  it("a window in which nothing happens is drawn about once a second", async () => {
    open(["run", "hold.yaml", ...place.inputs])
    await until("it holds", () => session?.shown.includes("running   held") === true)
    const before = session?.frames.length ?? 0
    const clocks = () => new Set((session?.shown ?? "").match(/\d\d:\d\d {3}/g))
    const seen = clocks().size
    await until("three seconds on the clock of the window", () => clocks().size >= seen + 3)
    expect((session?.frames.length ?? 0) - before).toBeLessThanOrEqual(5)
    writeFileSync(place.until, "")
    await session?.ended
  })

  it("after a defect the cursor is back and the message stands below what was there", async () => {
    const { ended, terminal } = open(["run", "stray.yaml"])
    await ended
    expect(terminal.hasCursor).toBe(true)
    const lines = await terminal.lines()
    expect(lines[0]).toBe("before the run")
    expect(lines.at(-1)).toBe("exit code 70")
    expect(lines.some((line) => line.includes("thrown in a timer"))).toBe(true)
    expect(lines.some((line) => line.startsWith("─"))).toBe(false)
  })

  it("Ctrl-C parks the run, the window goes, and the resume command is the last thing said", async () => {
    const { ended, terminal } = open(["run", "hold.yaml", "--id", "r1", "--grace", "100ms", ...place.inputs])
    await until("it holds", () => session?.shown.includes("running   held") === true)
    session?.interrupt()
    await ended
    expect(terminal.hasCursor).toBe(true)
    const lines = await terminal.lines()
    expect(lines.join("\n")).toContain("Parking: no new nodes; waiting for 1 running attempt;")
    const place1 = lines.findIndex((line) => line.startsWith("= r1 parked at event"))
    expect(lines[place1 + 1]).toContain("next  dagflow resume r1")
    expect(lines.at(-1)).toBe("exit code 130")
  })

  it("a terminal that becomes smaller gets a window that fits", async () => {
    const { ended, terminal } = open(["run", "wide.mjs#mixed"], 120, 40)
    await until("all run", () => session?.shown.includes("180 running") === true)
    const before = session?.frames.length ?? 0
    session?.resize(60, 12)
    await until("it is drawn anew", () => (session?.frames.length ?? 0) > before + 1)
    const [last = ""] = (session?.frames ?? []).slice(-1)
    expect(windowOf(last).length).toBeLessThanOrEqual(10)
    writeFileSync(place.until, "")
    await ended
    expect(await terminal.lines()).toContain("before the run")
  })

  it("the window shows counts, what runs, and what one may do; each state as a word", async () => {
    const { ended, terminal } = open(["run", "hold.yaml", "--id", "r1", ...place.inputs], 72, 24)
    await until("it holds", () => session?.shown.includes("running   held") === true)
    const lines = (await terminal.lines()).map((line) => line.replace(/\d\d:\d\d|\d+\.\ds/g, "T"))
    expect(lines.slice(-4)).toEqual([
      "● running   T   1 completed  1 running  1 pending",
      "           3 known   slots 1/16",
      expect.stringMatching(/^● running {3}held +T$/),
      "                                    Ctrl-C parks the run, twice cancels"
    ])
    writeFileSync(place.until, "")
    await ended
  })

  it("TERM=dumb, CI and a terminal of few rows get lines instead of a window", async () => {
    for (const [env, rows] of [
      [{ TERM: "dumb" }, 24],
      [{ CI: "true" }, 24],
      [{}, 7]
    ] as const) {
      const plain = new TerminalSession(
        ["run", "hello.yaml", "--store", "memory:", "--no-color"],
        80,
        rows,
        env
      )
      await plain.ended
      expect(plain.text).not.toContain("\u001b[?25l")
      expect(plain.text).toMatch(/0:0\d\.\d completed greet/)
    }
  })
})
