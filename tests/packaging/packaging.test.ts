/*
 * Goal: each package can be installed and imported alone, by somebody who has nothing but npm and Node.
 * Method: build and pack every public package as for a release, install each into an empty folder of its own with npm,
 * import its entry points in plain Node there, and note which packages our files ask for on the way. Then install all of
 * them into one empty folder, without running any script of theirs, and use the command as somebody who starts would.
 */
import { globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as esbuild from "esbuild"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { build, type Manifest, packAll, type Tarball } from "../../scripts/Tarball.ts"
import { publicPackages } from "../repository/Package.ts"
import { snippetsOf } from "../readme/Snippet.ts"
import { EmptyProject } from "./EmptyProject.ts"
import * as Consumer from "../compiler/Consumer.ts"
import { brokenStores } from "./brokenStores.ts"
import {
  bundledEntries,
  entries,
  importAll,
  install,
  runCommand,
  undeclared,
  unpack
} from "./ImportedPackage.ts"
import { guideFiles, PackedTestkit } from "./PackedTestkit.ts"
import { checkedFlow, copyFlow, ownConfig } from "./packedFlows.ts"
import * as promisePrograms from "./promisePrograms.ts"

const minutes = 60_000

const repository = path.join(import.meta.dirname, "../..")

/** The entry points that Node gets as bundles. */
const bundles: Readonly<Record<string, ReadonlyArray<string>>> = {
  "@dagflow/protocol": ["@dagflow/protocol"],
  "@dagflow/core": ["@dagflow/core", "@dagflow/core/testing"]
}

let folder: string
let tarballs: ReadonlyArray<Tarball>

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-packaging-")))
  build()
  tarballs = packAll(folder)
}, 5 * minutes)

afterAll(() => rmSync(folder, { recursive: true, force: true }), 5 * minutes)

