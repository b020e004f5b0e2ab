/*
 * Goal: a flow is the same flow whether it comes from a text, a file or a folder, on whatever platform the file was written.
 * Method: real files in a folder whose path has spaces and letters beyond ASCII.
 */
import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { DefinitionError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { FlowCatalog, FlowYaml } from "../src/index.ts"
import { brief } from "./brief.ts"

const text = (name: string, more = "") =>
  `name: ${name}\n${more}nodes:\n  a: work\n  b: { action: work, inputs: { x: a.x } }\n`

/** A folder of its own for each test, with these files in it. */
const folderWith = Effect.fnUntraced(function* (files: Readonly<Record<string, string | Uint8Array>>) {
  const fileSystem = yield* FileSystem.FileSystem
  const { dirname, join } = yield* Path.Path
  const folder = join(yield* fileSystem.makeTempDirectoryScoped(), "meine Abläufe 流れ")
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    yield* fileSystem.makeDirectory(dirname(file), { recursive: true })
    yield* fileSystem.writeFile(
      file,
      typeof content === "string" ? new TextEncoder().encode(content) : content
    )
  }
  return { folder, at: (name: string) => join(folder, name) }
})

const briefs = (error: DefinitionError) => error.problems.map(brief)

layer(NodeServices.layer)("FlowYaml on files", (it) => {
  it.effect("reads the same flow from a text, a file and a folder", () =>
    Effect.gen(function* () {
      const { at, folder } = yield* folderWith({ "täglich 日.yaml": text("daily") })
      const parsed = yield* FlowYaml.parse(text("daily"))
      expect(yield* FlowYaml.load(at("täglich 日.yaml"))).toEqual(parsed)
      expect(yield* FlowYaml.loadDirectory(folder)).toEqual([parsed])
    })
  )

  it.effect("reads files with CR LF, and with a byte order mark, as without", () =>
    Effect.gen(function* () {
      const { at } = yield* folderWith({
        "crlf.yaml": text("daily").replaceAll("\n", "\r\n"),
        "mark.yaml": `\ufeff${text("daily")}`,
        "both.yaml": `\ufeff${text("daily").replaceAll("\n", "\r\n")}`,
        "no-end.yaml": text("daily").trimEnd()
      })
      const parsed = yield* FlowYaml.parse(text("daily"))
      for (const name of ["crlf", "mark", "both", "no-end"]) {
        expect(yield* FlowYaml.load(at(`${name}.yaml`))).toEqual(parsed)
      }
    })
  )

  it.effect("keeps text blocks as they are meant, whatever ends their lines", () =>
    Effect.gen(function* () {
      const block = "instructions: |\n  one\n  two\n"
      const { at } = yield* folderWith({ "a.yaml": text("daily", block).replaceAll("\n", "\r\n") })
      expect((yield* FlowYaml.load(at("a.yaml"))).instructions).toBe("one\ntwo\n")
    })
  )

  it.effect("leaves out other files, hidden ones, those that others include, and folders in it", () =>
    Effect.gen(function* () {
      const { folder } = yield* folderWith({
        "b.yml": text("second"),
        "a.yaml": text("zero"),
        "README.md": "# no flow",
        "a.yaml.bak": "no: flow",
        ".hidden.yaml": "no: flow",
        "_part.yaml": "nodes: { c: work }",
        "deeper/c.yaml": "no: flow"
      })
      const flows = yield* FlowYaml.loadDirectory(folder)
      expect(flows.map(({ name }) => name)).toEqual(["second", "zero"])
    })
  )

  it.effect("names the bad file of a folder, and lists the problems of all bad ones", () =>
    Effect.gen(function* () {
      const { at, folder } = yield* folderWith({
        "a.yaml": text("good"),
        "b.yaml": "name: bad\nnodse: {}\nnodes: { a: work }\n",
        "c.yaml": "name: worse\nnodes: { a: { action: 1 } }\n"
      })
      const error = yield* Effect.flip(FlowYaml.loadDirectory(folder))
      expect(error).toBeInstanceOf(DefinitionError)
      expect(briefs(error)).toEqual(["UnknownKey 2:1 → nodes", "InvalidValue 2:23"])
      expect(error.problems.map(({ position }) => position?.file)).toEqual([at("b.yaml"), at("c.yaml")])
      expect(error.message).toContain(`${at("b.yaml")}:2:1`)
    })
  )

  it.effect("refuses two flows of one name in a folder, and says where the other one is", () =>
    Effect.gen(function* () {
      const { at, folder } = yield* folderWith({ "a.yaml": text("same"), "b.yaml": text("same") })
      const error = yield* Effect.flip(FlowYaml.loadDirectory(folder))
      expect(briefs(error)).toEqual(["InvalidValue 1:7"])
      expect(error.problems[0]?.message).toContain(at("a.yaml"))
    })
  )

  it.effect("says which file or folder is missing, and that a folder is no file", () =>
    Effect.gen(function* () {
      const { at, folder } = yield* folderWith({ "a.yaml": text("a") })
      for (const [reading, message] of [
        [FlowYaml.load(at("b.yaml")), `there is no file "${at("b.yaml")}"`],
        [FlowYaml.load(folder), `"${folder}" is a folder and not a file`],
        [FlowYaml.loadDirectory(at("none")), `there is no folder "${at("none")}"`]
      ] as const) {
        const error: DefinitionError = yield* Effect.flip<
          unknown,
          DefinitionError,
          FileSystem.FileSystem | Path.Path
        >(reading)
        expect(error.problems.map((problem) => problem.message)).toEqual([message])
        expect(error.problems[0]?.code).toBe("UnreadableFile")
      }
    })
  )

  it.effect("refuses what is not UTF-8, with the line", () =>
    Effect.gen(function* () {
      const latin1 = Uint8Array.from("name: a\ndescription: caf\u00e9\n", (character) =>
        character.charCodeAt(0)
      )
      const utf16 = Uint8Array.from(Buffer.from("\ufeffname: a\n", "utf16le"))
      const { at } = yield* folderWith({
        "latin1.yaml": latin1,
        "utf16.yaml": utf16,
        "cut.yaml": Uint8Array.of(0x61, 0xe6, 0x97)
      })
      const message = Effect.fnUntraced(function* (name: string) {
        const error = yield* Effect.flip(FlowYaml.load(at(name)))
        return error.problems.map((problem) => problem.message).join()
      })
      expect(yield* message("latin1.yaml")).toMatch(/is not UTF-8: line 2 /)
      expect(yield* message("utf16.yaml")).toMatch(/is UTF-16: save it as UTF-8/)
      expect(yield* message("cut.yaml")).toMatch(/is not UTF-8: line 1 /)
    })
  )

  it.effect("keeps a replacement character that is really in the file", () =>
    Effect.gen(function* () {
      const { at } = yield* folderWith({ "a.yaml": text("a", "description: \ufffd\n") })
      expect((yield* FlowYaml.load(at("a.yaml"))).description).toBe("\ufffd")
    })
  )

  it.effect("refuses a file that is too large before it is read", () =>
    Effect.gen(function* () {
      const { at } = yield* folderWith({ "a.yaml": text("a") })
      const read: Array<string> = []
      const fileSystem = yield* FileSystem.FileSystem
      const watched = {
        ...fileSystem,
        readFile: (path: string) => (read.push(path), fileSystem.readFile(path))
      }
      const error = yield* FlowYaml.load(at("a.yaml"), { limits: { bytesMax: 10 } }).pipe(
        Effect.flip,
        Effect.provideService(FileSystem.FileSystem, watched)
      )
      expect(error.problems.map(({ code }) => code)).toEqual(["LimitExceeded"])
      expect(read).toEqual([])
    })
  )

  it.effect("makes a catalogue of a folder", () =>
    Effect.gen(function* () {
      const { folder } = yield* folderWith({ "b.yaml": text("beta", "tags: [x]\n"), "a.yaml": text("alpha") })
      const catalog = yield* FlowCatalog.load(folder)
      expect(FlowCatalog.list(catalog).map(({ name }) => name)).toEqual(["alpha", "beta"])
      expect(FlowCatalog.withTag(catalog, "x").map(({ name }) => name)).toEqual(["beta"])
    })
  )
})
