/*
 * Goal: an editor completes, explains and checks flows by the schema. Method: the language server that editors run is given the
 * schema and asked what they ask.
 */
import { globSync, readFileSync } from "node:fs"
import path from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { TextDocument } from "vscode-languageserver-textdocument"
import { getLanguageService, type LanguageService, type Position } from "yaml-language-server"
import { FlowYaml } from "../src/index.ts"
import { inspect, nodes } from "./reading.ts"

const here = import.meta.dirname
const uri = "file:///flow.schema.json"

const serviceWith = (schema: Readonly<Record<string, unknown>>): LanguageService => {
  const service = getLanguageService({
    schemaRequestService: async () => JSON.stringify(schema),
    workspaceContext: { resolveRelativePath: (relative) => relative }
  })
  service.configure({
    validate: true,
    hover: true,
    completion: true,
    schemas: [{ uri, fileMatch: ["*.yaml"] }]
  })
  return service
}

let version = 0

/** The server remembers what it has parsed by name and version, so that each text is a version of its own. */
const documentOf = (text: string) => TextDocument.create("file:///test/flow.yaml", "yaml", ++version, text)

/** Takes the mark `|` out of a text, and tells where it was. */
const marked = (text: string): { readonly document: TextDocument; readonly position: Position } => {
  const document = documentOf(text.replace("|", ""))
  return { document, position: document.positionAt(text.indexOf("|")) }
}

describe("the schema for editors", () => {
  let service: LanguageService

  beforeAll(() => {
    service = serviceWith(FlowYaml.jsonSchema({ actions: ["http", "print", "file-read"] }))
  })

  const complete = async (text: string) => {
    const { document, position } = marked(text)
    return (await service.doComplete(document, position, false)).items
  }

  const complaints = async (text: string, by = service) => {
    const document = documentOf(text)
    const found = await by.doValidation(document, false)
    return found.map(
      ({ message, range }) =>
        `${document.getText(range)}: ${typeof message === "string" ? message : message.value}`
    )
  }

  it.each([
    ["a node in a map", nodes("  fetch:\n    action: |\n")],
    ["a node in a list", nodes("  - id: fetch\n    action: |\n")],
    ["a failure handler", nodes("  fetch:\n    action: http\n    failure: |\n")]
  ])("completes the actions of %s", async (_, text) => {
    const labels = (await complete(text)).map(({ label }) => label)
    expect(labels).toEqual(expect.arrayContaining(["http", "print", "file-read"]))
  })

  it.each([
    ["a flow", "name: a\n|", ["config", "inputs", "nodes", "tags"]],
    [
      "a node",
      nodes("  fetch:\n    action: http\n    |\n"),
      ["dependencies", "inputs", "retry", "timeout", "trigger"]
    ],
    [
      "a retry",
      nodes("  fetch:\n    action: http\n    retry:\n      |\n"),
      ["tries", "backoff", "initial", "jitter"]
    ],
    ["a configuration", "name: a\nconfig:\n  |\n", ["maxParallel", "onFailure", "timeout"]]
  ])("completes the keys of %s, and explains each", async (_, text, keys) => {
    const items = await complete(text)
    for (const key of keys) {
      const item = items.find(({ label }) => label === key)
      expect(JSON.stringify(item?.documentation), key).toMatch(/\w+ \w+/)
    }
  })

  it("does not offer the spellings of Dagger, which it knows all the same", async () => {
    const labels = (await complete(nodes("  a:\n    action: http\n    |\n"))).map(({ label }) => label)
    expect(labels).toContain("onFailure")
    for (const key of ["try_count", "onfailure", "on_failure"]) expect(labels).not.toContain(key)
    expect(await complaints(nodes("  a:\n    action: http\n    try_count: 3\n"))).toEqual([])
  })

  it("completes the values that a key may have", async () => {
    const labels = (await complete(nodes("  a:\n    action: http\n    trigger: |\n"))).map(
      ({ label }) => label
    )
    expect(labels).toEqual(expect.arrayContaining(["all_success", "one_failed"]))
  })

  it("explains the key below the pointer", async () => {
    const { document, position } = marked(nodes("  a:\n    action: http\n    tri|gger: all_done\n"))
    const hover = await service.doHover(document, position)
    expect(JSON.stringify(hover?.contents)).toContain("given how its dependencies ended")
  })

  it.each([
    ["a wrong key of a flow", "name: a\nnodse: {}\n", /^nodse: Property nodse is not allowed/],
    [
      "a wrong key of a retry",
      nodes("  a:\n    action: http\n    retry:\n      tires: 3\n"),
      /^tires: Property tires is not allowed/
    ],
    ["an unknown action", nodes("  a:\n    action: htp\n"), /^htp: /],
    ["an unknown action in short", nodes("  a: htp\n"), /^htp: /],
    ["a wrong word", nodes("  a:\n    action: http\n    trigger: sometimes\n"), /^sometimes: /],
    ["a wrong duration", nodes("  a:\n    action: http\n    timeout: soon\n"), /^soon: /],
    ["a wrong number", "name: a\nconfig:\n  maxParallel: 0\n", /^0: /]
  ])("marks %s", async (_, text, expected) => {
    const found = await complaints(text)
    expect(
      found.some((complaint) => expected.test(complaint)),
      found.join("; ")
    ).toBe(true)
  })

  it("marks a wrong key of a node", async () => {
    for (const text of [
      nodes("  a:\n    action: http\n    dependecies: []\n"),
      nodes("  - id: a\n    action: http\n    dependecies: []\n")
    ]) {
      expect((await complaints(text)).some((complaint) => complaint.startsWith("dependecies: "))).toBe(true)
    }
  })

  it("takes any text for an action when none are named", async () => {
    const text = nodes("  a:\n    action: whatever\n")
    expect(await complaints(text)).not.toEqual([])
    expect(await complaints(text, serviceWith(FlowYaml.jsonSchema()))).toEqual([])
    expect(await complaints(text, serviceWith(FlowYaml.jsonSchema({ actions: [] })))).toEqual([])
  })

  const examples = [
    ...globSync("fixtures/dagger/{arithmetic,branches,chain,documented-*,growing}.yaml", { cwd: here }),
    "fixtures/every-key.yaml"
  ]

  it.each(examples)("finds nothing wrong with %s, as the reader does", async (name) => {
    const text = readFileSync(path.join(here, name), "utf8")
    expect(await complaints(text, serviceWith(FlowYaml.jsonSchema()))).toEqual([])
    expect(inspect(text).flow).toBeDefined()
  })

  it("is the one that is in the package", () => {
    const file = path.join(here, "../schema/flow.schema.json")
    const stored: unknown = JSON.parse(readFileSync(file, "utf8"))
    expect(stored, "run `pnpm --filter @dagflow/yaml run schema`").toEqual(FlowYaml.jsonSchema())
  })

  it("explains every key of every map", () => {
    const mute: Array<string> = []
    const visit = (value: unknown, at: string): void => {
      if (typeof value !== "object" || value === null) return
      for (const [key, member] of Object.entries(value)) {
        if (key !== "properties") visit(member, `${at}/${key}`)
        else {
          for (const [name, property] of Object.entries(member as Record<string, Record<string, unknown>>)) {
            const isExplained = "description" in property || "$ref" in property
            if (!isExplained && !/_secs$|multiplier|Exponential|Linear/.test(name)) mute.push(`${at}/${name}`)
            visit(property, `${at}/${name}`)
          }
        }
      }
    }
    visit(FlowYaml.jsonSchema(), "")
    expect(mute).toEqual([])
  })
})
