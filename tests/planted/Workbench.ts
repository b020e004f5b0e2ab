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
import { type Edit, type NamedTest, nameOnly, plant, type PlantedBug } from "./PlantedBug.ts"
import { type Answer, TestRunner } from "./TestRunner.ts"

/** The packages in which bugs are planted, unless others are named. */
const usual: ReadonlyArray<string> = [
  "protocol",
  "core",
  "store-memory",
  "store-postgres",
  "store-sqlite",
  "store-testkit"
]

/** Tests across packages that find some of them. */
const crossing: ReadonlyArray<string> = ["simulation", "stores"]

/** Schedules that are tried for each bug. The rarest one is found by the forty-first. */
const schedules = "100"

const ignored = new Set(["node_modules", "dist"])

/** Links what a package has installed: packages of this repository to their copies, others to where they are. */
const linkInstalled = (folder: string, copy: string, copied: ReadonlyArray<string>): void => {
  const installed = path.join(root, folder, "node_modules")
  const scopes = readdirSync(installed).filter((name) => !name.startsWith("."))
  const names = scopes.flatMap((name) =>
    name.startsWith("@") ? readdirSync(path.join(installed, name)).map((one) => `${name}/${one}`) : [name]
  )
  for (const name of names) {
    const real = realpathSync(path.join(installed, name))
    const inside = path.relative(path.join(root, "packages"), real)
    const target = copied.includes(inside) ? path.join(copy, "packages", inside) : real
    const link = path.join(copy, folder, "node_modules", name)
    mkdirSync(path.dirname(link), { recursive: true })
    symlinkSync(target, link, "junction")
  }
}

const config = `import { defineConfig } from "vitest/config"
export default defineConfig({ test: { projects: ["packages/*", "tests"] } })
`

/** A copy of the packages in which bugs can be planted. */
export class Workbench {
  readonly folder: string
  readonly #tests: TestRunner
  /** Files that have changed since a test was run. */
  readonly #changed: Array<string> = []

  constructor(packages: ReadonlyArray<string> = usual) {
    this.folder = mkdtempSync(path.join(realpathSync(tmpdir()), "dagflow-planted-"))
    for (const name of packages) {
      const folder = path.join("packages", name)
      this.#copy(folder)
      linkInstalled(folder, this.folder, packages)
    }
    for (const name of crossing) this.#copy(path.join("tests", name))
    for (const file of ["vitest.config.ts", "package.json", "tsconfig.json"])
      this.#copy(path.join("tests", file))
    linkInstalled("tests", this.folder, packages)
    for (const file of ["vitest.project.ts", "package.json", "tsconfig.base.json", "tsconfig.web.json"]) {
      this.#copy(file)
    }
    writeFileSync(path.join(this.folder, "vitest.config.ts"), config)
    symlinkSync(path.join(root, "node_modules"), path.join(this.folder, "node_modules"), "junction")
    this.#tests = new TestRunner(this.folder, { DAGFLOW_SCHEDULES: schedules, DAGFLOW_SHRINK: "0" })
  }

  #copy(place: string): void {
    cpSync(path.join(root, place), path.join(this.folder, place), {
      recursive: true,
      // Folders whose names begin with a dot come and go while other tests run.
      filter: (source) => !ignored.has(path.basename(source)) && !path.basename(source).startsWith(".")
    })
  }

  /** Plants a bug, runs its test, and takes the bug out again. */
  find(bug: PlantedBug): Promise<Answer> {
    return this.during(bug.edits, () => this.run(bug.test))
  }

  /** Does something while the sources are changed so. */
  async during<A>(edits: ReadonlyArray<Edit>, work: () => Promise<A>): Promise<A> {
    const sound = new Map<string, string>()
    for (const edit of edits) {
      const file = path.join(this.folder, edit.file)
      const text = readFileSync(file, "utf8")
      if (!sound.has(file)) sound.set(file, text)
      writeFileSync(file, plant(text, edit))
    }
    this.#changed.push(...sound.keys())
    return work().finally(() => {
      for (const [file, text] of sound) writeFileSync(file, text)
      this.#changed.push(...sound.keys())
    })
  }

  /** Runs one test. */
  run({ file, folder, name }: NamedTest): Promise<Answer> {
    return this.runAll(path.posix.join(folder, file), nameOnly(name))
  }

  /** Runs the tests of a file whose full names fit. */
  runAll(file: string, pattern: RegExp): Promise<Answer> {
    const changed = this.#changed.splice(0)
    return this.#tests.run({ file, pattern: pattern.source, changed })
  }

  async remove(): Promise<void> {
    await this.#tests.end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
