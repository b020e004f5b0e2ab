/*
 * Goal: what a guide shows works. Method: the snippets of each guide that name a file are written to a folder of its own,
 * all guides are type-checked together, and the programs run in plain Node; what they print is compared with the blocks that
 * say so.
 */
import { spawnSync } from "node:child_process"
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { snippetsOf } from "../readme/Snippet.ts"
import { linesOfCode, parse, paths, root } from "../repository/SourceFile.ts"

const node = (cwd: string, ...words: ReadonlyArray<string>) =>
  spawnSync(process.execPath, words, { cwd, encoding: "utf8" })

const guides = paths("docs/guides/*.md").map((page) => ({
  page,
  name: path.basename(page, ".md"),
  snippets: snippetsOf(readFileSync(path.join(root, page), "utf8"))
}))

let folder: string
/** What the compiler says, line by line; each line begins with the folder of its guide. */
let complaints: ReadonlyArray<string>

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-guides-")))
  // What this package depends on, a user has installed.
  symlinkSync(
    path.join(import.meta.dirname, "../node_modules"),
    path.join(folder, "node_modules"),
    "junction"
  )
  for (const { name, snippets } of guides) {
    mkdirSync(path.join(folder, name))
    for (const one of snippets) {
      if (one.kind === "file") writeFileSync(path.join(folder, name, one.name), one.text)
    }
  }
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }')
  const config = {
    extends: path.join(root, "tsconfig.base.json"),
    include: ["*/*.ts"],
    compilerOptions: {
      noEmit: true,
      composite: false,
      incremental: false,
      lib: ["es2024", "dom"],
      types: ["node"],
      typeRoots: [path.join(root, "node_modules/@types")]
    }
  }
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config))
  const tsc = path.join(root, "node_modules/typescript/bin/tsc")
  const { stdout } = node(folder, tsc, "-p", ".", "--pretty", "false")
  complaints = stdout.split("\n").filter((line) => line !== "")
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it("the compiler speaks of programs of guides, if of anything", () => {
  expect(complaints.filter((line) => !guides.some(({ name }) => line.startsWith(`${name}/`)))).toEqual([])
})

it("a store of one's own is as short as its guide says: a hundred and fifty lines, and a few more at most", () => {
  const { snippets = [] } = guides.find(({ name }) => name === "write-your-own-store") ?? {}
  const files = snippets.filter(({ name }) => name === "FileLog.ts" || name === "FileStore.ts")
  const lines = files.map(({ name, text }) => linesOfCode(parse(name, text)))
  expect(lines).toHaveLength(2)
  expect(lines.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(155)
})

describe.each(guides)("$page", ({ name, snippets }) => {
  it("has programs that compile", () => {
    expect(snippets.filter(({ kind }) => kind === "file")).not.toEqual([])
    expect(complaints.filter((line) => line.startsWith(`${name}/`))).toEqual([])
  })

  it.each(snippets.filter(({ kind }) => kind === "output"))(
    "has a program that prints what it says: $name",
    ({ name: file, text }) => {
      const { stderr, stdout } = node(path.join(folder, name), file)
      expect(stdout, stderr).toBe(text)
    },
    // A guide may check a whole store.
    120_000
  )
})
