import { describe, expect, it } from "vitest"
import * as Glyphs from "../../src/output/Glyphs.ts"
import * as Redactor from "../../src/output/Redactor.ts"
import * as Style from "../../src/output/Style.ts"
import type { Progress } from "../../src/progress/Progress.ts"
import * as WindowProgress from "../../src/progress/WindowProgress.ts"
import { Emulator } from "../Emulator.ts"
import { nodes, RunScript, startMillis } from "../RunScript.ts"

const look = { redactor: Redactor.make({}), verbose: false, glyphs: Glyphs.unicode, styleErr: Style.plain }

const open = (columns = 80, rows = 24, style: Style.Style = Style.plain, live = false) => {
  const terminal = new Emulator(columns, rows)
  terminal.write("before the run\n")
  const progress = WindowProgress.on(
    terminal,
    { ...look, styleErr: style },
    {
      about: "store=memory:",
      hint: "Ctrl-C parks the run, twice cancels",
      live
    }
  )
  return { terminal, progress, script: showing(new RunScript(), progress) }
}

/** A script whose events are shown as they are added. */
const showing = (script: RunScript, progress: Progress): RunScript => {
  const add = script.add.bind(script)
  script.add = (event, cause) => {
    const envelope = add(event, cause)
    progress.event(envelope, script.state)
    return envelope
  }
  return script
}

const startAll = (script: RunScript): void => {
  for (const { spec } of script.state.nodes) {
    script.add({ _tag: "NodeStarted", nodeId: spec.id, attempt: 1 })
  }
}

