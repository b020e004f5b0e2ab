/*
 * Goal: whoever installed only the command can read the page about an error that it printed. Method: the bundled command, whose
 * files are those that are published, in a folder that is not the repository.
 */
import { readFileSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { describe, expect, it } from "vitest"
import { dagflow } from "../Dagflow.ts"

const folder = new URL("../../../../docs/errors/", import.meta.url)
const cwd = tmpdir()

describe("help about errors", () => {
  it("prints the page of an error by its tag or the name of its file", async () => {
    const [byTag, byFile] = await Promise.all(
      ["UnknownKey", "unknown-key"].map((name) => dagflow(["help", name], { cwd }))
    )
    expect([byTag?.exit, byTag?.stderr]).toEqual([0, ""])
    expect(byTag?.stdout.split("\n").slice(0, 6)).toEqual([
      "UnknownKey",
      "",
      "A key has no meaning where it stands.",
      "",
      "In a definition",
      ""
    ])
    expect(byTag?.stdout).not.toMatch(/\*\*|\]\(/)
    expect(byFile?.stdout).toBe(byTag?.stdout)
  })

  it("prints the pages that the end of an error names, one after the other", async () => {
    const input = "name: lost\nnodes:\n  a: { action: publish-to-moon, retries: 3 }\n"
    const { stderr } = await dagflow(["run", "-", "--store", "memory:"], { cwd, input })
    const [, words = ""] = /^see dagflow (.*)$/m.exec(stderr) ?? []
    expect(words).toBe("help UnknownAction UnknownKey")
    const { exit, stdout } = await dagflow(words.split(" "), { cwd })
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^UnknownAction\n[^]*\n\nUnknownKey\n/)
  })

  it("lists each error that has a page", async () => {
    const { stdout } = await dagflow(["help", "errors"], { cwd })
    const titles = readdirSync(folder)
      .filter((file) => file !== "README.md")
      .map((file) => readFileSync(new URL(file, folder), "utf8").split("\n")[0]?.replace("# ", "  "))
    expect(new Set(stdout.trimEnd().split("\n").slice(1))).toEqual(new Set(titles))
  })

  it("says which page is nearest when there is none of that name", async () => {
    const { exit, stderr } = await dagflow(["help", "UnknwonKey"], { cwd })
    expect(exit).toBe(2)
    expect(stderr).toContain('did you mean "unknown-key"?')
  })
})
