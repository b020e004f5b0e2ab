/** A copy of the packages in which bugs can be planted, and their tests run. */
import {
  cpSync,
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
import { type Answer, TestRunner } from "./TestRunner.ts"

/** The packages whose sources the tests run. */
const packages = ["protocol", "core", "store-memory"]

/** Schedules that are tried for each bug. The rarest one is found by the forty-first. */
const schedules = "100"

const ignored = new Set(["node_modules", "dist"])

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

/** A copy of the packages in which bugs can be planted. */
export class Workbench {
  readonly folder: string
  readonly #tests: TestRunner
  /** Files that have changed since a test was run. */
  readonly #changed: Array<string> = []

  constructor() {
    this.folder = mkdtempSync(path.join(realpathSync(tmpdir()), "dagflow-planted-"))
    for (const name of packages) {
      const folder = path.join("packages", name)
      cpSync(path.join(root, folder), path.join(this.folder, folder), {
        recursive: true,
        // Folders whose names begin with a dot come and go while other tests run.
        filter: (source) => !ignored.has(path.basename(source)) && !path.basename(source).startsWith(".")
      })
      linkInstalled(folder, this.folder)
    }
    for (const file of ["vitest.project.ts", "package.json", "tsconfig.base.json", "tsconfig.web.json"]) {
      cpSync(path.join(root, file), path.join(this.folder, file))
    }
    writeFileSync(path.join(this.folder, "vitest.config.ts"), config)
    symlinkSync(path.join(root, "node_modules"), path.join(this.folder, "node_modules"), "junction")
    this.#tests = new TestRunner(this.folder, { DAGFLOW_SCHEDULES: schedules, DAGFLOW_SHRINK: "0" })
  }

  /** Plants a bug, runs its test, and takes the bug out again. */
  async find(bug: PlantedBug): Promise<Answer> {
    const sound = new Map<string, string>()
    for (const edit of bug.edits) {
      const file = path.join(this.folder, edit.file)
      const text = readFileSync(file, "utf8")
      if (!sound.has(file)) sound.set(file, text)
      writeFileSync(file, plant(text, edit))
    }
    this.#changed.push(...sound.keys())
    return this.run(bug.test).finally(() => {
      for (const [file, text] of sound) writeFileSync(file, text)
      this.#changed.push(...sound.keys())
    })
  }

  /** Runs one test. */
  run({ file, folder, name }: NamedTest): Promise<Answer> {
    const changed = this.#changed.splice(0)
    return this.#tests.run({ file: path.join("packages", folder, file), name, changed })
  }

  async remove(): Promise<void> {
    await this.#tests.end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
