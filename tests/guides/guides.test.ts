/*
 * Goal: what a guide shows works. Method: the snippets of each guide that name a file are written to a folder of their own,
 * type-checked together, and run in plain Node; what they print is compared with the blocks that say so.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { snippetsOf } from "../readme/Snippet.ts"
import { paths, root } from "../repository/SourceFile.ts"

const node = (folder: string, ...words: ReadonlyArray<string>) =>
  spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" })

describe.each(paths("docs/guides/*.md"))("%s", (page) => {
  const snippets = snippetsOf(readFileSync(path.join(root, page), "utf8"))
  const files = snippets.filter(({ kind }) => kind === "file")
  let folder: string

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-guide-")))
    // What this package depends on, a user has installed.
    symlinkSync(
      path.join(import.meta.dirname, "../node_modules"),
      path.join(folder, "node_modules"),
      "junction"
    )
    for (const { name, text } of files) writeFileSync(path.join(folder, name), text)
    writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }')
    const config = {
      extends: path.join(root, "tsconfig.base.json"),
      include: ["*.ts"],
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
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("has programs that compile", () => {
    expect(files).not.toEqual([])
    const { stdout } = node(
      folder,
      path.join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      ".",
      "--pretty",
      "false"
    )
    expect(stdout).toBe("")
  })

  it.each(snippets.filter(({ kind }) => kind === "output"))(
    "has a program that prints what it says: $name",
    ({ name, text }) => {
      const { stderr, stdout } = node(folder, name)
      expect(stdout, stderr).toBe(text)
    }
  )
})
