/**
 * Goal: nobody meets a README whose programs do not work. Method: each snippet that names a file is written to a folder,
 * type-checked, and run as a user would run it; what it prints is compared with the block that says so.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { snippetsOf } from "./Snippet.ts"

const repository = path.join(import.meta.dirname, "../..")
const snippets = snippetsOf(readFileSync(path.join(repository, "README.md"), "utf8"))
const files = snippets.filter(({ kind }) => kind === "file")
const cli = path.join(repository, "apps/cli/src/main.ts")

let folder = ""

const node = (...args: ReadonlyArray<string>): string =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

describe("README", () => {
  beforeAll(() => {
    // Below this package, so that its dependencies are found as a user's would be.
    folder = mkdtempSync(path.join(import.meta.dirname, ".run-"))
    for (const { name, text } of files) writeFileSync(path.join(folder, name), text)
    writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }')
    const config = {
      extends: path.join(repository, "tsconfig.base.json"),
      include: ["*.ts"],
      compilerOptions: { noEmit: true, composite: false, incremental: false, types: [], plugins: [] }
    }
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("has a durable program, one with a hook, and a flow in YAML", () => {
    expect(files.map(({ name }) => name)).toEqual(["report.ts", "growth.ts", "flow.yaml"])
  })

  it("compiles", () => {
    const tsc = path.join(repository, "node_modules/typescript/bin/tsc")
    expect(() => node(tsc, "-p", ".")).not.toThrow()
  })

  it("needs two packages, four symbols and 35 lines for the first durable program", () => {
    const text = files.find(({ name }) => name === "report.ts")?.text ?? ""
    const imports = [...text.matchAll(/^import \{ (.*) \} from "(.*)"$/gm)]
    expect(imports.map(([, , from]) => from)).toEqual(["@dagflow/core", "@dagflow/store-sqlite"])
    expect(imports.flatMap(([, names = ""]) => names.split(", "))).toHaveLength(4)
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(35)
  })

  it.each(snippets.filter(({ kind }) => kind === "output"))(
    "prints what it says: $name",
    ({ name, text }) => {
      expect(node(name)).toBe(text)
    }
  )

  it("gives the outputs of a finished run again when the durable program is started again", () => {
    const first = node("report.ts")
    expect(node("report.ts")).toBe(first)
  })

  it("runs its YAML flow", () => {
    node(cli, "run", "flow.yaml", "--store", "sqlite:yaml.db", "--id", "r1")
    expect(readFileSync(path.join(folder, "greeting.txt"), "utf8")).toBe("world")
    expect(node(cli, "show", "r1", "--store", "sqlite:yaml.db")).toContain("completed")
  })
})
