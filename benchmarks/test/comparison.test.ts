/*
 * Goal: pages that compare programs tell the truth. Method: the programs of each page are written to a folder here, where the
 * other systems are installed, type-checked, and run twice, as after a crash; what they print has to be the same, and the
 * table of the page has to say how long they are.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { changeUrl, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const root = path.join(import.meta.dirname, "../..")
const database = `comparison_${process.pid}`

const read = (name: string): string => readFileSync(path.join(root, "docs", name), "utf8")

const programsOf = (page: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...page.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", text = ""]) => [name, text])
  )

const linesOf = (program: string): number => program.split("\n").filter((line) => line.trim() !== "").length

const importedNames = (program: string): number =>
  [...program.matchAll(/^import (?:\{ (.*) \}|\* as (\w+)) from/gm)].flatMap(([, names, all]) =>
    (names ?? all ?? "").split(", ")
  ).length

/** What a program calls that is neither its own, nor of the language or of Zod. */
const callsTo = (program: string): ReadonlyArray<string> => {
  const code = program.replaceAll(/`[^`]*`|"[^"]*"/g, "text")
  const own = [...code.matchAll(/^const (\w+) = async \(/gm)].map(([, name]) => name ?? "")
  const others = new Set([...own, "async", "if", "Promise.all", "console.log"])
  const calls = [...code.matchAll(/[\w.]*\b\w+(?=(?:<[\w, ]*>)?\()/g)].map(([call]) => call)
  const known = calls.filter((call) => !others.has(call) && !call.startsWith("z."))
  return [...new Set(known.map((call) => call.split(".").at(-1) ?? ""))]
}

const rowOf = (page: string, title: string): ReadonlyArray<number> =>
  (page.match(new RegExp(`^\\| ${title} +\\|(.*)\\|$`, "m"))?.[1] ?? "").split("|").map(Number)

let folder: string
let url: string

beforeAll(async () => {
  folder = mkdtempSync(path.join(import.meta.dirname, ".compared-"))
  const server = await postgresUrl()
  await runSql(server, `CREATE DATABASE ${database}`)
  url = changeUrl(server, { database })
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await runSql(await postgresUrl(), `DROP DATABASE ${database} WITH (FORCE)`)
})

const run = (cwd: string, file: string) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [file], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, DATABASE_URL: url }
  })
  // Others tell on the same stream how they start; the last line is the program's.
  return { status, stderr, last: stdout.trimEnd().split("\n").at(-1) }
}

describe.each([
  ["compare/from-langgraph.md", "langgraph.ts"],
  ["compare/from-dbos.md", "dbos.ts"]
])("%s", (name, other) => {
  const page = read(name)
  const programs = programsOf(page)
  const theirs = programs[other] ?? ""
  const ours = programs["dagflow.ts"] ?? ""

  it("has two programs that compile and give the same, also when they are started again", () => {
    const place = path.join(folder, path.basename(name, ".md"))
    // Each has a folder of its own: both call their database the same.
    for (const [file, text] of Object.entries(programs)) {
      mkdirSync(path.join(place, file), { recursive: true })
      writeFileSync(path.join(place, file, "program.ts"), text)
    }
    writeFileSync(path.join(place, "package.json"), '{ "type": "module" }')
    const config = {
      extends: path.join(root, "tsconfig.base.json"),
      include: ["*/*.ts"],
      compilerOptions: { noEmit: true, composite: false, incremental: false, plugins: [] }
    }
    writeFileSync(path.join(place, "tsconfig.json"), JSON.stringify(config))
    const tsc = path.join(root, "node_modules/typescript/bin/tsc")
    expect(() => execFileSync(process.execPath, [tsc, "-p", place], { encoding: "utf8" })).not.toThrow()
    for (const file of [other, "dagflow.ts", other, "dagflow.ts"]) {
      const { last, status, stderr } = run(path.join(place, file), "program.ts")
      expect([file, status, last], stderr).toEqual([file, 0, "true"])
    }
  }, 120_000)

  it("says how long they are, and ours is the shorter one", () => {
    expect(rowOf(page, "lines of code")).toEqual([linesOf(theirs), linesOf(ours)])
    expect(linesOf(ours)).toBeLessThan(linesOf(theirs))
    expect(linesOf(ours)).toBeLessThan(25)
  })

  it("says how many calls one has to know, and ours needs fewer", () => {
    expect(rowOf(page, "calls to know")).toEqual([callsTo(theirs).length, callsTo(ours).length])
    expect(callsTo(ours).length).toBeLessThan(callsTo(theirs).length)
  })

  it("shows of us the program of the guide", () => {
    expect(ours).toBe(programsOf(read("guides/promises.md"))["purchase.ts"])
  })
})

it("the page on LangGraph.js says how many names each program imports", () => {
  const page = read("compare/from-langgraph.md")
  const { "dagflow.ts": ours = "", "langgraph.ts": theirs = "" } = programsOf(page)
  expect(rowOf(page, "imported names")).toEqual([importedNames(theirs), importedNames(ours)])
})
