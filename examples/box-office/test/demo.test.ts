/*
 * Goal: what a stranger is told to run works, and leaves what it says.
 * Method: the demo as a process of its own, on the real data and a real file, then the command line as processes of its own.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { beforeAll, describe, expect, it } from "vitest"

const example = path.join(import.meta.dirname, "..")
const folder = path.join(example, ".dagflow")
const execute = promisify(execFile)

const cli = path.join(
  path.dirname(fileURLToPath(import.meta.resolve("@dagflow/cli/package.json"))),
  "src/main.ts"
)

/** Runs the `dagflow` command in the folder of the example. */
const dagflow = (words: ReadonlyArray<string>) =>
  execute(process.execPath, [cli, ...words], { cwd: example, maxBuffer: 64 * 1024 * 1024 })

/** Several processes, one after the other, on a machine that may be busy. */
const minutes = 60_000

let printed: string

beforeAll(async () => {
  for (const name of ["report.md", "run.svg"]) rmSync(path.join(folder, name), { force: true })
  const { stdout } = await execute(process.execPath, [path.join(example, "demo.ts")], { cwd: example })
  printed = stdout
}, 2 * minutes)

describe("the demo", () => {
  it("shows the attempt that failed, the nodes that were added, and the end", () => {
    expect(printed).toContain("✗ price-index, attempt 1: GET")
    expect(printed).toContain("; again in ")
    expect(printed).toContain("+ clean-up adds repair-future-release, repair-garbled-title")
    expect(printed).toContain("completed: 18 nodes, 10 of them added on the way, 1 retried")
    expect(printed).toContain("3,145 of 3,201 films count.")
  })

  it("writes the report, and a picture that marks the nodes that were added", () => {
    expect(readFileSync(path.join(folder, "report.md"), "utf8")).toMatch(/\| Musical +\| +52 \|/)
    const picture = readFileSync(path.join(folder, "run.svg"), "utf8")
    expect(picture).toContain("repair-garbled-title")
    expect(picture.match(/grown at event/g)).toHaveLength(10)
    expect(picture).not.toContain("undefined")
  })

  it(
    "leaves the run in a file, which the commands that were printed read",
    async () => {
      const commands = [...printed.matchAll(/^ {2}npx -y pnpm@12 -s dagflow (.+)$/gm)].map(
        ([, words]) => words
      )
      expect(commands).toHaveLength(3)
      for (const words of commands) {
        const { stdout } = await dagflow((words ?? "").split(" "))
        expect(stdout, words).toContain("repair-garbled-title")
      }
    },
    2 * minutes
  )
})

describe("dagflow run flow.yaml", () => {
  it(
    "runs the same flow with the same actions and hook, with or without the service of prices",
    async () => {
      const place = mkdtempSync(path.join(folder, "test-"))
      const report = path.join(place, "report.md")
      const words = [
        "--store",
        `sqlite:${path.join(place, "runs.db")}`,
        "--input",
        `report=${report}`,
        "--json"
      ]
      // Nothing listens on port 1, so this is a run without the service.
      const priceIndex = "priceIndex=http://127.0.0.1:1/price-index"
      const { stdout } = await dagflow(["run", "flow.yaml", "--input", priceIndex, ...words])
      const events = stdout.trim().split("\n")
      expect(events.filter((line) => line.includes('"recovered":true'))).toHaveLength(1)
      expect(readFileSync(report, "utf8")).toBe(readFileSync(path.join(folder, "report.md"), "utf8"))
      rmSync(place, { recursive: true, force: true })
    },
    2 * minutes
  )
})
