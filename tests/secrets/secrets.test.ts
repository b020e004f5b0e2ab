/**
 * Goal: a secret is nowhere but in the memory of the process that uses it. Method: a real run, whose actions do with a canary
 * whatever they can, is killed and resumed; all that is left on the disk, and all that any command prints, is searched byte by
 * byte. Another value that goes the same ways and is no secret is found everywhere, so the search looks where it has to.
 */
import { spawn } from "node:child_process"
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { canary, filesWithCanary, filesWithText, fingerprint } from "./Canary.ts"

const cli = path.join(import.meta.dirname, "../../apps/cli/src/main.ts")
const traced = path.join(import.meta.dirname, "traced.ts")
const marker = "nothingSecretAboutThis"
const deadlineMillis = 60_000

/** The command is started a dozen times, and loading it is what takes longest: Node keeps what it has compiled. */
const compiled = path.join(tmpdir(), "dagflow-secrets-compiled")

let folder = ""

beforeEach(() => {
  folder = mkdtempSync(path.join(import.meta.dirname, ".run-"))
  cpSync(path.join(import.meta.dirname, "flow"), folder, { recursive: true })
  mkdirSync(path.join(folder, "tmp"))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CANARY: canary,
  DAGFLOW_STORE: "sqlite:runs.db",
  // Where the trace of an internal error is written.
  TMPDIR: path.join(folder, "tmp"),
  NODE_COMPILE_CACHE: compiled
})

/** Starts a program whose streams go to files of this name in the folder. */
const start = (name: string, program: string, words: ReadonlyArray<string>, env = environment()) => {
  const streams = ["out", "err"].map((stream) => openSync(path.join(folder, `${name}.${stream}`), "w"))
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env,
    stdio: ["ignore", ...streams]
  })
  streams.forEach((stream) => closeSync(stream))
  return { child, ended: new Promise<number | null>((resolve) => child.once("exit", resolve)) }
}

const run = (name: string, ...words: ReadonlyArray<string>) => start(name, cli, words).ended

const text = (name: string): string => readFileSync(path.join(folder, name), "utf8")

const arrived = (): ReadonlyArray<string> =>
  existsSync(path.join(folder, "arrived.txt")) ? text("arrived.txt").split("\n").filter(Boolean) : []

const until = async (what: string, isTrue: () => boolean): Promise<void> => {
  const deadline = Date.now() + deadlineMillis
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await pause(10)
  }
}

const inputs = ["--input", "key=${env.CANARY}", "--input", `marker=${marker}`]

/** Starts a program, and kills it once its run holds in the middle. */
const killInTheMiddle = async (...given: Parameters<typeof start>): Promise<void> => {
  const { child, ended } = start(...given)
  await until("the run holds", () => arrived().some((line) => line.startsWith("held ")))
  child.kill("SIGKILL")
  await ended
}

/** The nodes that were given the real value. */
const receivers = () =>
  new Set(arrived().flatMap((line) => (line.endsWith(` ${fingerprint}`) ? [line.split(" ")[0]] : [])))

const release = (): void => writeFileSync(path.join(folder, "release"), "")

describe("a search", () => {
  it("finds a secret in every notation that the engine or the command could have written it in", () => {
    const notations = {
      plain: canary,
      json: JSON.stringify(canary),
      twice: JSON.stringify(JSON.stringify(canary)),
      address: encodeURIComponent(canary),
      half: canary.slice(0, 12),
      wide: Buffer.from(canary, "utf16le"),
      base64: Buffer.from(`Bearer:${canary}`).toString("base64")
    }
    for (const [name, content] of Object.entries(notations))
      writeFileSync(path.join(folder, `tmp/${name}`), content)
    expect(filesWithCanary(folder)).toEqual(
      Object.keys(notations)
        .map((name) => `tmp/${name}`)
        .toSorted()
    )
  })
})

describe("a run of the command that is killed and resumed", () => {
  it("leaves no trace of a secret on the disk or in what is printed", { timeout: 300_000 }, async () => {
    await killInTheMiddle("run", cli, [
      "run",
      "flow.yaml",
      "--id",
      "r1",
      "-v",
      "--log-format",
      "json",
      ...inputs
    ])
    expect(receivers()).toEqual(new Set(["spill", "shout", "grown"]))
    expect(filesWithText(folder, marker)).toEqual(expect.arrayContaining(["runs.db-wal"]))
    expect(filesWithText(folder, "${env.CANARY}")).toEqual(expect.arrayContaining(["run.err", "runs.db-wal"]))
    expect(filesWithCanary(folder)).toEqual([])

    release()
    expect(await run("resume", "resume", "r1", "--json", "-v")).toBe(1)
    expect(receivers()).toEqual(new Set(["spill", "shout", "grown", "late", "fatal"]))
    expect(text("resume.err")).toContain("401 for ${env.CANARY}")
    const shown = [
      ["show", "r1", "--all"],
      ["show", "r1", "spill"],
      ["show", "r1", "fatal"],
      ["show", "r1", "--json"],
      ["events", "r1", "--json"],
      ["events", "r1"],
      ["runs", "--json"],
      ["graph", "r1"]
    ]
    for (const [place, words] of shown.entries()) expect(await run(`shown-${place}`, ...words)).toBe(0)
    expect(filesWithText(folder, marker)).toEqual(
      expect.arrayContaining(["resume.out", "runs.db", "shown-1.out", "shown-4.out"])
    )
    expect(filesWithCanary(folder)).toEqual([])
  })

  it("leaves none either when it breaks outside of all attempts", { timeout: 120_000 }, async () => {
    expect(await run("stray", "run", "stray.yaml", "--store", "memory:")).toBe(70)
    const files = filesWithText(folder, "thrown in a timer: ${env.CANARY}")
    expect(files).toEqual(["stray.err", expect.stringMatching(/^tmp.dagflow-trace-\d+\.txt$/)])
    expect(filesWithCanary(folder)).toEqual([])
  })

  it(
    "does not begin without its variable, and names the place that needs it",
    { timeout: 120_000 },
    async () => {
      const { CANARY: _, ...without } = environment()
      const { ended } = start("missing", cli, ["run", "flow.yaml", "--id", "r1", ...inputs], without)
      expect(await ended).toBe(3)
      expect(text("missing.err")).toMatch(/^flow\.yaml:9:\d+: error\[MissingVariable\]/m)
      expect(existsSync(path.join(folder, "runs.db"))).toBe(false)
      expect(arrived()).toEqual([])
    }
  )
})

describe("an engine in a program of one's own that is killed and started again", () => {
  it(
    "leaves no trace of a secret in its store, logs, spans, report and errors",
    { timeout: 120_000 },
    async () => {
      const silent = { ...environment(), SILENT: "1" }
      await killInTheMiddle("first", traced, [], silent)
      expect(filesWithText(folder, marker)).toEqual(expect.arrayContaining(["live.txt", "runs.db-wal"]))
      expect(filesWithCanary(folder)).toEqual([])
      release()
      expect(await start("second", traced, [], silent).ended).toBe(0)
      expect(receivers()).toEqual(new Set(["spill", "shout", "grown", "late", "fatal"]))
      for (const file of ["log.txt", "spans.txt", "report.txt", "error.txt", "live.txt"]) {
        expect(text(file)).toContain("${env.CANARY}")
      }
      expect(filesWithCanary(folder)).toEqual([])
    }
  )
})
