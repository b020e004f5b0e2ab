/*
 * Goal: an editor knows the flows of a new project, and of one that has changed, without any setting.
 * Method: init and schema write their files, and the language server that editors run is told of a flow and asked about it.
 */
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagflow, Place } from "../Dagflow.ts"
import { LanguageServer, type Position } from "../LanguageServer.ts"

let place: Place
let server: LanguageServer
let flow: string

beforeAll(async () => {
  place = new Place()
  expect((await dagflow(["init"], { cwd: place.folder })).exit).toBe(0)
  flow = readFileSync(path.join(place.folder, "flow.yaml"), "utf8")
  server = await LanguageServer.start(place.folder)
}, 60_000)

afterAll(() => {
  server.stop()
  place.remove()
})

/** The place behind a part of a text. */
const behind = (text: string, part: string): Position => {
  const lines = text.slice(0, text.indexOf(part) + part.length).split("\n")
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 }
}

describe("an editor in a project that init has made", () => {
  it("finds nothing wrong with its flow", async () => {
    expect(await server.open("flow.yaml", flow)).toEqual([])
  })

  it("completes the names of its own actions and of the standard ones", async () => {
    const text = flow.replace("action: greet", "action: ")
    await server.open("actions.yaml", text)
    const labels = await server.complete("actions.yaml", behind(text, "action: "))
    expect(labels).toEqual(expect.arrayContaining(["greet", "count-letters", "http", "file-read", "sleep"]))
  })

  it("marks a wrong key and an unknown action, each at its place", async () => {
    const text = flow.replace("tries: 3", "tires: 3").replace("action: greet", "action: gret")
    const found = await server.open("wrong.yaml", text)
    const marked = found.map(({ range: { end, start } }) =>
      text.split("\n")[start.line]?.slice(start.character, end.character)
    )
    expect(marked).toEqual(expect.arrayContaining(["tires", "gret"]))
  })

  it("knows an action that the configuration has gained, once schema --write has run", async () => {
    // The configuration imports nothing here: nothing is installed in this folder.
    const action = (name: string) => `{ name: "${name}", run: () => ({}) }`
    const actions = ["greet", "count-letters", "publish"].map(action).join(", ")
    writeFileSync(path.join(place.folder, "dagflow.config.ts"), `export default { actions: [${actions}] }\n`)
    const { exit, stdout } = await dagflow(["schema", "--write"], { cwd: place.folder })
    expect([exit, stdout]).toEqual([
      0,
      expect.stringContaining("# yaml-language-server: $schema=./dagflow.schema.json")
    ])
    const later = await LanguageServer.start(place.folder)
    try {
      const text = flow.replace("action: greet", "action: publish")
      expect(await later.open("later.yaml", text)).toEqual([])
    } finally {
      later.stop()
    }
  })
})