describe("WindowProgress", () => {
  it("keeps what happened above, and shows what goes on in the window below", async () => {
    const { progress, script, terminal } = open(72, 24)
    script.start([
      { id: "fetch", action: "http" },
      { id: "parse", action: "json", dependencies: ["fetch"], retry: { tries: 3 } },
      { id: "users", action: "sql" },
      { id: "load", action: "sql", dependencies: ["parse"] }
    ])
    script.complete("fetch", 1200)
    script.add({ _tag: "NodeStarted", nodeId: "users", attempt: 1 })
    script.fail("parse", "ECONNRESET", { retryAtMillis: script.atMillis + 2000 })
    progress.tick(startMillis + 1600)
    expect(await terminal.lines()).toEqual([
      "before the run",
      "  run       r1  nightly store=memory:",
      "✓ completed fetch                                                  1.2s",
      '~ retrying  parse  attempt=1/3 error="Error: ECONNRESET" next=2.0s 0.0s',
      "───────────────────────────────────────────────────────────────────────",
      "● running   00:01   1 completed  1 running  1 retrying  1 pending",
      "           4 known   slots 1/16",
      "~ retrying  parse                                               in 1.6s",
      "● running   users                                                  0.4s",
      "                                    Ctrl-C parks the run, twice cancels"
    ])
  })

  it.each([false, true])(
    "shows the end of what a node emits beside it while it comes; kept above: %s",
    async (live) => {
      const { progress, script, terminal } = open(60, 24, Style.plain, live)
      script.start(nodes(2, "work"))
      startAll(script)
      const emit = (index: number, value: string) =>
        progress.emitted?.({ _tag: "Emitted", nodeId: "work-1", attempt: 1, index, value }, startMillis)
      for (const [at, word] of ["It was a ", "dark and stormy", " night; the rain fell"].entries()) {
        emit(at + 1, word)
      }
      progress.tick(startMillis + 100)
      const row = async () => (await terminal.lines()).filter((line) => line.startsWith("● running   work"))
      expect(await row()).toEqual([
        "● running   work-1  … and stormy night; the rain fell  0.1s",
        "● running   work-2                                     0.1s"
      ])
      progress.emitted?.({ _tag: "EmittedAll", nodeId: "work-1", attempt: 1, count: 3 }, startMillis)
      progress.tick(startMillis + 200)
      expect((await row())[0]).toBe("● running   work-1                                     0.2s")
      const kept = (await terminal.lines()).filter((line) => line.includes("stormy"))
      expect(kept).toEqual(live ? ["  log       work-1 attempt=1  It was a dark and stormy nig…"] : [])
    }
  )

  it("leaves nothing of the window when it closes, shows the cursor, and loses no line", async () => {
    const { progress, script, terminal } = open()
    script.start(nodes(3, "work"))
    startAll(script)
    progress.tick(startMillis + 100)
    expect(terminal.hasCursor).toBe(false)
    for (const { spec } of script.state.nodes) {
      script.add({ _tag: "NodeCompleted", nodeId: spec.id, attempt: 1, outputs: {} })
    }
    progress.close(startMillis + 200)
    progress.close(startMillis + 200)
    expect(terminal.hasCursor).toBe(true)
    const lines = await terminal.lines()
    expect(lines.map((line) => line.slice(0, 20).trimEnd())).toEqual([
      "before the run",
      "  run       r1  nigh",
      "✓ completed work-1",
      "✓ completed work-2",
      "✓ completed work-3"
    ])
  })

  it.each([
    [200, 10],
    [200, 8],
    [3, 24],
    [500, 60]
  ])("never takes more lines than the terminal has room for: %i nodes on %i rows", async (count, rows) => {
    const { progress, script, terminal } = open(80, rows)
    script.start(nodes(count, "work").map((node, index) => ({ ...node, branch: `b${index}` })))
    startAll(script)
    for (let frame = 1; frame <= 20; frame++) {
      terminal.writes.length = 0
      progress.tick(startMillis + frame * 1000)
      const [drawn = ""] = terminal.writes
      const window = drawn.slice(drawn.lastIndexOf("─".repeat(5)))
      expect(window.split("\n").length).toBeLessThanOrEqual(Math.min(rows - 2, 12))
    }
    // The lines from before the run are where they were.
    expect((await terminal.lines())[0]).toBe("before the run")
  })

  it("shows siblings as one row, and failures above", async () => {
    const { progress, script, terminal } = open(80, 24)
    script.start(nodes(200, "work"), { onFailure: "continue", maxParallel: 200 })
    startAll(script)
    script.wait(2000)
    const error = { cause: "Thrown", tag: "Error", message: "no", isRetryable: true } as const
    script.add({ _tag: "NodeFailed", nodeId: "work-7", attempt: 1, error })
    progress.tick(script.atMillis)
    const lines = await terminal.lines()
    expect(lines.filter((line) => line.startsWith("✗ failed    work-7"))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith("● running   work"))).toEqual([
      "● running   work  0/200 completed, 1 failed                                2.0s"
    ])
  })

  it("never clears the screen or the scrollback", () => {
    const { progress, script, terminal } = open(60, 12)
    script.start(nodes(50, "work"))
    for (const { spec } of script.state.nodes) {
      script.complete(spec.id, 120)
      progress.tick(script.atMillis)
    }
    progress.close(script.atMillis)
    const all = terminal.writes.join("")
    for (const code of ["\u001b[2J", "\u001b[3J", "\u001bc", "\u001b[?1049"]) expect(all).not.toContain(code)
    expect(all.split("\u001b[?2026h").length).toBe(all.split("\u001b[?2026l").length)
  })

  it("draws at most ten frames in a second, and one when nothing happens", () => {
    const { progress, script, terminal } = open()
    script.start(nodes(2000, "work"))
    terminal.writes.length = 0
    for (const { spec } of script.state.nodes.slice(0, 1000)) {
      script.complete(spec.id, 1)
      if (script.atMillis % 100 === 0) progress.tick(script.atMillis)
    }
    expect(terminal.writes.length).toBeLessThanOrEqual(10)
    terminal.writes.length = 0
    const from = script.atMillis
    for (let tick = 1; tick <= 100; tick++) progress.tick(from + tick * WindowProgress.frameMillis)
    expect(terminal.writes.length).toBeGreaterThanOrEqual(9)
    expect(terminal.writes.length).toBeLessThanOrEqual(11)
  })

  it("draws the window anew, once, when the terminal becomes narrower", async () => {
    const { progress, script, terminal } = open(100, 40)
    script.start(nodes(5, "work").map((node, index) => ({ ...node, branch: `b${index}` })))
    startAll(script)
    progress.tick(startMillis + 1000)
    terminal.writes.length = 0
    terminal.resize(40, 40)
    progress.tick(startMillis + 1100)
    progress.tick(startMillis + 1200)
    expect(terminal.writes).toHaveLength(1)
    const lines = await terminal.lines()
    expect(lines[0]).toBe("before the run")
    expect(lines.filter((line) => line.includes("known"))).toHaveLength(1)
    expect(Math.max(...lines.slice(2).map((line) => line.length))).toBeLessThanOrEqual(39)
  })

  it("puts what others write above the window, and takes their terminal commands out", async () => {
    const { progress, script, terminal } = open(60, 20)
    script.start(nodes(1, "work"))
    startAll(script)
    progress.tick(startMillis + 100)
    progress.say("\u001b[2Jfrom an action")
    progress.tick(startMillis + 200)
    const lines = await terminal.lines()
    expect(lines[2]).toBe("from an action")
    expect(lines.filter((line) => line.startsWith("─"))).toHaveLength(1)
  })

  it("says each state as a word, with and without colours", async () => {
    const colored = open(80, 24, Style.colored)
    const plain = open(80, 24)
    for (const { progress, script } of [colored, plain]) {
      script.start(nodes(2, "work"))
      script.complete("work-1", 10)
      script.add({ _tag: "NodeStarted", nodeId: "work-2", attempt: 1 })
      progress.tick(startMillis + 500)
    }
    expect(colored.terminal.writes.join("")).toContain("\u001b[9")
    expect(await colored.terminal.lines()).toEqual(await plain.terminal.lines())
  })
})
