/**
 * Goal: when the disk is full or a file is damaged, people are told what to do, and nothing gets worse. Method: real processes
 * that the system does not allow to write files of more than some size, which holds for root too, and files that are cut off.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Notes from "../shutdown/Notes.ts"

const cli = path.join(import.meta.dirname, "../../apps/cli/src/main.ts")
const program = path.join(import.meta.dirname, "program.ts")

/** The exit code of a store that cannot be used. */
const storeFailed = 7

let folder = ""

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-damage-"))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a program; `blocks`: no file may grow beyond so many blocks of 512 bytes. */
const run = (words: ReadonlyArray<string>, blocks?: number) => {
  const limit = blocks === undefined ? "" : `ulimit -f ${blocks};`
  const { CI: _, ...env } = process.env
  return spawnSync("sh", ["-c", `${limit} exec "$0" "$@"`, process.execPath, ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { ...env, NO_COLOR: "1", DAGFLOW_STORE: "sqlite:runs.db" }
  })
}

const said = (stdout: string): Readonly<Record<string, unknown>> =>
  JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Readonly<Record<string, unknown>>

describe("a disk without room", () => {
  it(
    "stops a run with what to do about it, and once there is room the run goes on where it stood",
    { timeout: 120_000 },
    () => {
      const stopped = said(run([program, folder], 800).stdout)
      expect(stopped).toMatchObject({
        reason: { _tag: "StoreFailed", operation: "append", reason: { _tag: "Unavailable" } },
        message: expect.stringMatching(
          /runs\.db: .*: (the disk is full; free some space|the disk failed; check the disk)/
        )
      })
      const done = Notes.read(folder)
      expect(done.length).toBeGreaterThan(5)
      expect(done.length).toBeLessThan(40)
      expect(said(run([program, folder]).stdout)).toEqual({ status: "completed" })
      // What could not be recorded runs again, and nothing else does.
      const again = Notes.read(folder).slice(done.length)
      expect(again).toEqual(Array.from({ length: 40 }, (_, place) => `n${place}`).slice(done.length - 1))
    }
  )

  it("keeps the command from beginning, with a message instead of a trace", { timeout: 120_000 }, () => {
    writeFileSync(
      path.join(folder, "flow.yaml"),
      "name: nap\nnodes:\n  nap: { action: sleep, inputs: { duration: 1ms } }\n"
    )
    const { status, stderr } = run([cli, "run", "flow.yaml", "--id", "r1"], 1)
    expect({ status, stderr }).toMatchObject({ status: storeFailed })
    expect(stderr).toMatch(/error\[(StoreError|Unavailable|StoreFailed)/)
    expect(stderr).toContain("the disk")
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(run([cli, "run", "flow.yaml", "--id", "r1"]).status).toBe(0)
  })
})

describe("a store that was cut off", () => {
  it(
    "is refused by every command with what to do about it, and is left as it is",
    { timeout: 120_000 },
    () => {
      expect(said(run([program, folder]).stdout)).toEqual({ status: "completed" })
      const file = path.join(folder, "runs.db")
      truncateSync(file, 40_960)
      const before = readFileSync(file)
      for (const words of [["runs"], ["show", "r1"], ["resume", "r1"]]) {
        const { status, stderr } = run([cli, ...words])
        expect({ words, status, stderr }).toMatchObject({ words, status: storeFailed })
        expect(stderr).toContain("it is damaged; choose another file, or put a backup in its place")
        expect(stderr).not.toMatch(/^\s+at /m)
      }
      expect(readFileSync(file).equals(before)).toBe(true)
    }
  )
})
