import { spawnSync } from "node:child_process"
import { describe, expect, inject, it } from "vitest"
import { nodeVersionProblem } from "../src/nodeVersion.ts"

describe("the version of Node", () => {
  it.each([
    ["20.20.2", false],
    ["22.18.0", false],
    ["22.19.0", true],
    ["23.0.0", true],
    ["24.21.0", true],
    ["100.1.0", true]
  ])("%s: works is %s", (version, works) => {
    expect(nodeVersionProblem(version) === undefined).toBe(works)
  })

  it.each([
    [
      [],
      /^error\[NodeTooOld\]: dagflow needs Node 22\.19 or newer, and this is 20\.20\.2\nnext\n {2}install/
    ],
    [["--json"], /^\{"schema":"dagflow\.error\/1","code":"NodeTooOld",.*"exit":3\}\n$/]
  ])(
    "that is too old is refused by name, before anything is loaded that it would crash in: %j",
    (more, text) => {
      const older = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })`
      const hook = `data:text/javascript,${encodeURIComponent(older)}`
      const words = ["--import", hook, inject("dagflow"), "run", "flow.yaml", ...more]
      const { status, stderr, stdout } = spawnSync(process.execPath, words, { encoding: "utf8" })
      expect([status, stdout]).toEqual([3, ""])
      expect(stderr).toMatch(text)
    }
  )
})
