/*
 * Goal: texts and paths of other platforms and languages are no mistakes.
 * Method: a project in a folder whose name no careless program survives, with files as Windows writes them.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { dagflow, lines, Place, plainEnv } from "../Dagflow.ts"

let place: Place
let cwd: string

beforeEach(() => {
  place = new Place()
  cwd = path.join(place.folder, "Ünsere Flüsse #1 (日本) 'n' $HOME")
  mkdirSync(cwd)
})

afterEach(() => place.remove())

/** Writes a file as editors of Windows do: with a mark at its beginning, and lines that end with two characters. */
const write = (name: string, ...texts: ReadonlyArray<string>) =>
  writeFileSync(path.join(cwd, name), `\ufeff${texts.join("\r\n")}\r\n`)

const config = [
  "export default {",
  "  actions: [{",
  '    name: "boom",',
  "    run: ({ text }: { text: string }): { text: string } => { throw new Error(text) }",
  "  }]",
  "}"
]

const flow = "tägliche Läufe.yaml"

const failing = [
  "name: täglich",
  "nodes:",
  "  läuft:",
  "    action: boom",
  "    inputs: { text: größer 日本 }"
]

describe("a project with a mark of its byte order, Windows' line ends, blanks and letters of other languages", () => {
  it("runs, keeps its runs, and suggests commands that a shell takes as they are", async () => {
    write("dagflow.config.ts", ...config)
    write(flow, ...failing)
    const { exit, stderr, stdout } = await dagflow(
      ["run", flow, "--id", "Lauf 1", "--store", "sqlite:meine Läufe.db"],
      { cwd }
    )
    expect(exit).toBe(1)
    expect(existsSync(path.join(cwd, "meine Läufe.db"))).toBe(true)
    expect(stdout + stderr).not.toContain("\r")
    expect(stderr).toContain(
      [
        ` --> ${flow}:3:3`,
        "  |",
        "2 | nodes:",
        "3 |   läuft:",
        "  |   ^^^^^ Error: größer 日本",
        "4 |     action: boom"
      ].join("\n")
    )
    const [, command = ""] = /^ {2}dagflow (show .*läuft.*)$/m.exec(stderr) ?? []
    const words = `'${process.execPath}' '${inject("dagflow")}' ${command}`
    const shown = spawnSync("sh", ["-c", words], { cwd, env: plainEnv(), encoding: "utf8" })
    expect([shown.status, shown.stderr]).toEqual([0, ""])
    expect(shown.stdout).toContain("✗ failed läuft (action boom)")
  })

  it("has its mistakes found at the lines and columns that an editor shows", async () => {
    write("dagflow.config.ts", ...config)
    write(flow, "name: täglich", "# größer", "nodes:", "  läuft:", "    action: bom")
    const { exit, stdout } = await dagflow(["validate", flow, "--json"], { cwd })
    expect(exit).toBe(3)
    expect(lines(stdout)[0]).toMatchObject({
      files: [{ problems: [{ code: "UnknownAction", position: { line: 5, column: 13, endColumn: 16 } }] }]
    })
    write(flow, "nodes:", "  a: boom")
    const first = await dagflow(["validate", flow], { cwd })
    expect(first.stdout).toContain(`${flow}:1:1: error[MissingKey]`)
  })

  it("reads flows from standard input and inputs from a file in the same way", async () => {
    const nap = "\ufeffname: nap\r\nnodes:\r\n  nap: { action: sleep, inputs: { duration: 1ms } }\r\n"
    const read = await dagflow(["run", "-", "--store", "memory:"], { cwd, input: nap.replace("", "") })
    expect([read.exit, read.stderr.includes("\r")]).toEqual([0, false])
    write("Eingaben.json", '{ "name": "Jörg" }')
    write(
      flow,
      "name: gruß",
      "inputs: { name: string }",
      "nodes:",
      "  schreibe:",
      "    action: file-write",
      "    inputs: { path: gruß.txt, content: inputs.name }"
    )
    const ran = await dagflow(["run", flow, "--input-file", "Eingaben.json", "--store", "memory:"], { cwd })
    expect([ran.exit, ran.stderr]).toEqual([0, expect.stringContaining("completed schreibe")])
    expect(existsSync(path.join(cwd, "gruß.txt"))).toBe(true)
  })
})