/** The text of each declaration file of a package, without the comment that names its map. */
const declarations = (of: string): Readonly<Record<string, string>> => {
  const files = globSync("dist/**/*.d.ts", { cwd: of }).sort()
  expect(files.length).toBeGreaterThan(20)
  return Object.fromEntries(
    files.map((file) => [
      file,
      readFileSync(path.join(of, file), "utf8")
        .replace(/\/\/# sourceMappingURL=.*$/m, "")
        .trimEnd()
    ])
  )
}

const tarballOf = (name: string): Tarball => {
  const found = tarballs.find(({ manifest }) => manifest.name === name)
  if (found === undefined) throw new Error(`${name} was not packed`)
  return found
}

/** The oldest Node that all packages promise to run on. */
const oldestNode = (): string => {
  const ranges = tarballs.map(({ manifest }) => manifest.engines?.node)
  const [range = "", ...others] = new Set(ranges)
  expect(others).toEqual([])
  const [, oldest = ""] = /^>=(\d+\.\d+)$/.exec(range) ?? []
  return `${oldest}.0`
}

/** The file of the command that a package, which is installed below a folder, brings. */
const commandOf = (installed: string, name: string): string => {
  const from = path.join(installed, "node_modules", name)
  const { bin = {} } = JSON.parse(readFileSync(path.join(from, "package.json"), "utf8")) as Manifest
  return path.join(from, Object.values(bin)[0] ?? "")
}

describe.each(publicPackages())("$manifest.name", ({ manifest: { name } }) => {
  it(
    "installs alone, and each of its entry points imports in plain Node",
    async () => {
      const tarball = tarballOf(name)
      const installed = await install(tarball, tarballs, folder)
      const specifiers = entries(tarball.manifest)
      const bundled = bundledEntries(installed, name)
      expect([...bundled.keys()]).toEqual(bundles[name] ?? [])
      const imported = await importAll(installed, [...specifiers, ...bundled.values()])
      for (const specifier of specifiers) expect(imported.names[specifier], specifier).not.toEqual([])
      for (const [specifier, module] of bundled) {
        expect(imported.names[specifier], specifier).toEqual(imported.names[module])
      }
      expect(
        undeclared(
          imported,
          tarballs.map((one) => one.manifest)
        )
      ).toEqual([])
      for (const command of Object.keys(tarball.manifest.bin ?? {})) {
        expect(await runCommand(installed, command, ["--help"]), command).toContain(command)
      }
    },
    5 * minutes
  )
})

describe("the command in an empty folder", () => {
  let project: EmptyProject

  beforeAll(async () => {
    project = new EmptyProject(path.join(folder, "empty"))
    const { exit, stderr } = await project.install(tarballs)
    expect([exit, stderr]).toEqual([0, ""])
  }, 5 * minutes)

  it(
    "runs a flow of YAML without a configuration, and finds the run again in its store",
    async () => {
      project.write("flow.yaml", copyFlow)
      const ran = await project.run("npx", "dagflow", "run", "flow.yaml", "--id", "r1", "-q")
      expect([ran.exit, ran.stderr]).toEqual([0, ""])
      expect(ran.stdout).toMatch(/^✓ r1 completed .*2 nodes: 2 completed$/m)
      expect(ran.stdout).toContain('read.content "Ada"')
      const listed = await project.run("npx", "dagflow", "runs")
      expect(listed.stdout).toMatch(/^✓ completed {2}r1 {2}copy /)
    },
    2 * minutes
  )

  it(
    "runs a flow with a configuration of TypeScript, and nothing warns",
    async () => {
      project.write("dagflow.config.ts", ownConfig)
      project.write("own.yaml", "name: own\nnodes:\n  greet: { action: greet, inputs: { name: Ada } }\n")
      const ran = await project.run("npx", "dagflow", "run", "own.yaml", "-q", "--store", "memory:")
      expect([ran.exit, ran.stderr]).toEqual([0, ""])
      expect(ran.stdout).toContain('greet.text "Hello, Ada!"')
    },
    2 * minutes
  )

  it(
    "checks by schemas of the project, which another copy of Effect has made than the one in the command",
    async () => {
      project.write("checked.ts", checkedFlow)
      const run = (id: string, ...words: ReadonlyArray<string>) =>
        project.run("npx", "dagflow", "run", "checked.ts", "--id", id, "-q", "--json", ...words)
      const waiting = await run("c1", "--input", "count=3")
      expect([waiting.exit, waiting.stderr]).toEqual([4, ""])
      const wrong = await project.run("npx", "dagflow", "approve", "c1", "--answer", '{"price":-1}')
      expect([wrong.exit, wrong.stderr]).toEqual([3, expect.stringContaining("price")])
      const answered = await project.run("npx", "dagflow", "approve", "c1", "--answer", '{"price":2}')
      expect(answered.exit, answered.stderr).toBe(0)
      const ended = await project.run(
        "npx",
        "dagflow",
        "resume",
        "c1",
        "--flow",
        "checked.ts",
        "-q",
        "--json"
      )
      expect([ended.exit, ended.stderr]).toEqual([0, ""])
      expect(ended.stdout).toContain('"due":"1970-01-01T00:00:00.006Z"')
      expect(await run("c2", "--input", "count=1.5")).toMatchObject({
        exit: 3,
        stderr: expect.stringContaining("count")
      })
      project.write("unfit.ts", checkedFlow.replace("times: 1", "times: 0.5"))
      const unfit = await project.run("npx", "dagflow", "validate", "unfit.ts")
      expect([unfit.exit, unfit.stdout + unfit.stderr]).toEqual([
        3,
        expect.stringContaining("expected an integer")
      ])
    },
    2 * minutes
  )

  it(
    "starts a project whose flow runs, and whose test passes",
    async () => {
      const begun = await project.run("npx", "dagflow", "init", "first")
      expect([begun.exit, begun.stderr]).toEqual([0, ""])
      const [, command = ""] = /^ {2}cd first && (npx dagflow run .*)$/m.exec(begun.stdout) ?? []
      expect(command).not.toBe("")
      const ran = await project.run("npx", ...command.split(" ").slice(1), "-C", "first", "-q")
      expect([ran.exit, ran.stderr]).toEqual([0, ""])
      expect(ran.stdout).toContain("count.letters 8")
      const tested = await project.run(process.execPath, "--test", "first/flow.test.ts")
      expect([tested.exit, tested.stdout]).toEqual([0, expect.stringMatching(/^. pass 1$/m)])
    },
    2 * minutes
  )

  it(
    "runs the programs of the README on the oldest Node that the packages promise to run on",
    async () => {
      const oldest = oldestNode()
      const older = new EmptyProject(path.join(folder, "node"))
      const { exit, stderr } = await older.run("npm", "install", "--loglevel=error", `node@${oldest}`)
      expect([exit, stderr]).toEqual([0, ""])
      const node = path.join(older.folder, "node_modules/node/bin", path.basename(process.execPath))
      expect((await project.run(node, "--version")).stdout.trim()).toBe(`v${oldest}`)
      const programs = snippetsOf(readFileSync(path.join(repository, "README.md"), "utf8"))
      for (const { kind, name, text } of programs) if (kind === "file") project.write(name, text)
      const printed = programs.filter(({ kind }) => kind === "output")
      expect(printed.length).toBeGreaterThan(1)
      for (const { name, text } of printed) {
        const ran = await project.run(node, "--no-warnings", "--experimental-strip-types", name)
        expect(ran, name).toEqual({ exit: 0, stdout: text, stderr: "" })
      }
      const command = commandOf(project.folder, "@dagflow/cli")
      const ran = await project.run(node, command, "run", "flow.yaml", "-q", "--store", "sqlite:old.db")
      expect([ran.exit, ran.stderr]).toEqual([0, ""])
      expect(ran.stdout).toContain('read.content "world"')
    },
    5 * minutes
  )

  it(
    "checks a store that somebody has written beside it",
    async () => {
      for (const { name, text } of guideFiles()) project.write(name, text)
      const checked = await project.run(
        "npx",
        "dagflow",
        "store",
        "check",
        "checkedStore.ts",
        "--only",
        "mail"
      )
      expect([checked.exit, checked.stderr]).toEqual([0, ""])
      expect(checked.stdout).toMatch(/^store-file: (\d+) of \1 cases passed\n/)
      expect(checked.stdout).toContain("refused as Unsupported: notify, artifacts, cache, prune")
    },
    2 * minutes
  )
})

describe("the kit for stores in an empty folder", () => {
  let kit: PackedTestkit

  beforeAll(async () => {
    kit = await PackedTestkit.install(tarballOf("@dagflow/store-testkit"), tarballs, folder)
  }, 5 * minutes)

  it(
    "fails each of twenty broken stores by the case that is named, and no store that is right",
    async () => {
      const found = await kit.broken()
      expect(found.filter(({ after, before }) => after || !before)).toEqual([])
      expect(found.map(({ bug, name }) => [bug, name])).toEqual(Object.entries(brokenStores))
      expect(found.length).toBeGreaterThanOrEqual(20)
    },
    5 * minutes
  )

  it(
    "passes the store of the guide, which offers nothing more than it has to, and lists its refusals",
    async () => {
      expect(await kit.guide()).toBe("all cases passed\nrefused: notify, artifacts, cache, prune, parking\n")
    },
    5 * minutes
  )
})

describe("the API of promises in an empty folder", () => {
  let project: EmptyProject

  beforeAll(async () => {
    project = new EmptyProject(path.join(folder, "promises"))
    const names = ["protocol", "core", "store-memory", "store-sqlite", "promise"]
    const { exit, stderr } = await project.install(names.map((name) => tarballOf(`@dagflow/${name}`)))
    expect([exit, stderr]).toEqual([0, ""])
    project.write("program.mjs", promisePrograms.program)
    project.write("program.cjs", promisePrograms.required)
  }, 5 * minutes)

  it.each(["program.mjs", "program.cjs"])(
    "%s runs, although nobody has asked for Effect, and its process ends by itself",
    async (file) => {
      const { dependencies } = JSON.parse(readFileSync(path.join(project.folder, "package.json"), "utf8"))
      expect(Object.keys(dependencies)).not.toContain("effect")
      const ran = await project.run(process.execPath, file, `sqlite:${file}.db`)
      expect(ran).toEqual({ exit: 0, stdout: '{"second":{"sum":7}}\n', stderr: "" })
    },
    2 * minutes
  )

  it(
    "says which package is missing when a store is not installed",
    async () => {
      const ran = await project.run(process.execPath, "program.mjs", "postgres://ada:secret@localhost/flows")
      expect(ran.stdout).toBe(
        'MissingPackage: the store "postgres://ada:***@localhost/flows" needs @dagflow/store-postgres, which cannot be loaded: npm install @dagflow/store-postgres\n'
      )
    },
    2 * minutes
  )

  it(
    "is bundled by esbuild, also when a store is not installed",
    async () => {
      const outfile = path.join(project.folder, "bundled.mjs")
      const { errors } = await esbuild.build({
        entryPoints: [path.join(project.folder, "program.mjs")],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        external: ["better-sqlite3"],
        logLevel: "silent"
      })
      expect(errors).toEqual([])
      const ran = await project.run(process.execPath, outfile, "memory")
      expect(ran).toEqual({ exit: 0, stdout: '{"second":{"sum":7}}\n', stderr: "" })
    },
    2 * minutes
  )

  it(
    "says so when a bundler has made two copies of it, one with the engine and one with the flow",
    async () => {
      for (const [name, text] of Object.entries(promisePrograms.copied)) project.write(`${name}.mjs`, text)
      for (const name of ["engine", "flow"]) {
        await esbuild.build({
          entryPoints: [path.join(project.folder, `${name}.mjs`)],
          outfile: path.join(project.folder, `copied/${name}.mjs`),
          bundle: true,
          platform: "node",
          format: "esm",
          external: ["better-sqlite3"],
          logLevel: "silent"
        })
      }
      const ran = await project.run(process.execPath, "both.mjs")
      expect(ran.stderr).toBe("")
      expect(ran.stdout).toMatch(/^OtherCopy: flow "sums" was made with another copy of this package/)
    },
    2 * minutes
  )

  it(
    "says nothing of Effect in what it declares, and its types hold in a strict project",
    () => {
      const installed = path.join(project.folder, "node_modules/@dagflow/promise/dist")
      const files = globSync("*.d.ts", { cwd: installed })
      expect(files).toContain("Run.d.ts")
      const speaking = files.filter((file) =>
        /["']effect["'/]/.test(readFileSync(path.join(installed, file), "utf8"))
      )
      expect(speaking).toEqual([])
      Consumer.add(project.folder, "typed.mts", promisePrograms.typed)
      for (const resolution of ["nodenext", "bundler"] as const) {
        expect(Consumer.compile(project.folder, resolution, ["src/typed.mts"])).toEqual([])
      }
    },
    2 * minutes
  )
})

it(
  "the declarations that the tests of types see are those that are packed",
  () => {
    const project = path.join(folder, "types")
    Consumer.emitDeclarations(project)
    for (const name of Consumer.packages) {
      const packed = unpack(tarballOf(`@dagflow/${name}`), path.join(folder, "unpacked", name))
      const seen = path.join(project, "node_modules/@dagflow", name)
      expect(declarations(seen)).toEqual(declarations(packed))
      const exported = (of: string) => JSON.parse(readFileSync(path.join(of, "package.json"), "utf8")).exports
      expect(exported(seen)).toEqual(exported(packed))
    }
  },
  5 * minutes
)

it("a package that is asked for without being declared is noticed, although it is installed", async () => {
  const place = path.join(folder, "planted")
  const write = (file: string, text: string) => {
    const target = path.join(place, "node_modules", file)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  write("hoisted/package.json", `{ "name": "hoisted", "type": "module", "exports": "./index.js" }`)
  write("hoisted/index.js", "export const a = 1")
  write(
    "@dagflow/sneaky/package.json",
    `{ "name": "@dagflow/sneaky", "type": "module", "exports": "./index.js" }`
  )
  write("@dagflow/sneaky/index.js", `export * from "hoisted"`)
  const imported = await importAll(place, ["@dagflow/sneaky"])
  expect(imported.names).toEqual({ "@dagflow/sneaky": ["a"] })
  const manifest = { name: "@dagflow/sneaky", version: "1.0.0" }
  expect(undeclared(imported, [manifest])).toEqual(["@dagflow/sneaky asks for hoisted"])
  expect(undeclared(imported, [{ ...manifest, dependencies: { hoisted: "1" } }])).toEqual([])
})
