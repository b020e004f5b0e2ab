import { spawnSync } from "node:child_process"
import { describe, expect, inject, it } from "vitest"
import { dagflow } from "./Dagflow.ts"

/** Processor time of a command in milliseconds: unlike the time on the clock, it is not that of other programs. */
const spent = (words: ReadonlyArray<string>): number => {
  const report = `process.on("exit", () => {
    const { system, user } = process.cpuUsage()
    process.stderr.write(String((system + user) / 1000))
  })`
  const hook = `data:text/javascript,${encodeURIComponent(report)}`
  const { status, stderr } = spawnSync(process.execPath, ["--import", hook, inject("dagflow"), ...words], {
    encoding: "utf8"
  })
  expect(status).toBe(0)
  return Number(stderr)
}

describe("the bundled command", () => {
  it("loads less than 600 kB before it knows what is asked of it", () => {
    expect(inject("dagflowStartBytes")).toBeLessThan(600_000)
  })

  it("tells its version in less than 300 ms of processor time, and helps in less than 600", () => {
    const best = (words: ReadonlyArray<string>) => Math.min(...Array.from({ length: 5 }, () => spent(words)))
    expect(best(["--version"])).toBeLessThan(300)
    expect(best(["help", "exit-codes"])).toBeLessThan(600)
  })

  it("prints completion scripts that know commands and flags", async () => {
    const scripts = await Promise.all(
      ["bash", "zsh", "fish", "powershell"].map((shell) => dagflow(["completion", shell]))
    )
    for (const { exit, stdout } of scripts) {
      expect(exit).toBe(0)
      for (const word of ["validate", "dry-run", "resume"]) expect(stdout).toContain(word)
    }
    const flag = await dagflow(["--completions", "bash"])
    expect(flag.stdout.trim()).toBe(scripts[0]?.stdout.trim())
  })

  it("gives scripts that bash and the others can read", async () => {
    const { stdout } = await dagflow(["completion", "bash"])
    const { status, stderr } = spawnSync("bash", ["-n"], { input: stdout, encoding: "utf8" })
    expect([status, stderr]).toEqual([0, ""])
  })
})
