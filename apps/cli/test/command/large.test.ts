/*
 * Goal: what is large stays readable: a run that grows to ten thousand nodes, a flow of as many with five hundred mistakes,
 * and the picture of it.
 * Method: the real command, in a pipe and on a pseudo-terminal.
 */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { dagflow, Place } from "../Dagflow.ts"
import { TerminalSession } from "../TerminalSession.ts"

let place: Place

beforeEach(() => {
  place = new Place()
})

afterEach(() => place.remove())

const planned = ["--config", "rounds.config.ts", "--store", "memory:"]

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

describe("a run that grows to 10,000 nodes", () => {
  it("writes fewer than 200 lines to a pipe, and says how it grew and how it ended", async () => {
    const { exit, stderr, stdout } = await dagflow(["run", "rounds.yaml", "--id", "r1", ...planned])
    expect(exit).toBe(0)
    expect(linesOf(stdout + stderr).length).toBeLessThan(200)
    expect(stdout).toContain("10,001 nodes, 10,000 grown: 10,001 completed")
    expect(stderr.match(/ grew +round-\d \+1,000 nodes \+999 edges hook=rounds$/gm)).toHaveLength(10)
    expect(stderr).toMatch(/ completed r1 10,001 completed\n$/)
  }, 60_000)

  it("on a terminal of ten rows takes at most eight of them, ten times a second, and scrolls little", async () => {
    const session = new TerminalSession(["run", "rounds.yaml", "--id", "r1", ...planned], 80, 10, {})
    await session.ended
    const windows = session.frames.map((frame) => frame.slice(frame.lastIndexOf("─".repeat(8))))
    expect(windows.length).toBeGreaterThan(1)
    expect(Math.max(...windows.map((window) => window.split("\n").length))).toBeLessThanOrEqual(8)
    const drawn = session.pieces.filter(({ text }) => text.includes("\u001b[?2026h"))
    const seconds = ((drawn.at(-1)?.atMillis ?? 0) - (drawn[0]?.atMillis ?? 0)) / 1000
    expect(session.frames.length).toBeLessThanOrEqual(10 * (seconds + 1) + 1)
    const lines = await session.terminal.lines()
    expect(lines.length).toBeLessThan(200)
    expect([lines[0], lines.at(-1)]).toEqual(["before the run", "exit code 0"])
    expect(session.terminal.hasCursor).toBe(true)
  }, 60_000)
})

describe("a flow of 10,000 nodes", () => {
  /** A chain of groups; every twentieth node names an action that does not exist. */
  const flow = (mistakes: boolean): string => {
    const nodes = Array.from({ length: 10_000 }, (_, index) => {
      const action = mistakes && index % 20 === 0 ? "gret" : "greet"
      const before = index < 100 ? "" : `, dependencies: [n${index - 100}]`
      return `  n${index}: { action: ${action}, inputs: { name: Ada }${before} }`
    })
    return `name: large\nnodes:\n${nodes.join("\n")}\n`
  }

  it("with 500 mistakes has a list of the first fifty, each with its place, and the number of all", async () => {
    const { exit, stdout } = await dagflow(["validate", "-"], { input: flow(true) })
    const lines = linesOf(stdout)
    expect(exit).toBe(3)
    const listed = lines.filter((line) => line.includes("error[UnknownAction]"))
    expect(listed).toHaveLength(50)
    expect(listed[1]).toBe(
      '<standard input>:23:18: error[UnknownAction]: node "n20" asks for action "gret", which is not registered'
    )
    expect(lines).toContain("… 450 more problems, 500 in total")
    expect(lines).toContain("✗ -: 500 errors")
    expect(lines.length).toBeLessThanOrEqual(50 * 6 + 3)
    const asJson = await dagflow(["validate", "-", "--json"], { input: flow(true) })
    expect(JSON.parse(asJson.stdout)).toMatchObject({ valid: false, errors: 500, warnings: 0 })
  }, 60_000)

  it("is checked, and drawn in a few lines with the number of what is folded", async () => {
    writeFileSync(path.join(place.folder, "large.yaml"), flow(false))
    const file = path.join(place.folder, "large.yaml")
    const checked = await dagflow(["validate", file, "--config", "dagflow.config.ts"])
    expect([checked.exit, checked.stdout]).toEqual([0, `✓ ${file}: flow large is valid, 10,000 nodes\n`])
    for (const format of ["outline", "mermaid", "dot", "svg"]) {
      const { exit, stdout } = await dagflow(["graph", file, "--format", format])
      expect(exit).toBe(0)
      expect(linesOf(stdout).length, format).toBeLessThan(100)
      expect(stdout, format).toContain("10000 nodes")
    }
  }, 60_000)
})
