/** A copy of the packages in which bugs can be planted, and their tests run. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { root } from "../repository/SourceFile.ts"
import { type NamedTest, plant, type PlantedBug } from "./PlantedBug.ts"

/** How a test ended. */
export type Verdict = "passed" | "failed" | "missing"

/** The packages whose sources the tests run. */
const packages = ["protocol", "core", "store-memory"]

/** Schedules that find each bug; more of them would only take longer. */
const schedules = "160"

/** Longest time for one test, in milliseconds. The slowest takes seconds; one that takes longer goes round in circles. */
const patience = 60_000

const ignored = new Set(["node_modules", "dist", ".tsbuildinfo"])

/** Links what a package has installed: packages of this repository to their copies, others to where they are. */
const linkInstalled = (folder: string, copy: string): void => {
  const installed = path.join(root, folder, "node_modules")
  const scopes = readdirSync(installed).filter((name) => !name.startsWith("."))
  const names = scopes.flatMap((name) =>
    name.startsWith("@") ? readdirSync(path.join(installed, name)).map((one) => `${name}/${one}`) : [name]
  )
  for (const name of names) {
    const real = realpathSync(path.join(installed, name))
    const inside = path.relative(path.join(root, "packages"), real)
    const target = inside.startsWith("..") ? real : path.join(copy, "packages", inside)
    const link = path.join(copy, folder, "node_modules", name)
    mkdirSync(path.dirname(link), { recursive: true })
    symlinkSync(target, link, "junction")
  }
}

const config = `import { defineConfig } from "vitest/config"
export default defineConfig({ test: { projects: ["packages/*"] } })
`

/** The outcome of one test in the report that Vitest writes as JSON. */
interface Report {
  readonly testResults: ReadonlyArray<{
    readonly assertionResults: ReadonlyArray<{ readonly fullName: string; readonly status: string }>
  }>
}

const isWindows = process.platform === "win32"

const endGroup = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  if (isWindows) spawnSync("taskkill", ["/pid", `${child.pid}`, "/t", "/f"])
  else process.kill(-child.pid, "SIGKILL")
}

/** A copy of the packages in which bugs can be planted. */
export class Workbench {
  readonly folder: string

  constructor() {
    this.folder = mkdtempSync(path.join(realpathSync(tmpdir()), "dagflow-planted-"))
    for (const name of packages) {
      const folder = path.join("packages", name)
      cpSync(path.join(root, folder), path.join(this.folder, folder), {
        recursive: true,
        filter: (source) => !ignored.has(path.basename(source))
      })
      linkInstalled(folder, this.folder)
    }
    for (const file of ["vitest.project.ts", "package.json", "tsconfig.base.json", "tsconfig.web.json"]) {
      cpSync(path.join(root, file), path.join(this.folder, file))
    }
    writeFileSync(path.join(this.folder, "vitest.config.ts"), config)
    symlinkSync(path.join(root, "node_modules"), path.join(this.folder, "node_modules"), "junction")
  }

  /** Plants a bug, runs its test, and takes the bug out again. */
  async find(bug: PlantedBug): Promise<Verdict> {
    const sound = new Map<string, string>()
    for (const edit of bug.edits) {
      const file = path.join(this.folder, edit.file)
      const text = readFileSync(file, "utf8")
      if (!sound.has(file)) sound.set(file, text)
      writeFileSync(file, plant(text, edit))
    }
    return this.run(bug.test).finally(() => {
      for (const [file, text] of sound) writeFileSync(file, text)
    })
  }

  /** Runs one test. */
  async run({ file, folder, name }: NamedTest): Promise<Verdict> {
    const report = path.join(this.folder, "report.json")
    rmSync(report, { force: true })
    const pattern = `^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`
    await this.#vitest([
      "run",
      "--project",
      folder,
      file,
      "-t",
      pattern,
      "--reporter=json",
      `--outputFile=${report}`
    ])
    if (!existsSync(report)) return "missing"
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report
    const result = testResults
      .flatMap((module) => module.assertionResults)
      .find(
        (one) =>
          one.fullName === name.replaceAll(" > ", " ") && one.status !== "skipped" && one.status !== "pending"
      )
    return result === undefined ? "missing" : result.status === "passed" ? "passed" : "failed"
  }

  #vitest(words: ReadonlyArray<string>): Promise<void> {
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|DAGFLOW_)|^(NODE_ENV|TEST|MODE|DEV|PROD)$/.test(name)
    )
    const env = { ...Object.fromEntries(own), DAGFLOW_SCHEDULES: schedules, DAGFLOW_SHRINK: "0" }
    const script = path.join(root, "node_modules/vitest/vitest.mjs")
    return new Promise((resolve, reject) => {
      // Vitest runs a test in a process of its own, which would outlive it: the whole group has to end.
      const child = spawn(process.execPath, [script, ...words], {
        cwd: this.folder,
        env,
        stdio: "ignore",
        detached: !isWindows
      })
      const end = () => endGroup(child)
      const timer = setTimeout(end, patience)
      process.once("exit", end)
      const over = () => {
        clearTimeout(timer)
        process.off("exit", end)
      }
      child.on("error", (error) => {
        over()
        reject(error)
      })
      child.on("exit", () => {
        over()
        resolve()
      })
    })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
