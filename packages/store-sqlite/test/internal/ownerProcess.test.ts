import { expect, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { createInterface } from "node:readline"
import { currentProcess, isKnownDead } from "../../src/internal/ownerProcess.ts"

const here = currentProcess()

/** Systems without `/proc` tell less, and then the lease decides. */
const hasProc = existsSync("/proc/self/stat")

it("this process is alive, and says when it started where that can be read", () => {
  expect(isKnownDead(here, currentProcess())).toBe(false)
  expect(here.pid).toBe(process.pid)
  expect(here.startedAt !== undefined).toBe(hasProc)
})

it("a process that ended is dead, and one that runs is not", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"])
  await once(child, "spawn")
  const owner = { ...here, pid: child.pid ?? 0, startedAt: undefined }
  expect(isKnownDead(owner, here)).toBe(false)
  child.kill("SIGKILL")
  await once(child, "exit")
  expect(isKnownDead(owner, here)).toBe(true)
})

it("a process of another machine, container or start of the machine is never known to be dead", () => {
  expect(isKnownDead({ ...here, pid: 2 ** 30, host: "another" }, here)).toBe(false)
  expect(isKnownDead({ ...here, pid: 2 ** 30 }, here)).toBe(true)
})

it("a number that another process has by now is a dead process", () => {
  expect(isKnownDead({ ...here, startedAt: "1" }, here)).toBe(hasProc)
  expect(isKnownDead({ ...here, startedAt: undefined }, here)).toBe(false)
})

it("the first process is alive, whoever asks", () => {
  const first = { ...here, pid: 1, startedAt: undefined }
  expect(isKnownDead(first, here)).toBe(false)
})

/**
 * A parent that never asks how its child ended leaves an entry without a process, a zombie, to which signals can be sent.
 * The shell replaces itself by one that does not know the child, and the child ends when it is sent a line.
 */
it("a process that ended and that nobody asked about is dead", async () => {
  const parent = spawn("sh", ["-c", `exec 3<&0; (read x <&3) & exec sh -c "echo $!; exec sleep 60"`])
  const [line] = (await once(createInterface(parent.stdout), "line")) as [string]
  const owner = { ...here, pid: Number(line), startedAt: undefined }
  expect(isKnownDead(owner, here)).toBe(false)
  parent.stdin.end("\n")
  await expect.poll(() => isKnownDead(owner, here), { timeout: 10_000 }).toBe(hasProc)
  expect(() => process.kill(owner.pid, 0)).not.toThrow()
  parent.kill("SIGKILL")
  await once(parent, "exit")
})
